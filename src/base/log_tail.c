/* A ring of texts, each behind a small head, in which the newest overwrite the oldest. A reader has
 * a position of his own; one who was overtaken goes on with the oldest text that is left, and
 * learns from its number how many he has missed. */

#include "base/log_tail.h"

#include <pthread.h>
#include <string.h>
#include "base/clock.h"
#include "base/mutex.h"

struct head {
    int64_t time;
    uint64_t number;
    size_t length;
};

static struct {
    pthread_once_t once;
    pthread_mutex_t lock; /* guards all below */
    uint64_t first, end;  /* bytes ever overwritten and ever put in: both where a head begins */
    uint64_t count;       /* texts ever put in */
    struct log_listener *listeners;
    char ring[LOG_TAIL];
} tail = {.once = PTHREAD_ONCE_INIT};

static void init_tail(void)
{
    mutex_init(&tail.lock); /* real-time threads log, too */
}

static void lock_tail(void)
{
    pthread_once(&tail.once, init_tail);
    pthread_mutex_lock(&tail.lock);
}

static void unlock_tail(void)
{
    pthread_mutex_unlock(&tail.lock);
}

static size_t until_edge(uint64_t at, size_t length)
{
    size_t left = LOG_TAIL - at % LOG_TAIL;
    return length < left ? length : left;
}

static void put(const void *bytes, size_t length)
{
    size_t first = until_edge(tail.end, length);
    memcpy(tail.ring + tail.end % LOG_TAIL, bytes, first);
    memcpy(tail.ring, (const char *)bytes + first, length - first);
    tail.end += length;
}

static void get(uint64_t at, void *bytes, size_t length)
{
    size_t first = until_edge(at, length);
    memcpy(bytes, tail.ring + at % LOG_TAIL, first);
    memcpy((char *)bytes + first, tail.ring, length - first);
}

static struct head head_at(uint64_t at)
{
    struct head head;
    get(at, &head, sizeof head);
    return head;
}

static uint64_t after(uint64_t at)
{
    return at + sizeof(struct head) + head_at(at).length;
}

void log_tail_put(const char *text, size_t length)
{
    struct head head = {.time = clock_now().utc};
    head.length = length < LOG_TAIL_TEXT ? length : LOG_TAIL_TEXT;
    lock_tail();
    head.number = tail.count++;
    while (tail.end + sizeof head + head.length - tail.first > LOG_TAIL)
        tail.first = after(tail.first);
    put(&head, sizeof head);
    put(text, head.length);
    for (struct log_listener *l = tail.listeners; l; l = l->next)
        l->wake(l->context);
    unlock_tail();
}

struct log_cursor log_tail_newest(size_t count)
{
    lock_tail();
    struct log_cursor cursor = {tail.end, tail.count};
    uint64_t at = tail.first;
    while (at < tail.end && head_at(at).number + count < tail.count)
        at = after(at);
    if (at < tail.end)
        cursor = (struct log_cursor){at, head_at(at).number};
    unlock_tail();
    return cursor;
}

bool log_tail_next(struct log_cursor *cursor, struct log_tail_text *text, char *bytes)
{
    lock_tail();
    if (cursor->at < tail.first)
        cursor->at = tail.first;
    bool any = cursor->at < tail.end;
    if (any) {
        struct head head = head_at(cursor->at);
        *text = (struct log_tail_text){head.time, head.length, head.number - cursor->number};
        get(cursor->at + sizeof head, bytes, head.length);
        *cursor = (struct log_cursor){after(cursor->at), head.number + 1};
    }
    unlock_tail();
    return any;
}

void log_tail_listen(struct log_listener *listener)
{
    lock_tail();
    listener->next = tail.listeners;
    tail.listeners = listener;
    unlock_tail();
}

void log_tail_leave(struct log_listener *listener)
{
    lock_tail();
    for (struct log_listener **l = &tail.listeners; *l; l = &(*l)->next) {
        if (*l == listener) {
            *l = listener->next;
            break;
        }
    }
    unlock_tail();
}
