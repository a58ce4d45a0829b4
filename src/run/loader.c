/* The thread ends with a result in the loader and a wake of the loop. How long a body may take is
 * the watchdog's matter; a body that the watchdog cannot end, because it is inside one call of
 * Lua's own C code or waits for a file, is abandoned by a timer of the loop's. */

#include "run/loader.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/left.h"
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
#define PATIENCE_STUCK (6 * WATCHDOG_BODY)
#define PATIENCE (5 * PATIENCE_STUCK)

/* Who abandons it, and its own thread about to change what others have, exclude each other. */
enum hold { FREE, CHANGING, ABANDONED };

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
    bool told;
    _Atomic(enum hold) hold;
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

/* False: the other one was first. */
static bool hold(struct loader *loader, enum hold as)
{
    enum hold expected = FREE;
    return atomic_compare_exchange_strong(&loader->hold, &expected, as);
}

static bool is_abandoned(struct loader *loader)
{
    return atomic_load(&loader->hold) == ABANDONED;
}

static void before_body(void *context, struct image *image)
{
    struct loader *loader = context;
    if (!loader->order.before_body || !hold(loader, CHANGING))
        return;
    loader->order.before_body(loader->order.context, image);
    atomic_store(&loader->hold, FREE);
}

static struct generation *load(struct loader *loader, const struct program_options *options,
                               struct keeps *keeps)
{
    return generation_load(options, keeps, loader->order.audit, before_body, loader,
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
    bool ok = trial && !is_abandoned(loader) &&
              trial_run(trial, &order->trial, options.watchdog, &loader->error) &&
              !is_abandoned(loader);
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

static void say_stuck(const struct loader *loader, struct error *error)
{
    const char *where = loader->where;
    error_set(error,
              "%s%s%s does not come back from loading: it is inside one call of Lua's own that "
              "cannot be interrupted, such as a pattern that takes for ever",
              where, *where ? ": " : "", loader->order.options.path);
}

static void say_slow(const struct loader *loader, struct error *error)
{
    char time[32];
    error_set(error, "%s has not come back from loading for %s; is its folder reachable?",
              loader->order.options.path,
              duration_format(loader->order.patience, time, sizeof time));
}

/* It writes into its own error still, so what is told lies elsewhere. */
static void give_up(struct loop_timer *timer)
{
    struct loader *loader = (struct loader *)((char *)timer - offsetof(struct loader, timer));
    int64_t now = clock_monotonic();
    bool is_stuck = atomic_load(&loader->stuck);
    struct error error;
    if (atomic_load(&loader->finished))
        return; /* and the wake is on its way */
    if (now < loader->begun + (is_stuck ? PATIENCE_STUCK : loader->order.patience) ||
        !hold(loader, ABANDONED)) {
        loop_set_timer(loader->loop, timer, now + LOOK_AGAIN);
        return;
    }
    loader->told = true;
    (is_stuck ? say_stuck : say_slow)(loader, &error);
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
    if (!order->patience)
        loader->order.patience = PATIENCE;
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
    loop_set_timer(loop, &loader->timer, loader->begun + LOOK_AGAIN);
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
    if (is_abandoned(loader) || !comes_back(loader)) {
        hold(loader, ABANDONED);
        leave_behind(loader);
        pthread_setschedparam(loader->thread, SCHED_IDLE, &(struct sched_param){0});
        pthread_detach(loader->thread);
        return true;
    }
    generation_destroy(loader->generation);
    waker_close(&loader->waker);
    free(loader);
    return false;
}
