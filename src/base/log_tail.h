#pragma once
/* What was logged last, for those who want to read along: the newest LOG_TAIL bytes, also of what
 * the terminal was too slow for. There is one log, hence one tail. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_TAIL = 256 * 1024, LOG_TAIL_TEXT = LOG_TAIL / 4 };

/* Where somebody reads. */
struct log_cursor {
    uint64_t at;     /* bytes ever put in */
    uint64_t number; /* of the next text */
};

struct log_tail_text {
    int64_t time;  /* UTC, ns */
    size_t length; /* without a newline at the end; there may be some inside */
    uint64_t lost; /* texts that were gone before they could be read */
};

/* Any thread. A text above LOG_TAIL_TEXT is cut. */
void log_tail_put(const char *text, size_t length);

/* So that the newest `count` texts are read next, or as many as there are. Any thread. */
struct log_cursor log_tail_newest(size_t count);

/* The next text, into `bytes` (LOG_TAIL_TEXT of them, not ended). False: there is none yet. Any
 * thread. */
bool log_tail_next(struct log_cursor *cursor, struct log_tail_text *text, char *bytes);

/* Called after each text, from any thread, with the tail's lock held: must not block nor log. */
struct log_listener {
    void (*wake)(void *context);
    void *context;
    struct log_listener *next;
};

void log_tail_listen(struct log_listener *listener);
void log_tail_leave(struct log_listener *listener); /* it is not called after this returned */
