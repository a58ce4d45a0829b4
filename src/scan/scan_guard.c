/* Who may touch what, when a hook does not come back. The scan's thread has custody of the scan and
 * the image, but not while a hook runs; who takes it then and says "abandoned" has the image for
 * himself, because the thread looks there first when it comes back. The watchdog's signal handler
 * cannot wait for custody: it says that it is in a hook, and who abandons waits until it is not. */

#include "scan/scan_inside.h"

#include "base/watchdog.h"

#include <sched.h>

bool scan_enter(struct scan *scan)
{
    pthread_mutex_lock(&scan->custody);
    if (!scan->abandoned)
        return true;
    pthread_mutex_unlock(&scan->custody);
    return false;
}

void scan_leave(struct scan *scan)
{
    pthread_mutex_unlock(&scan->custody);
}

void scan_call_begin(struct scan *scan)
{
    atomic_store(&scan->calling, ++scan->calls);
    pthread_mutex_unlock(&scan->custody);
}

bool scan_call_end(struct scan *scan)
{
    pthread_mutex_lock(&scan->custody);
    atomic_store(&scan->calling, 0);
    return !scan->abandoned;
}

/* ---- the watchdog ---- */

/* Also of a thread that was given up: it may come back into code that never ends, and the program
 * is still there. */
static void late(void *context)
{
    struct scan *scan = context;
    scan->hooks.late(scan->hooks.context);
}

static void stuck(void *context)
{
    struct scan *scan = context;
    atomic_store(&scan->signalled, true);
    atomic_store(&scan->stuck_in, atomic_load(&scan->calling));
    if (!atomic_load(&scan->abandoned))
        scan->hooks.stuck(scan->hooks.context);
    atomic_store(&scan->signalled, false);
}

void scan_watch(struct scan *scan, struct watchdog *watchdog)
{
    scan->watchdog = watchdog;
    scan->deadline = plan_watchdog(scan->plan);
}

void scan_watch_begin(struct scan *scan)
{
    if (!scan->watchdog || scan->watched)
        return;
    const struct watchdog_hooks hooks = {.context = scan,
                                         .late = scan->hooks.late ? late : NULL,
                                         .stuck = scan->hooks.stuck ? stuck : NULL};
    scan->watched = true;
    watchdog_begin(scan->watchdog, &hooks, scan->deadline);
}

void scan_watch_end(struct scan *scan)
{
    if (!scan->watched)
        return;
    watchdog_end(scan->watchdog);
    scan->watched = false;
}

/* ---- letting go ---- */

static void let_go(struct scan *scan, int64_t now)
{
    atomic_store(&scan->abandoned, true);
    while (atomic_load(&scan->signalled))
        sched_yield();
    scan_forget_seen(scan);
    atomic_store(&scan->state, SCAN_FAULT);
    view_abandon(scan->view);
    if (!scan->on_trial)
        image_make_safe(scan->image, true, now);
}

void scan_abandon(struct scan *scan, int64_t now)
{
    if (!scan_enter(scan))
        return;
    let_go(scan, now);
    scan_leave(scan);
}

/* With custody the hook cannot end meanwhile. */
bool scan_abandon_stuck(struct scan *scan, int64_t now)
{
    if (!scan_enter(scan))
        return false;
    bool is_stuck = scan->calling && scan->calling == scan->stuck_in;
    if (is_stuck)
        let_go(scan, now);
    scan_leave(scan);
    return is_stuck;
}

bool scan_is_abandoned(const struct scan *scan)
{
    return atomic_load(&scan->abandoned);
}
