/* The states of a reload, one after the other, driven by the loader's end and by one timer. A way
 * back is a swap like any other, to a generation that is there already. */

#include "run/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/faults.h"
#include "run/pulse.h"
#include "run/reload_inside.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two tries of a swap the links shall run for most of the time. */
enum { LOOK_AGAIN = 2 * NS_PER_MS, TRY_AGAIN = 40 * NS_PER_MS };

static void advance(struct loop_timer *timer);

static struct runtime *runtime_of(struct loop_timer *timer)
{
    return (struct runtime *)((char *)timer - offsetof(struct runtime, reload.timer));
}

static void set_timer(struct runtime *runtime, int64_t when)
{
    runtime->reload.timer.fire = advance;
    loop_set_timer(runtime->loop, &runtime->reload.timer, when);
}

/* ---- ends ---- */

void reload_answer(struct runtime *runtime, enum host_result result, const char *text)
{
    struct host_answer *asker = runtime->reload.asker;
    runtime->reload.asker = NULL;
    if (asker)
        asker->done(asker, result, text);
}

/* Whatever was made ready goes; the present program goes on. */
void reload_drop(struct runtime *runtime)
{
    struct reload *reload = &runtime->reload;
    swap_discard(reload->swap);
    if (reload->next != runtime->proven)
        generation_destroy(reload->next);
    reload->swap = NULL;
    reload->next = NULL;
    reload->state = RELOAD_NONE;
    loop_unset_timer(runtime->loop, &reload->timer);
}

/* Of a program that was not proven yet when the reload began: its probation goes on. */
void reload_resume(struct runtime *runtime)
{
    if (runtime->current == runtime->proven)
        return;
    runtime->reload.state = RELOAD_PROBATION;
    set_timer(runtime, runtime->reload.until);
}

void reload_refuse(struct runtime *runtime, const char *text)
{
    struct reload *reload = &runtime->reload;
    enum reload_why why = reload->why;
    reload_drop(runtime);
    if (why != RELOAD_COMPARE) {
        runtime->refused++;
        snprintf(runtime->last_reload, sizeof runtime->last_reload, "refused: %s", text);
        log_text(text, strlen(text));
        log_line("%s: the reload is refused, and has changed nothing", runtime_name(runtime));
        audit_note(runtime->audit, AUDIT_RELOAD, &reload->origin, "refused: %s", text);
    }
    reload_answer(runtime, HOST_REFUSED, text);
    reload_resume(runtime);
    if (why == RELOAD_RESTART)
        faults_restart_later(runtime);
    reload_if_again(runtime);
}

static void prove(struct runtime *runtime)
{
    struct reload *reload = &runtime->reload;
    struct generation *before = runtime->proven;
    const struct source *sources;
    size_t count = program_sources(runtime->current->program, &sources);
    reload->state = RELOAD_NONE;
    runtime->proven = runtime->current;
    faults_trust(runtime);
    if (before != runtime->current)
        generation_destroy(before);
    store_settle(runtime->store, sources, count);
    tcp_settle(runtime->tcp);
    reload_answer(runtime, HOST_OK, NULL);
}

/* ---- the swap ---- */

static void begin_probation(struct runtime *runtime)
{
    struct reload *reload = &runtime->reload;
    reload->state = RELOAD_PROBATION;
    reload->until = clock_monotonic() + runtime->current->plan->settings.probation;
    set_timer(runtime, reload->until);
}

static void say_reloaded(struct runtime *runtime)
{
    const struct reload *reload = &runtime->reload;
    if (reload->why == RELOAD_BACK) {
        runtime->refused++;
        snprintf(runtime->last_reload, sizeof runtime->last_reload, "rolled back: %s",
                 reload->reason);
        log_line("%s: rolled back: the last proven program runs again", runtime_name(runtime));
    } else if (reload->why == RELOAD_RESTART) {
        runtime->restarts++;
        log_line("%s: started again after the fault", runtime_name(runtime));
    } else {
        runtime->reloads++;
        runtime->last_reload[0] = '\0';
        log_line("%s: reloaded from %s", runtime_name(runtime), runtime->path);
    }
    audit_note(runtime->audit, AUDIT_RELOAD, &reload->origin, "%s",
               reload->why == RELOAD_BACK      ? runtime->last_reload
               : reload->why == RELOAD_RESTART ? "started again after a fault"
                                               : "reloaded");
}

/* A loader that is still at work reads its memory. */
static void bury(struct runtime *runtime, struct generation *generation)
{
    if (runtime->reload.loader)
        runtime->gone = generation;
    else
        generation_destroy(generation);
}

/* A restart is of the text that ran, or that was fallen back to. */
static void note_fallback(struct runtime *runtime)
{
    struct generation *now = runtime->current;
    if (runtime->reload.why == RELOAD_RESTART)
        now->is_fallback = runtime->fallback;
    runtime->fallback = now->is_fallback;
}

