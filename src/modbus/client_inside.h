#pragma once
/* A client from the inside, for its own files: client.c (time and answers in, requests out),
 * client_flights.c (requests under way), client_group.c (one group), client_groups.c (groups
 * between image and merge), client_queue.c (what waits to be written), client_writes.c and
 * client_sending.c, client_polls.c, client_asks.c (a script's own requests), client_state.c
 * (whether the unit is there), client_time.c (stale, expired) and client_says.c (what a person is
 * told), client_answers.c (what came back, to whom), client_inherit.c (from the program before). */

#include "image/chain.h"
#include "image/link.h"
#include "image/mailbox.h"
#include "image/mirror.h"
#include "modbus/client.h"
#include "modbus/merge.h"
#include "modbus/query.h"
#include "modbus/reads.h"

enum {
    CLIENT_BITS = 1968,      /* coils in one request, AP 6.11 */
    CLIENT_READ_BITS = 2000, /* AP 6.1 */
    CLIENT_NEWS = 64,
    CLIENT_CHANGES = 64,
    CLIENT_LINE = 512
};

#define CLIENT_NEVER INT64_MAX

enum carries { CARRIES_NOTHING, CARRIES_POLL, CARRIES_WRITE, CARRIES_LOOK, CARRIES_QUESTION };

/* A request under way. */
struct flight {
    struct exchange exchange; /* first, so that an exchange is its flight */
    enum carries carries;
    uint64_t asked; /* client's count when it was sent */
    size_t read;    /* POLL: which one */
    int ticket;     /* QUESTION: the mailbox's */
};

enum queued { QUEUED_NOT, QUEUED_NOW, QUEUED_LATER };

/* What the client keeps for one group beside its words. */
struct item {
    struct merge merge;
    uint16_t address;
    uint8_t table;
    uint8_t queued;
    uint8_t quality, delivery; /* as the image was last told */
    bool polled;
    bool named;         /* that the device does not have it was said */
    int64_t refusal_at; /* before that no refused write of it is named again */
};

/* The write under way, or the one that is being put together. */
struct writing {
    bool active;
    bool partial; /* bits of one register */
    bool sent;    /* the device may have it; not while the other bits are only looked at */
    bool looked;  /* … and these are they */
    uint16_t word, mask;
    enum table table;
    uint16_t address, count;
    uint32_t cell;    /* of `address`, in the client's copies */
    uint32_t *groups; /* items, in the order of assignment */
    uint32_t group_count;
    uint16_t *words; /* as they were sent */
};

struct client {
    struct image *image;
    const struct plan *plan;
    const struct client_spec *spec;
    uint32_t number; /* of the client, which is its link's, too */
    struct run cells, groups;
    uint16_t *local, *agreed;
    uint16_t *remote; /* the last answers, by cell */
    struct item *items;
    bool *quiet; /* by group: the same answer again would change nothing; looked at in each poll */
    struct reads *reads;
    struct flight flights[DEPTH_MOST];
    unsigned under_way;
    uint64_t count; /* writes answered; polls and writes are ordered by it */
    uint32_t random;

    /* writing */
    struct chain now, later;
    struct chain_link *waiting; /* by group: of these two */
    int64_t ripe;               /* when something in `later` is due, at the earliest */
    int64_t write_at;           /* when looking for a write is of use */
    struct writing writing;
    bool no_write_one[2], no_write_many[2], no_mask; /* by kind: registers, bits */
    int64_t write_hold;                              /* the device was busy, or confused */
    unsigned bad_echoes;                             /* of writes, since one was answered */

    /* reading */
    int64_t poll_at;
    bool read_all;   /* just connected: all reads are due */
    bool wrote_last; /* it is a poll's turn */
    bool asked_last; /* it is not the script's turn */

    /* whether it is there */
    bool carried;   /* the way to the device is there … */
    bool connected; /* … and may be used */
    bool online, ready, silent, held;
    bool mute; /* nothing was heard since the last timeout */
    bool returning;
    bool useless;       /* it answers, but no poll was answered with sense for too long */
    int64_t sensible;   /* when one was, or the connection began */
    int64_t useless_at; /* looking for that is of use */
    unsigned timeouts, attempt, wrongs;
    int64_t silent_since; /* a request sent before it says nothing new */
    int64_t probe_at, hold;
    int64_t stale_at, expire_at, unpolled_at; /* when looking for such is of use */
    int64_t first;                            /* first good answer of all */
    int64_t offline_since;
    bool unpolled_stale;
    bool recount; /* of the reads that are stale or were never answered */
    struct link_status status, published;

    /* what is said */
    bool lost, lost_said;
    int64_t lost_at, lost_due, lost_retry;
    char lost_why[LINK_ERROR_MAX];
    int64_t line_at; /* the next line may come then */
    unsigned lines_left_out;

    struct mirror_news news[CLIENT_NEWS];
    size_t news_count;
    struct mirror_change changes[CLIENT_CHANGES];
};

