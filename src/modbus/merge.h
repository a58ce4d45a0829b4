#pragma once
/* Whose value stays, group by group (plan.h): pure, without lock, clock or wire. Three copies of a
 * group's words meet here: `local`, what the image had when it was last looked at; `agreed`, what
 * both sides last had in common; and what the device answers. A local change is local not equal to
 * agreed, whoever wrote, unless it is only `on_loss`; a remote change is an answer not equal to
 * agreed.
 *
 * A write that was sent and not answered leaves `doubt`: the device may or may not have it, so the
 * present value is sent again whatever it is, and polls do not count until that was answered. */

#include <stdbool.h>
#include <stdint.h>
#include "image/mirror.h"

struct merge {
    uint64_t answered; /* the link's count when the last write of it was answered */
    int64_t since;     /* when the change that waits was made, monotonic ns */
    int64_t sent;      /* when it was last sent; INT64_MIN, as it has to begin with: never */
    uint8_t delivery; /* enum delivery; REFUSED with reason 0: the device's own change came first */
    uint8_t reason;   /* the device's exception, or 0 */
    uint8_t unheeded; /* times the device had something else again after a confirmed write */
    bool known;       /* agreed is the device's */
    bool assigned;    /* was written here since start, and that was not given up */
    bool early;       /* by the body: it does not expire before the device was there once */
    bool sending;     /* a write of it is under way */
    bool newer;       /* it was changed here since that write was sent */
    bool doubt;       /* begins when it is sent, unless the device has the same already */
    bool refused;     /* by the device; until it changes here */
    bool held;  /* local is `on_loss`: no change, never sent, the next poll that counts is taken */
    bool alone; /* not to be joined with others: a joined write was refused */
};

/* One group and its words. */
struct merge_group {
    const struct group *group;
    const struct variable *variable; /* whose options hold; NULL: raw */
    uint16_t *local, *agreed;
    struct merge *state;
};

enum merged {
    MERGED_NOTHING,  /* local stays (and may have to be sent) */
    MERGED_TAKE,     /* local is now the device's value: the image is to take it */
    MERGED_CONFLICT, /* the same, and a change made here was lost by it */
    MERGED_EARLIER,  /* does not count: asked before the last write of it was answered */
    MERGED_INVALID /* the device says that it has no value; before the first good one local is that
                    */
};

/* `local` was just collected: it was changed here at `time`. `early`: before the first scan. */
void merge_changed(const struct merge_group *g, int64_t time, bool early);

/* The device's words, asked for when the link's count was `asked`. */
enum merged merge_polled(const struct merge_group *g, const uint16_t *words, uint64_t asked);

/* When a write of it wants to be sent: INT64_MAX for none, at or before `now` for at once. `ready`:
 * the link has had a good answer since it is connected. `period`: the group's, for
 * write = "always". `in` and refused groups want nothing, unknown ones neither unless they are
 * never polled. */
int64_t merge_due(const struct merge_group *g, bool ready, int64_t period, int64_t now);

/* A write of `words` was sent, and what became of it. `count`: the link's, counted up for it.
 * merge_answered gives TAKE where a pulse is over, merge_refused where it was refused: local is 0
 * and the image is to take it. */
void merge_sent(const struct merge_group *g, int64_t now);
enum merged merge_answered(const struct merge_group *g, const uint16_t *words, uint64_t count);
enum merged merge_refused(const struct merge_group *g, uint8_t exception);
void merge_failed(const struct merge_group *g); /* timed out, or lost with the connection */

/* Gives an undelivered "inout" change up when it has waited for `expire` (for an early one, counted
 * from the link's first good answer `first`, 0 for none yet). True: given up; TAKE is implied where
 * the group is known. Not for "out", not for the 0 of a pulse, not while sending. merge_expires
 * says when: INT64_MAX for never. In an unknown group there is nothing to take: its words stay, but
 * count as not assigned. A pulse in doubt becomes its 0, which is still sent. */
int64_t merge_expires(const struct merge_group *g, int64_t first);
bool merge_expired(const struct merge_group *g);

/* The link was lost long enough for the value to be stale: TAKE, local is now `on_loss` until the
 * device was polled or something changes here. NOTHING: there is none, or a change waits, which is
 * kept and delivered on return. An "out" that is never polled is sent again on return. */
enum merged merge_lost(const struct merge_group *g);

/* The link is back, and nothing will be polled: TAKE, local is again what the device had last;
 * NOTHING where `on_loss` was not shown. */
enum merged merge_back(const struct merge_group *g);

/* Whether the device keeps something else than what is written again and again ("out" only): time
 * to say so, once, and to write less often. */
enum { MERGE_UNHEEDED = 3 };
