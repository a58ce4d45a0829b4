/* Threads live only while there is something to look up: each takes the oldest job until none is
 * left, and a few of them stand side by side, so that a name whose server is silent holds up nobody
 * else's. What they and the loop share is counted by its holders: a thread that hangs in
 * getaddrinfo is left alone at the end, and frees the rest when it comes back. A job has its own
 * copy of the question, because the asker may be gone by then. */

#include "modbus/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/thread.h"
#include "base/waker.h"

enum { THREADS = 8, STACK = 256 * 1024 };

struct job {
    struct job *next;
    struct resolver_question *asker; /* NULL: nobody waits for it any more */
    struct resolver_question answer; /* with a copy of the host behind it */
    char host[];
};

struct queue {
    struct job *first, **end;
};

struct shared {
    pthread_mutex_t mutex;
    unsigned holders; /* the resolver and each thread */
    unsigned threads;
    struct waker *waker; /* the resolver's: something is done; NULL when it is gone */
    struct queue asked, done;
    struct job *running; /* in no order */
};

struct resolver {
    struct waker waker;
    struct shared *shared;
};

static void push(struct queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct job *pop(struct queue *queue)
{
    struct job *job = queue->first;
    if (job && !(queue->first = job->next))
        queue->end = &queue->first;
    return job;
}

static void empty(struct queue *queue)
{
    for (struct job *job; (job = pop(queue));)
        free(job);
}

/* Called with the mutex, which it gives back. */
static void let_go(struct shared *shared)
{
    bool last = --shared->holders == 0;
    pthread_mutex_unlock(&shared->mutex);
    if (!last)
        return;
    empty(&shared->asked);
    empty(&shared->done);
    pthread_mutex_destroy(&shared->mutex);
    free(shared);
}

/* With the mutex. */
static void done(struct shared *shared, struct job *job)
{
    push(&shared->done, job);
    if (shared->waker)
        waker_wake(shared->waker);
}

static void keep_addresses(struct resolver_question *answer, const struct addrinfo *list)
{
    for (; list && answer->count < RESOLVER_ADDRESSES; list = list->ai_next)
        if (list->ai_addrlen <= sizeof answer->addresses[0])
            memcpy(&answer->addresses[answer->count++], list->ai_addr, list->ai_addrlen);
}

static int look_up(struct resolver_question *answer, int flags)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", answer->port);
    int code = getaddrinfo(answer->host, port, &hints, &list);
    if (code == 0) {
        keep_addresses(answer, list);
        freeaddrinfo(list);
    }
    return code;
}

static void look_up_name(struct resolver_question *answer)
{
    int code = look_up(answer, 0);
    if (answer->count == 0)
        snprintf(answer->why, sizeof answer->why, "the name %.60s is not known (%.40s)",
                 answer->host, code ? gai_strerror(code) : "it has no address");
}

static void forget_running(struct shared *shared, struct job *job)
{
    struct job **at = &shared->running;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
}

static void *work(void *context)
{
    struct shared *shared = context;
    pthread_mutex_lock(&shared->mutex);
    for (struct job *job; (job = pop(&shared->asked));) {
        job->next = shared->running;
        shared->running = job;
        pthread_mutex_unlock(&shared->mutex);
        look_up_name(&job->answer);
        pthread_mutex_lock(&shared->mutex);
        forget_running(shared, job);
        done(shared, job);
    }
    shared->threads--;
    let_go(shared);
    return NULL;
}

/* With the mutex. Without any thread there is nobody who would ever answer. */
static void find_thread(struct shared *shared)
{
    if (shared->threads == THREADS)
        return;
    pthread_t thread;
    struct error error;
    if (thread_start(&thread, "msm-names", STACK, work, shared, &error)) {
        pthread_detach(thread);
        shared->threads++;
        shared->holders++;
    } else if (shared->threads == 0) {
        struct job *job = pop(&shared->asked);
        snprintf(job->answer.why, sizeof job->answer.why,
                 "no thread for looking up the name %.40s: %.40s", job->host, error.text);
        done(shared, job);
    }
}

static struct job *job_for(struct resolver_question *question)
{
    size_t size = strlen(question->host) + 1;
    struct job *job = memory_zeroed(1, sizeof *job + size);
    memcpy(job->host, question->host, size);
    job->asker = question;
    job->answer.host = job->host;
    job->answer.port = question->port;
    return job;
}

void resolver_ask(struct resolver *resolver, struct resolver_question *question)
{
    struct shared *shared = resolver->shared;
    struct job *job = job_for(question);
    bool literal = look_up(&job->answer, AI_NUMERICHOST) == 0;
    pthread_mutex_lock(&shared->mutex);
    if (literal) {
        done(shared, job);
    } else {
        push(&shared->asked, job);
        find_thread(shared);
    }
    pthread_mutex_unlock(&shared->mutex);
}

static void drop_from(struct queue *queue, const struct resolver_question *question)
{
    struct queue kept = {NULL, &kept.first};
    for (struct job *job; (job = pop(queue));) {
        if (job->asker == question)
            free(job);
        else
            push(&kept, job);
    }
    for (struct job *job; (job = pop(&kept));)
        push(queue, job);
}

void resolver_forget(struct resolver *resolver, struct resolver_question *question)
{
    struct shared *shared = resolver->shared;
    pthread_mutex_lock(&shared->mutex);
    drop_from(&shared->asked, question);
    drop_from(&shared->done, question);
    for (struct job *job = shared->running; job; job = job->next)
        if (job->asker == question)
            job->asker = NULL;
    pthread_mutex_unlock(&shared->mutex);
}

static void give(const struct job *job)
{
    struct resolver_question *asker = job->asker;
    if (!asker)
        return;
    asker->count = job->answer.count;
    memcpy(asker->addresses, job->answer.addresses, sizeof asker->addresses);
    memcpy(asker->why, job->answer.why, sizeof asker->why);
    asker->answered(asker);
}

static struct job *next_done(struct shared *shared)
{
    pthread_mutex_lock(&shared->mutex);
    struct job *job = pop(&shared->done);
    pthread_mutex_unlock(&shared->mutex);
    return job;
}

/* One at a time, because an answered asker may forget another's question. */
static void ready(void *context)
{
    const struct resolver *resolver = context;
    for (struct job *job; (job = next_done(resolver->shared)); free(job))
        give(job);
}

static struct shared *shared_create(struct waker *waker)
{
    struct shared *shared = memory_zeroed(1, sizeof *shared);
    shared->waker = waker;
    pthread_mutex_init(&shared->mutex, NULL);
    shared->holders = 1;
    shared->asked.end = &shared->asked.first;
    shared->done.end = &shared->done.first;
    return shared;
}

struct resolver *resolver_create(struct loop *loop, struct error *error)
{
    struct resolver *resolver = memory_zeroed(1, sizeof *resolver);
    if (!waker_open(&resolver->waker, loop, ready, resolver, error)) {
        error_prefix(error, "names cannot be looked up: ");
        free(resolver);
        return NULL;
    }
    resolver->shared = shared_create(&resolver->waker);
    return resolver;
}

void resolver_destroy(struct resolver *resolver)
{
    if (!resolver)
        return;
    struct shared *shared = resolver->shared;
    pthread_mutex_lock(&shared->mutex);
    shared->waker = NULL;
    empty(&shared->asked);
    let_go(shared);
    waker_close(&resolver->waker);
    free(resolver);
}
