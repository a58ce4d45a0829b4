#pragma once
/* Who is logged in. A session is found by its token (token.h), of which only a hash is kept.
 * It ends when it was not used for SESSIONS_IDLE, after SESSIONS_AGE in any case, and when the user
 * is gone, has another role or another password. Nothing of it survives the program. `now` is
 * monotonic nanoseconds. Main thread. */

#include <stdint.h>
#include "hmi/token.h"
#include "hmi/users.h"

enum { SESSIONS_MOST = 256, SESSIONS_OF_ONE = 32 };

#define SESSIONS_IDLE INT64_C(43200000000000)  /* 12 h */
#define SESSIONS_AGE INT64_C(2592000000000000) /* 30 days */

struct sessions;

struct session {
    uint64_t id; /* never 0, never used twice */
    struct user user;
    int64_t made, used;
};

/* `ended` is told of each that ends, with its id. NULL: no memory. */
struct sessions *sessions_create(void (*ended)(void *context, uint64_t id), void *context);
void sessions_destroy(struct sessions *sessions); /* ends none; NULL is accepted */

/* Begins one; where there are too many, of this user or in all, the one that was not used for
 * longest ends. */
uint64_t sessions_begin(struct sessions *sessions, const struct user *user, int64_t now,
                        char token[TOKEN]);

/* The same of a program, whose token is what it came with. */
void sessions_admit(struct sessions *sessions, const struct user *user, int64_t now,
                    const char *token);

/* That of a token, which is used by that; NULL: none. Until the next call. */
const struct session *sessions_find(struct sessions *sessions, const char *token, int64_t now);

void sessions_use(struct sessions *sessions, uint64_t id, int64_t now); /* its stream is open */
void sessions_end(struct sessions *sessions, uint64_t id);

/* Ends those that are too old or whose user is not what he was. */
void sessions_sweep(struct sessions *sessions, const struct users *users, int64_t now);
