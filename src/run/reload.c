/* The states of a reload, one after the other, driven by the loader's end and by one timer; and how
 * one ends that is refused. */

#include "run/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "run/faults.h"
#include "run/probation.h"
#include "run/reload_inside.h"
#include "run/restart.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two tries of a swap the links shall run for most of the time. */
enum { LOOK_AGAIN = 2 * NS_PER_MS, TRY_AGAIN = 40 * NS_PER_MS };

static void set_timer(struct runtime *runtime, int64_t when)
{
    loop_set_timer(runtime->loop, &runtime->reload->timer, when);
}

/* ---- ends ---- */

void reload_answer(struct runtime *runtime, enum host_result result, const char *text)
{
    struct host_answer *asker = runtime->reload->asker;
    runtime->reload->asker = NULL;
    if (asker)
        asker->done(asker, result, text);
}

/* Whatever was made ready goes; the present program goes on. If it was proven meanwhile, sockets
 * still rest that the swap might have wanted. */
void reload_drop(struct runtime *runtime)
{
    struct reload *reload = runtime->reload;
    swap_discard(reload->swap);
    if (reload->next != runtime->proven)
        generation_destroy(reload->next);
    reload->swap = NULL;
    reload->next = NULL;
    reload->state = RELOAD_NONE;
    loop_unset_timer(runtime->loop, &reload->timer);
    if (runtime->current->is_proven)
        tcp_settle(runtime->tcp);
}

/* What one way or the other has come to its end: once more, where the file has changed meanwhile.
 */
void reload_finish(struct runtime *runtime)
{
    runtime->reload->state = RELOAD_NONE;
    reload_if_again(runtime);
}

static void say_refused(struct runtime *runtime, const char *text)
{
    runtime->count.refused++;
    snprintf(runtime->last_reload, sizeof runtime->last_reload, "refused: %s", text);
    runtime->last_reload_time = clock_now().utc;
    log_text(text, strlen(text));
    log_line("%s: the reload is refused, and has changed nothing", runtime_name(runtime));
    audit_note(runtime->audit, AUDIT_RELOAD, &runtime->reload->origin, "refused: %s", text);
}

/* A comparison would have changed nothing anyhow. */
static void answer_refused(struct runtime *runtime, enum reload_why why, const char *text)
{
    static const char HINT[] = "\nstill in FAULT; if it faults at a value, correct that with msm "
                               "set or msm force, or begin "
                               "anew: msm stop, msm run";
    const struct scan *scan = runtime->current->scan;
    bool is_down = why == RELOAD_ASKED && scan && scan_state(scan) == SCAN_FAULT;
    struct error error;
    error_set(&error, "%s%s%s", why == RELOAD_COMPARE ? "" : "refused, nothing has changed: ", text,
              is_down ? HINT : "");
    reload_answer(runtime, HOST_REFUSED, error.text);
}

void reload_refuse(struct runtime *runtime, const char *text)
{
    enum reload_why why = runtime->reload->why;
    reload_drop(runtime);
    if (why == RELOAD_RESTART)
        restart_refused(runtime, text);
    else if (why != RELOAD_COMPARE)
        say_refused(runtime, text);
    answer_refused(runtime, why, text);
    if (runtime->files)
        watch_files_widen(runtime->files);
    reload_finish(runtime);
}

/* ---- the swap ---- */

static void try_swap(struct runtime *runtime)
{
    struct reload *reload = runtime->reload;
    struct generation *before = runtime->current;
    struct error error;
    char *remarks;
    switch (swap_try(reload->swap, &remarks, &reload->unsafe, &error)) {
    case SWAP_BUSY:
        set_timer(runtime, clock_monotonic() + TRY_AGAIN);
        break;
    case SWAP_FAILED:
        reload->swap = NULL;
        (reload->why == RELOAD_BACK ? reload_stay : reload_refuse)(runtime, error.text);
        break;
    case SWAP_DONE:
        reload_took_over(runtime, before, remarks);
        break;
    }
}

static void advance(struct loop_timer *timer)
{
    struct reload *reload = (struct reload *)((char *)timer - offsetof(struct reload, timer));
    struct runtime *runtime = reload->runtime;
    if (reload->state == RELOAD_RETIRING) {
        int64_t now = clock_monotonic();
        if (!swap_is_retired(reload->swap) && now < reload->until) {
            set_timer(runtime, now + LOOK_AGAIN);
            return;
        }
        reload->state = RELOAD_SWAPPING;
    }
    if (reload->state == RELOAD_SWAPPING)
        try_swap(runtime);
}

/* `next` is loaded; false with an error, and nothing of it is left but `next`. */
bool reload_swap(struct runtime *runtime, bool on_trial, struct error *error)
{
    struct reload *reload = runtime->reload;
    reload->swap = swap_prepare(runtime, reload->next, faults_events(runtime), on_trial, error);
    if (!reload->swap)
        return false;
    swap_retire(reload->swap);
    reload->state = RELOAD_RETIRING;
    reload->until = clock_monotonic() + runtime->current->plan->settings.stop_timeout;
    set_timer(runtime, clock_monotonic());
    return true;
}

/* ---- life ---- */

void reload_open(struct runtime *runtime)
{
    struct reload *reload = runtime->reload = memory_zeroed(1, sizeof *reload);
    reload->runtime = runtime;
    reload->timer.fire = advance;
}

bool reload_is_asked(const struct runtime *runtime)
{
    return runtime->reload->why == RELOAD_ASKED;
}

bool reload_is_swapping(const struct runtime *runtime)
{
    return runtime->reload->swap != NULL;
}

void reload_forget(struct runtime *runtime, struct host_answer *asker)
{
    if (runtime->reload && runtime->reload->asker == asker)
        runtime->reload->asker = NULL;
    probation_forget(runtime, asker);
}

void reload_end(struct runtime *runtime)
{
    struct reload *reload = runtime->reload;
    if (!reload)
        return;
    reload_drop(runtime);
    probation_close(runtime);
    runtime->abandoned += reload_end_loader(reload);
    if (runtime->proven != runtime->current)
        generation_destroy(runtime->proven);
    runtime->proven = runtime->current;
    reload_answer(runtime, HOST_FAILED, "the program is stopping");
    free(reload);
    runtime->reload = NULL;
}