/* `before` was at work until now. */
static void took_over(struct runtime *runtime, struct generation *before)
{
    struct reload *reload = &runtime->reload;
    reload->swap = NULL;
    reload->next = NULL;
    runtime->fault[0] = '\0';
    note_fallback(runtime);
    say_reloaded(runtime);
    faults_follow(runtime);
    reload_watch(runtime);
    pulse_start(runtime);
    if (runtime->socket)
        socket_changed(runtime->socket);
    if (reload->why == RELOAD_BACK || !reload_can_go_back(runtime))
        runtime->proven = runtime->current;
    if (before != runtime->proven)
        bury(runtime, before);
    if (reload->why != RELOAD_BACK) {
        begin_probation(runtime);
        reload_if_again(runtime);
        return;
    }
    reload->state = RELOAD_NONE;
    tcp_settle(runtime->tcp);
    reload_answer(runtime, HOST_FAILED, runtime->last_reload);
    reload_if_again(runtime);
}

static void try_swap(struct runtime *runtime)
{
    struct reload *reload = &runtime->reload;
    struct generation *before = runtime->current;
    struct error error;
    switch (swap_try(reload->swap, &error)) {
    case SWAP_BUSY:
        set_timer(runtime, clock_monotonic() + TRY_AGAIN);
        break;
    case SWAP_FAILED:
        reload->swap = NULL;
        reload_refuse(runtime, error.text);
        break;
    case SWAP_DONE:
        took_over(runtime, before);
        break;
    }
}

static void advance(struct loop_timer *timer)
{
    struct runtime *runtime = runtime_of(timer);
    struct reload *reload = &runtime->reload;
    if (reload->state == RELOAD_PROBATION) {
        prove(runtime);
        return;
    }
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
    struct reload *reload = &runtime->reload;
    reload->swap = swap_prepare(runtime, reload->next, faults_events(runtime), on_trial, error);
    if (!reload->swap)
        return false;
    swap_retire(reload->swap);
    reload->state = RELOAD_RETIRING;
    reload->until = clock_monotonic() + runtime->current->plan->settings.stop_timeout;
    set_timer(runtime, clock_monotonic());
    return true;
}

/* ---- the way back ---- */

bool reload_can_go_back(const struct runtime *runtime)
{
    const struct scan *scan = runtime->proven ? runtime->proven->scan : NULL;
    return scan && scan_state(scan) != SCAN_FAULT;
}

/* Of whatever was under way for the program that has just faulted. */
static void abort_next(struct runtime *runtime)
{
    if (runtime->reload.state == RELOAD_PROBATION)
        return;
    reload_drop(runtime);
    reload_answer(runtime, HOST_REFUSED,
                  "the running program has faulted in its own probation, and the last proven one "
                  "comes back; ask again");
}

void reload_back(struct runtime *runtime, const char *reason)
{
    struct reload *reload = &runtime->reload;
    struct error error;
    abort_next(runtime);
    snprintf(reload->reason, sizeof reload->reason, "%s", reason);
    reload->why = RELOAD_BACK;
    reload->next = runtime->proven;
    if (reload_swap(runtime, false, &error))
        return;
    log_line("%s: the last proven program cannot be brought back: %s", runtime_name(runtime),
             error.text);
    reload->next = NULL;
    reload->state = RELOAD_NONE;
    reload_answer(runtime, HOST_FAILED, reason);
    faults_stay(runtime);
}

void reload_disproved(struct runtime *runtime)
{
    struct reload *reload = &runtime->reload;
    if (reload->state != RELOAD_PROBATION)
        return;
    loop_unset_timer(runtime->loop, &reload->timer);
    reload->state = RELOAD_NONE;
    reload_answer(runtime, HOST_FAILED, runtime->last_fault);
}

void reload_began(struct runtime *runtime)
{
    runtime->proven = runtime->current;
    begin_probation(runtime);
}

void reload_forget(struct runtime *runtime, struct host_answer *asker)
{
    if (runtime->reload.asker == asker)
        runtime->reload.asker = NULL;
}

void reload_end(struct runtime *runtime)
{
    struct reload *reload = &runtime->reload;
    reload_drop(runtime);
    runtime->abandoned += loader_end(reload->loader);
    reload->loader = NULL;
    keeps_destroy(reload->copy);
    reload->copy = NULL;
    free(reload->path);
    reload->path = NULL;
    generation_destroy(runtime->gone);
    runtime->gone = NULL;
    if (runtime->proven != runtime->current)
        generation_destroy(runtime->proven);
    runtime->proven = runtime->current;
    reload_answer(runtime, HOST_FAILED, "the program is stopping");
}
