#pragma once
/* Trying passwords takes time, by design: it is done on a thread of its own, which leaves the
 * processor to everybody else, one after the other, and a few wait at most. */

#include "base/error.h"
#include "base/loop.h"
#include "hmi/password.h"

enum { VERIFY_MOST = 16 };

struct verify;

/* One trial; lies with who asks until `done` was called for it. */
struct verify_job {
    char hash[PASSWORD_HASH];         /* "": of nobody: no password is right, which takes as long */
    char password[PASSWORD_MOST + 1]; /* wiped afterwards */
    void (*done)(struct verify_job *job, bool is_right); /* on the loop's thread */
    bool is_tried, is_right;
    struct verify_job *next;
};

struct verify *verify_open(struct loop *loop, struct error *error);
bool verify_ask(struct verify *verify, struct verify_job *job); /* false: too many wait */

/* What waits is not tried any more, and `done` is called with false. NULL is accepted. */
void verify_close(struct verify *verify);
