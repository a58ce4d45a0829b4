#pragma once
/* The signals that ask a program to end: SIGINT, SIGTERM, and SIGHUP unless it was started to
 * outlive its terminal (nohup). First they stop its loop, so that it ends in order; once it has
 * been ending for a while, the next one ends the process. Where nobody sits at a terminal SIGHUP
 * asks for something else. One at a time in a process, main thread. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"

#define SIGNALS_PATIENCE INT64_C(500000000) /* ns */

struct signals {
    struct loop_source source;
    struct loop *loop;
    bool caught;
    void (*hang_up)(void *context); /* what SIGHUP asks for; NULL: the end */
    void *context;
};

/* Blocks them, in all threads made from here on too, and has them stop the loop. `hang_up` and
 * `context` are filled in before. */
bool signals_catch(struct signals *signals, struct loop *loop, struct error *error);

/* SIGNALS_PATIENCE from now on SIGINT and SIGTERM end the process, should the end itself not come
 * to an end; sooner they only ask for what is being done already. Not a second hang-up: a terminal
 * that closes sends several. */
void signals_let_end(const struct signals *signals);

void signals_close(struct signals *signals); /* also when nothing was caught */
