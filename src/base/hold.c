/* The loop is woken, and its thread then waits inside of that event until it is let go. A loop that
 * does not run stands anyway; one that begins to run while somebody holds it waits first. */

#include "base/hold.h"

#include "base/mutex.h"

/* A hold that is taken again before the thread has noticed that it was given goes on. */
static void stand(void *context)
{
    struct hold *hold = context;
    pthread_mutex_lock(&hold->mutex);
    hold->standing = true;
    pthread_cond_broadcast(&hold->changed);
    while (hold->wanted)
        pthread_cond_wait(&hold->changed, &hold->mutex);
    hold->standing = false;
    pthread_mutex_unlock(&hold->mutex);
}

bool hold_open(struct hold *hold, struct loop *loop, struct error *error)
{
    *hold = (struct hold){0};
    if (!waker_open(&hold->waker, loop, stand, hold, error))
        return false;
    mutex_init(&hold->mutex);
    pthread_cond_init(&hold->changed, NULL);
    return true;
}

void hold_close(struct hold *hold)
{
    if (!hold->waker.loop)
        return;
    waker_close(&hold->waker);
    pthread_cond_destroy(&hold->changed);
    pthread_mutex_destroy(&hold->mutex);
}

void hold_take(struct hold *hold)
{
    pthread_mutex_lock(&hold->mutex);
    hold->wanted = true;
    if (!hold->passed)
        waker_wake(&hold->waker);
    while (!hold->standing && !hold->passed)
        pthread_cond_wait(&hold->changed, &hold->mutex);
    pthread_mutex_unlock(&hold->mutex);
}

void hold_give(struct hold *hold)
{
    pthread_mutex_lock(&hold->mutex);
    hold->wanted = false;
    pthread_cond_broadcast(&hold->changed);
    pthread_mutex_unlock(&hold->mutex);
}

void hold_pass(struct hold *hold, bool passed)
{
    pthread_mutex_lock(&hold->mutex);
    while (!passed && hold->wanted)
        pthread_cond_wait(&hold->changed, &hold->mutex);
    hold->passed = passed;
    pthread_cond_broadcast(&hold->changed);
    pthread_mutex_unlock(&hold->mutex);
}
