/* SCHED_IDLE gives way to everything else on its core at once, so the loop costs nobody on this
 * machine anything. It has no pause instruction on purpose: hypervisors take a loop of pauses for
 * one that waits for a lock, and put the virtual core to sleep, which is what this is against. */

#include "scan/spin.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_SIZE = 64 * 1024 };

struct spin {
    atomic_bool stop;
    size_t count;
    pthread_t threads[CPU_SETSIZE];
};

static void *run(void *argument)
{
    struct spin *spin = argument;
    while (!atomic_load_explicit(&spin->stop, memory_order_relaxed))
        continue;
    return NULL;
}

static int create_on(struct spin *spin, int core, pthread_attr_t *attributes)
{
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    pthread_attr_setaffinity_np(attributes, sizeof only, &only);
    pthread_t *thread = &spin->threads[spin->count];
    int failed = pthread_create(thread, attributes, run, spin);
    if (failed)
        return failed;
    spin->count++;
    /* Not through the attributes: those know the policies of POSIX only. */
    return pthread_setschedparam(*thread, SCHED_IDLE, &(struct sched_param){0});
}

static int create_all(struct spin *spin, const cpu_set_t *cores)
{
    int failed = 0;
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int core = 0; core < CPU_SETSIZE && !failed; core++)
        if (CPU_ISSET(core, cores))
            failed = create_on(spin, core, &attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

struct spin *spin_start(struct error *error)
{
    cpu_set_t cores;
    struct spin *spin = calloc(1, sizeof *spin);
    int failed = !spin ? ENOMEM : sched_getaffinity(0, sizeof cores, &cores) ? errno : 0;
    if (!failed)
        failed = create_all(spin, &cores);
    if (!failed)
        return spin;
    error_set(error, "cannot keep the cores awake: %s", strerror(failed));
    spin_stop(spin);
    return NULL;
}

void spin_stop(struct spin *spin)
{
    if (!spin)
        return;
    atomic_store(&spin->stop, true);
    for (size_t i = 0; i < spin->count; i++)
        pthread_join(spin->threads[i], NULL);
    free(spin);
}
