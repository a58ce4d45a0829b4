#pragma once
/* What can be asked of a running program: an alphabetical table, a function and a file for each
 * row. Used by the control socket and, later, by the pages. JSON in, JSON out; no socket here. */

#include <jansson.h>
#include "base/loop.h"
#include "control/host.h"

struct ask;
struct reading;

enum { ASKS_MOST = 32 }; /* under way for one asker */

/* Whom the answers of one peer's requests go to. */
struct asker {
    struct origin origin;
    /* Takes the reference; NULL when memory was too short for an answer. Must not forget the asker
     * before it returns. */
    void (*send)(struct asker *asker, json_t *line);
    size_t (*room)(struct asker *asker); /* bytes that may still wait to be sent */
    struct reading *reading;             /* reading.h; all askers of a host share one */
    struct ask *first;                   /* under way: those that take time, streams */
    size_t count;                        /* of them */
};

/* One request; lies on its asker's list until it is done. */
struct ask {
    struct asker *asker;
    const struct control_host *host;
    struct loop *loop;
    json_t *id;
    struct host_answer answer; /* done is set while the host has it */
    const char *field;         /* of the host's answer: where its text goes, … */
    bool marks;                /* a refusal says where in the files something is wrong, "errors" */
    bool lines;                /* … whole, or as a list of lines */
    void *own;                 /* what a row keeps for itself */
    void (*look)(struct ask *ask);   /* a stream's: the program may have changed; or NULL */
    void (*finish)(struct ask *ask); /* frees `own`; or NULL */
    struct ask *next;
};

/* What there is to ask, by number; NULL beyond the last. */
const char *asks_name(size_t number);

/* Carries out one request, whatever it is; all answers, refusals too, go through asker->send. */
void asks_run(struct asker *asker, const struct control_host *host, struct loop *loop,
              const json_t *request);

/* A refusal without an id, of what did not become a request. */
void asks_complain(struct asker *asker, const char *text);

/* The program was replaced: streams look again. */
void asks_look(struct asker *asker);

/* The program ends: what is under way is refused. */
void asks_end(struct asker *asker, const char *why);

/* The asker has gone: ends all that is under way for him. */
void asks_forget(struct asker *asker);

/* For the rows. An answer: `fields` (taken) and "id", "ok": true; or a refusal of a kind:
 * "usage", "unknown", "refused", "failed". Either ends the ask, whose memory is gone then. */
void asks_answer(struct ask *ask, json_t *fields);
void asks_refuse(struct ask *ask, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
