/* The thread ends with a result in the loader and a wake of the loop. How long a body may take is
 * the watchdog's matter; a body that the watchdog cannot end, because it is inside one call of
 * Lua's own C code, is abandoned by a timer of the loop's. */

#include "run/loader.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/waker.h"
#include "base/watchdog.h"
#include "image/keeps.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A deep recursion of Lua's needs what the scan's thread has; see scan/thread.c. */
enum { STACK = 2 * 1024 * 1024, LAST_PATIENCE_MS = 1000, LOOK_AGAIN = NS_PER_S };

/* Two bodies and a scan, each up to twice its deadline. One that is not known to be stuck may have
 * waited for a busy machine, or for a file's folder across a network. */
#define PATIENCE (6 * WATCHDOG_BODY)
#define MORE_PATIENCE (5 * PATIENCE)

struct loader {
    struct loop *loop;
    struct waker waker;
    struct loop_timer timer;
    struct load_order order;
    struct generation *generation;
    struct error error;
    int64_t begun;
    atomic_bool finished;
    atomic_bool stuck; /* and `where` says where */
    char where[160];
    bool told, abandoned;
    pthread_t thread;
    void (*done)(void *context, struct generation *generation, const struct error *error);
    void *context;
};

/* In a signal handler on the thread. The first place is where the time went. */
static void note_stuck(void *context, const char *where)
{
    struct loader *loader = context;
    if (atomic_load(&loader->stuck))
        return;
    stpncpy(loader->where, where, sizeof loader->where - 1);
    atomic_store(&loader->stuck, true);
}

static struct generation *load(struct loader *loader, const struct program_options *options,
                               struct keeps *keeps)
{
    const struct load_order *order = &loader->order;
    return generation_load(options, keeps, order->audit, order->before_body, order->context,
                           &loader->error);
}

/* On keeps of its own; what it prints would be printed twice. */
static bool try_it(struct loader *loader, struct program_options options)
{
    const struct load_order *order = &loader->order;
    options.quiet = true;
    struct keeps *keeps = keeps_create(&loader->error);
    if (!keeps)
        return false;
    keeps_read(order->copy, keeps);
    struct generation *trial = load(loader, &options, keeps);
    bool ok = trial && trial_run(trial, &order->trial, options.watchdog, &loader->error);
    if (ok) /* as the program will use them */
        keeps_populate(order->keeps, keeps);
    generation_destroy(trial);
    keeps_destroy(keeps);
    return ok;
}

static void *run(void *argument)
{
    struct loader *loader = argument;
    struct program_options options = loader->order.options;
    options.watchdog = watchdog_open(&loader->error);
    options.keeps = loader->order.copy;
    options.stuck = loader->order.trial.stuck = note_stuck;
    options.context = loader->order.trial.context = loader;
    if (options.watchdog && (!loader->order.trial.from || try_it(loader, options)))
        loader->generation = load(loader, &options, loader->order.keeps);
    watchdog_close(options.watchdog);
    atomic_store(&loader->finished, true);
    waker_wake(&loader->waker);
    return NULL;
}

/* Who is told may end the loader, and has use for the error after that. */
static void tell(struct loader *loader)
{
    if (loader->told)
        return;
    loader->told = true;
    loop_unset_timer(loader->loop, &loader->timer);
    struct generation *generation = loader->generation;
    struct error error = loader->error;
    loader->generation = NULL;
    loader->done(loader->context, generation, &error);
}

static void woken(void *context)
{
    tell(context);
}

/* It writes into its own error still, so what is told lies elsewhere. */
static void give_up(struct loop_timer *timer)
{
    struct loader *loader = (struct loader *)((char *)timer - offsetof(struct loader, timer));
    int64_t now = clock_monotonic();
    struct error error;
    if (atomic_load(&loader->finished))
        return; /* and the wake is on its way */
    if (!atomic_load(&loader->stuck) && now < loader->begun + MORE_PATIENCE) {
        loop_set_timer(loader->loop, timer, now + LOOK_AGAIN);
        return;
    }
    loader->abandoned = loader->told = true;
    const char *where = atomic_load(&loader->stuck) ? loader->where : "";
    error_set(&error,
              "%s%s%s does not come back from loading: it is inside one call of Lua's own that "
              "cannot be interrupted, such as a pattern that takes for ever",
              where, *where ? ": " : "", loader->order.options.path);
    loader->done(loader->context, NULL, &error);
}

struct loader *loader_start(struct loop *loop, const struct load_order *order,
                            void (*done)(void *context, struct generation *generation,
                                         const struct error *error),
                            void *context, struct error *error)
{
    struct loader *loader = memory_zeroed(1, sizeof *loader);
    loader->loop = loop;
    loader->order = *order;
    loader->done = done;
    loader->context = context;
    loader->timer.fire = give_up;
    if (!waker_open(&loader->waker, loop, woken, loader, error))
        goto failed;
    if (!thread_start(&loader->thread, "msm-load", STACK, run, loader, error)) {
        waker_close(&loader->waker);
        goto failed;
    }
    loader->begun = clock_monotonic();
    loop_set_timer(loop, &loader->timer, loader->begun + PATIENCE);
    return loader;

failed:
    free(loader);
    return NULL;
}

/* At the stop a body may be anywhere; the stop does not wait for it. The thread's last act is to
 * make its waker readable. */
static bool comes_back(struct loader *loader)
{
    struct pollfd last_act = {.fd = loader->waker.source.fd, .events = POLLIN};
    while (!atomic_load(&loader->finished))
        if (poll(&last_act, 1, LAST_PATIENCE_MS) == 0)
            return false;
    pthread_join(loader->thread, NULL);
    return true;
}

bool loader_end(struct loader *loader)
{
    if (!loader)
        return false;
    loop_unset_timer(loader->loop, &loader->timer);
    if (loader->abandoned || !comes_back(loader)) {
        pthread_setschedparam(loader->thread, SCHED_IDLE, &(struct sched_param){0});
        pthread_detach(loader->thread);
        return true;
    }
    generation_destroy(loader->generation);
    waker_close(&loader->waker);
    free(loader);
    return false;
}
