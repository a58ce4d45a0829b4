/* A ring with many writers and one reader. Who logs holds the lock only while bytes are copied;
 * the thread writes straight from the ring without the lock, because nobody touches what is
 * queued until the tail is moved. There is one stderr, hence one log, and its state is static. */

#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log_output.h"
#include "base/log_tail.h"
#include "base/mutex.h"
#include "base/thread.h"

enum {
    RING_SIZE = 256 * 1024, /* a power of two */
    STACK_SIZE = 256 * 1024,
    LONGEST = LOG_TAIL_TEXT, /* a longer text is cut, and says so */
    STOP_WAIT = NS_PER_S,    /* for what is still to be written */
};

static struct {
    pthread_once_t once;
    pthread_mutex_t lock; /* guards all below, except the bytes between tail and head */
    pthread_cond_t work, ended;
    pthread_t thread;
    bool running, stopping;
    bool stuck;          /* the terminal did not take the rest within the time log_stop has */
    uint64_t head, tail; /* bytes ever put in and ever written out */
    uint64_t lost;       /* lines dropped since it was last said */
    char ring[RING_SIZE];
} queue = {.once = PTHREAD_ONCE_INIT};

static void init_queue(void)
{
    mutex_init(&queue.lock); /* real-time threads log, too */
    pthread_cond_init(&queue.work, NULL);
    pthread_cond_init(&queue.ended, NULL);
}

static void lock_queue(void)
{
    pthread_once(&queue.once, init_queue);
    pthread_mutex_lock(&queue.lock);
}

static void unlock_queue(void)
{
    pthread_mutex_unlock(&queue.lock);
}

/* With the lock held. */
static void put(const char *bytes, size_t length)
{
    size_t at = queue.head % RING_SIZE;
    size_t first = length < RING_SIZE - at ? length : RING_SIZE - at;
    memcpy(queue.ring + at, bytes, first);
    memcpy(queue.ring, bytes + first, length - first);
    queue.head += length;
}

/* False if no thread is running and the caller has to write the line itself. */
static bool put_line(const char *text, size_t length, bool *stuck)
{
    lock_queue();
    bool running = queue.running;
    bool fits = length + 1 <= RING_SIZE - (queue.head - queue.tail);
    if (running && fits) {
        put(text, length);
        put("\n", 1);
    } else if (running) {
        queue.lost++;
    }
    *stuck = queue.stuck;
    unlock_queue();
    if (running)
        pthread_cond_signal(&queue.work);
    return running;
}

static void log_whole(const char *text, size_t length)
{
    bool stuck;
    log_tail_put(text, length);
    if (!put_line(text, length, &stuck))
        log_output_line(text, length, stuck ? 0 : -1);
}

static void log_cut(const char *text, size_t length)
{
    log_whole(text, LONGEST);
    log_line("(the text above was cut: it has %zu bytes, a line has at most %d)", length, LONGEST);
}

void log_text(const char *text, size_t length)
{
    if (length <= LONGEST)
        log_whole(text, length);
    else
        log_cut(text, length);
}

void log_line(const char *format, ...)
{
    char short_text[2048], *text = short_text;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(short_text, sizeof short_text, format, arguments);
    if (length >= (int)sizeof short_text) {
        text = malloc((size_t)length + 1);
        if (text)
            vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    if (length < 0)
        log_text(format, strlen(format)); /* better the bare words than nothing */
    else if (text)
        log_text(text, (size_t)length);
    else
        log_text(short_text, sizeof short_text - 1);
    if (text != short_text)
        free(text);
}

/* The only places where log_stop may end the thread are those where it waits for the terminal. */
static size_t write_cancellable(const char *bytes, size_t length)
{
    int ignored;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &ignored);
    size_t written = log_output_some(bytes, length, -1);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
    return written;
}

/* Piece by piece, so that room for new lines comes early. The end is always that of a line. */
static void write_queued(uint64_t tail, uint64_t end)
{
    while (tail < end) {
        size_t at = tail % RING_SIZE;
        size_t length = end - tail < RING_SIZE - at ? (size_t)(end - tail) : RING_SIZE - at;
        tail += write_cancellable(queue.ring + at, length);
        lock_queue();
        queue.tail = tail;
        unlock_queue();
    }
}

static void say_lost(uint64_t lost)
{
    char text[128];
    int length = snprintf(text, sizeof text, "%llu %s lost: the terminal or pipe was too slow\n",
                          (unsigned long long)lost, lost == 1 ? "line was" : "lines were");
    for (size_t done = 0; done < (size_t)length;)
        done += write_cancellable(text + done, (size_t)length - done);
}

/* False when all is written and log_stop was called; lines are written directly from then on. */
static bool wait_for_work(uint64_t *tail, uint64_t *head, uint64_t *lost)
{
    lock_queue();
    while (queue.head == queue.tail && !queue.lost && !queue.stopping)
        pthread_cond_wait(&queue.work, &queue.lock);
    *tail = queue.tail;
    *head = queue.head;
    *lost = queue.lost;
    queue.lost = 0;
    bool work = *head != *tail || *lost;
    queue.running = work;
    unlock_queue();
    if (!work)
        pthread_cond_signal(&queue.ended);
    return work;
}

static void *write_out(void *context)
{
    (void)context;
    int ignored;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
    uint64_t tail, head, lost;
    while (wait_for_work(&tail, &head, &lost)) {
        write_queued(tail, head);
        if (lost)
            say_lost(lost);
    }
    return NULL;
}

/* With the lock held, which the new thread waits for. All signals are blocked in it; a blocked
 * SIGPIPE leaves only EPIPE. */
static bool start_queue(struct error *error)
{
    queue.head = queue.tail = queue.lost = 0;
    queue.stopping = queue.stuck = false;
    queue.running = thread_start(&queue.thread, "msm-log", STACK_SIZE, write_out, NULL, error);
    return queue.running || error_prefix(error, "the thread that writes messages cannot start: ");
}

bool log_start(struct error *error)
{
    lock_queue();
    bool running = queue.running || start_queue(error);
    unlock_queue();
    return running;
}

/* With the lock held; false if the time is over. */
static bool wait_for_end(void)
{
    struct timespec deadline = clock_timespec(clock_monotonic() + STOP_WAIT);
    int failure = 0;
    while (queue.running && failure == 0)
        failure = pthread_cond_clockwait(&queue.ended, &queue.lock, CLOCK_MONOTONIC, &deadline);
    return !queue.running;
}

/* The one line said here gets through if the terminal was only slow. */
static void give_up(void)
{
    lock_queue();
    queue.running = false;
    queue.stuck = true;
    unlock_queue();
    log_line("\nthe last lines were lost: the terminal or pipe was too slow");
}

void log_stop(void)
{
    lock_queue();
    bool was_running = queue.running;
    queue.stopping = true;
    pthread_cond_signal(&queue.work);
    bool ended = wait_for_end();
    unlock_queue();
    if (!was_running)
        return;
    if (!ended)
        pthread_cancel(queue.thread);
    pthread_join(queue.thread, NULL);
    if (!ended)
        give_up();
}
