/* Two queues under one mutex: what is to be tried, and what was. */

#include "hmi/verify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/thread.h"
#include "base/waker.h"

enum { STACK = 256 * 1024, NICE = 19 };

struct verify {
    struct waker waker;
    pthread_t thread;
    bool is_started;
    char nobody[PASSWORD_HASH]; /* the thread's */
    pthread_mutex_t mutex;      /* from here on */
    pthread_cond_t news;
    bool is_ending;
    struct verify_job *waiting, *done;
    size_t count;
};

/* ---- the thread ---- */

/* NULL: it is over. */
static struct verify_job *next_job(struct verify *verify)
{
    pthread_mutex_lock(&verify->mutex);
    while (!verify->waiting && !verify->is_ending)
        pthread_cond_wait(&verify->news, &verify->mutex);
    struct verify_job *job = verify->is_ending ? NULL : verify->waiting;
    if (job)
        verify->waiting = job->next;
    pthread_mutex_unlock(&verify->mutex);
    return job;
}

static void try(struct verify *verify, struct verify_job *job)
{
    struct error error;
    bool is_somebody = job->hash[0];
    if (!is_somebody && !verify->nobody[0])
        password_hash("a password that is nobody's", verify->nobody, &error);
    job->is_right = password_is(is_somebody ? job->hash : verify->nobody, job->password);
    job->is_right = job->is_right && is_somebody;
    job->is_tried = true;
    password_wipe(job->password, sizeof job->password);
}

static void *work(void *context)
{
    struct verify *verify = context;
    struct verify_job *job;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    while ((job = next_job(verify))) {
        try(verify, job);
        pthread_mutex_lock(&verify->mutex);
        job->next = verify->done;
        verify->done = job;
        pthread_mutex_unlock(&verify->mutex);
        waker_wake(&verify->waker);
    }
    return NULL;
}

/* ---- the loop's side ---- */

static void hand_back(struct verify *verify, struct verify_job **list)
{
    for (;;) {
        pthread_mutex_lock(&verify->mutex);
        struct verify_job *job = *list;
        if (job) {
            *list = job->next;
            verify->count--;
        }
        pthread_mutex_unlock(&verify->mutex);
        if (!job)
            return;
        job->done(job, job->is_right);
    }
}

static void woken(void *context)
{
    struct verify *verify = context;
    hand_back(verify, &verify->done);
}

bool verify_ask(struct verify *verify, struct verify_job *job)
{
    pthread_mutex_lock(&verify->mutex);
    bool ok = verify->count < VERIFY_MOST;
    if (ok) {
        struct verify_job **end = &verify->waiting;
        while (*end)
            end = &(*end)->next;
        *end = job;
        job->next = NULL;
        job->is_tried = job->is_right = false;
        verify->count++;
        pthread_cond_signal(&verify->news);
    }
    pthread_mutex_unlock(&verify->mutex);
    return ok;
}

struct verify *verify_open(struct loop *loop, struct error *error)
{
    struct verify *verify = calloc(1, sizeof *verify);
    if (!verify) {
        error_set(error, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&verify->mutex, NULL);
    pthread_cond_init(&verify->news, NULL);
    verify->is_started =
        waker_open(&verify->waker, loop, woken, verify, error) &&
        (thread_start(&verify->thread, "msm-password", STACK, work, verify, error) ||
         error_prefix(error, "the thread for passwords: "));
    if (verify->is_started)
        return verify;
    verify_close(verify);
    return NULL;
}

void verify_close(struct verify *verify)
{
    if (!verify)
        return;
    pthread_mutex_lock(&verify->mutex);
    verify->is_ending = true;
    pthread_cond_signal(&verify->news);
    pthread_mutex_unlock(&verify->mutex);
    if (verify->is_started)
        pthread_join(verify->thread, NULL);
    hand_back(verify, &verify->done);
    hand_back(verify, &verify->waiting);
    waker_close(&verify->waker);
    pthread_cond_destroy(&verify->news);
    pthread_mutex_destroy(&verify->mutex);
    free(verify);
}