/* client_group.c. Groups are counted from the client's first. */
struct merge_group client_group(struct client *client, uint32_t group);
uint32_t client_group_cell(const struct client *client, uint32_t group);
bool client_group_partial(const struct client *client, uint32_t group);
int64_t client_group_period(const struct client *client, uint32_t group);

/* client_groups.c */
void client_collect(struct client *client, bool early);
/* Puts one thing to say into `news`; client_tell_all gives them to the image and looks what each
 * of the groups wants now. */
void client_tell(struct client *client, uint32_t group, bool take, int64_t now);
void client_tell_all(struct client *client, int64_t now);
/* After anything that may have made a group want to be written. */
void client_consider(struct client *client, uint32_t group, int64_t now);

/* client_queue.c: groups that wait to be written, in the order of their last change; and those
 * whose time has not come. */
void client_queue_append(struct client *client, uint32_t group, enum queued which);
void client_queue_return(struct client *client, uint32_t group); /* to the front */
void client_queue_remove(struct client *client, uint32_t group);
void client_queue_ripen(struct client *client, int64_t now); /* brings what is due from `later` */
/* Whether a group of `now` wants to be sent. One that never does, or later, leaves it. */
bool client_queue_is_due(struct client *client, uint32_t group, int64_t now);

/* client_writes.c: which groups go into one request. */
int64_t client_writes_when(const struct client *client); /* looking for one is of use */
struct exchange *client_writes_next(struct client *client, int64_t now);

/* client_sending.c: the request for them, and what came back. */
struct exchange *client_sending_start(struct client *client, int64_t now);
void client_sending_answered(struct client *client, int64_t now);
void client_sending_looked(struct client *client, const struct flight *flight, const uint8_t *pdu);
void client_sending_refused(struct client *client, const struct flight *flight, uint8_t exception,
                            int64_t now);
void client_sending_failed(struct client *client);
void client_sending_garbled(struct client *client, int64_t now); /* after it failed */
void client_sending_forget(struct client *client); /* what was looked at, but not written yet */
bool client_sending_holds(struct client *client, int64_t now); /* what was looked at for */

/* client_polls.c */
bool client_polls_due(const struct client *client, int64_t now);
int64_t client_polls_when(const struct client *client);
struct exchange *client_polls_next(struct client *client, int64_t now);
struct exchange *client_polls_probe(struct client *client, int64_t now); /* due or not */
void client_polls_answered(struct client *client, const struct flight *flight, const uint8_t *pdu,
                           int64_t now);
void client_polls_refused(struct client *client, const struct flight *flight, uint8_t exception,
                          int64_t now);
void client_polls_failed(struct client *client, const struct flight *flight);

/* client_asks.c */
struct exchange *client_asks_next(struct client *client, bool free, int64_t now);
void client_asks_answered(struct client *client, const struct flight *flight, const uint8_t *pdu,
                          size_t length);
void client_asks_failed(struct client *client, const struct flight *flight, const char *why);

/* client_state.c */
void client_state_heard(struct client *client, bool good, int64_t now); /* the unit answered */
void client_state_unheard(struct client *client, const struct flight *flight, const char *why,
                          int64_t now);
/* Before heard: a poll was answered with values, or a reason why there are none. */
void client_state_sensible(struct client *client, int64_t now);
void client_state_judge(struct client *client, int64_t now);  /* whether it is of any use */
void client_state_follow(struct client *client, int64_t now); /* the script's wish */
void client_state_ready(struct client *client);               /* it may be written to */
void client_state_hold(struct client *client, int64_t until);
void client_state_error(struct client *client, const char *text);
void client_state_publish(struct client *client, bool returned);
int64_t client_state_stale_after(const struct client *client, int64_t period);

/* client_time.c */
void client_time_pass(struct client *client, int64_t now);
int64_t client_time_due(const struct client *client); /* passing it is of use */

/* client_says.c */
void client_says_lost(struct client *client, int64_t now);
void client_says_back(struct client *client, int64_t now);
void client_says_refused(struct client *client, uint32_t group, uint8_t exception, int64_t now);
void client_says_torn(struct client *client, uint32_t group, int64_t now);
void client_says_missing(struct client *client, uint32_t group, uint8_t exception, int64_t now);
void client_says_unheeded(struct client *client, uint32_t group, const uint16_t *ours,
                          const uint16_t *words, int64_t now);
void client_says_expired(struct client *client, uint32_t group, int64_t now);

/* client_flights.c: a free flight to be filled; then it is under way; then it is free again. */
struct flight *client_flight(struct client *client, enum carries carries);
struct exchange *client_send(struct client *client, struct flight *flight, size_t length,
                             int64_t now);
void client_release(struct client *client, struct flight *flight);

/* client_backoff.c */
int64_t client_next_backoff(struct client *client, unsigned attempt);
