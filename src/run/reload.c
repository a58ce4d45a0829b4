/* The states of a reload, one after the other, driven by the loader's end and by one timer. A way
 * back is a swap like any other, to a generation that is there already. */

#include "run/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "run/faults.h"
#include "run/probation.h"
#include "run/pulse.h"
#include "run/reload_inside.h"

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
static void finish(struct runtime *runtime)
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
    struct error error;
    error_set(&error, "%s%s", why == RELOAD_COMPARE ? "" : "refused, nothing has changed: ", text);
    reload_answer(runtime, HOST_REFUSED, error.text);
}

void reload_refuse(struct runtime *runtime, const char *text)
{
    enum reload_why why = runtime->reload->why;
    reload_drop(runtime);
    if (why == RELOAD_RESTART)
        faults_restart_refused(runtime, text);
    else if (why != RELOAD_COMPARE)
        say_refused(runtime, text);
    answer_refused(runtime, why, text);
    if (runtime->files)
        watch_files_widen(runtime->files);
    finish(runtime);
}

/* The program that has faulted stays, as it would without another one to go back to. */
static void stay(struct runtime *runtime, const char *text)
{
    log_line("%s: the last proven program cannot be brought back: %s", runtime_name(runtime), text);
    reload_drop(runtime);
    reload_answer(runtime, HOST_FAILED, runtime->reload->reason);
    faults_stay(runtime);
    finish(runtime);
}

/* ---- the swap ---- */

static void say_reloaded(struct runtime *runtime)
{
    const struct reload *reload = runtime->reload;
    if (reload->why == RELOAD_BACK) {
        runtime->count.refused++;
        snprintf(runtime->last_reload, sizeof runtime->last_reload, "rolled back: %s",
                 reload->reason);
        runtime->last_reload_time = clock_now().utc;
        log_line("%s: rolled back: the last proven program runs again", runtime_name(runtime));
    } else if (reload->why == RELOAD_RESTART) {
        runtime->count.restarts++;
        log_line("%s: started again after the fault", runtime_name(runtime));
    } else {
        runtime->count.reloads++;
        runtime->last_reload[0] = '\0';
        runtime->last_reload_time = 0;
        log_line("%s: reloaded from %s", runtime_name(runtime), runtime->path);
    }
    char unsafe[64] = "";
    if (reload->unsafe)
        snprintf(unsafe, sizeof unsafe, " (outputs that could not be made safe: %zu)",
                 reload->unsafe);
    audit_note(runtime->audit, AUDIT_RELOAD, &reload->origin, "%s%s",
               reload->why == RELOAD_BACK      ? runtime->last_reload
               : reload->why == RELOAD_RESTART ? "started again after a fault"
                                               : "reloaded",
               unsafe);
}

/* A loader that is still at work reads its memory. */
static void bury(struct runtime *runtime, struct generation *generation)
{
    if (runtime->reload->loader)
        runtime->reload->gone = generation;
    else
        generation_destroy(generation);
}

/* A restart is of the text that ran. */
static void note_fallback(const struct reload *reload, const struct generation *before,
                          struct generation *now)
{
    if (reload->why == RELOAD_RESTART)
        now->is_fallback = reload->falls_back || before->is_fallback;
}

static void begin_work(struct runtime *runtime)
{
    runtime->fault[0] = '\0';
    say_reloaded(runtime);
    faults_follow(runtime);
    reload_watch(runtime);
    pulse_start(runtime);
    if (runtime->socket)
        socket_changed(runtime->socket);
}

/* One that was brought back before its own probation had ended begins it anew. */
static void came_back(struct runtime *runtime)
{
    tcp_settle(runtime->tcp);
    reload_answer(runtime, HOST_FAILED, runtime->last_reload);
    if (runtime->current->is_proven)
        probation_drop_keeps(runtime);
    else
        probation_begin(runtime, NULL, NULL);
}

static void begin_probation(struct runtime *runtime, char *remarks)
{
    struct host_answer *asker = runtime->reload->asker;
    runtime->reload->asker = NULL;
    probation_end(runtime, HOST_FAILED, "another reload came before this one was proven");
    probation_begin(runtime, asker, remarks);
}

/* `before` was at work until now. Takes the remarks over. */
static void took_over(struct runtime *runtime, struct generation *before, char *remarks)
{
    struct reload *reload = runtime->reload;
    reload->swap = NULL;
    reload->next = NULL;
    note_fallback(reload, before, runtime->current);
    begin_work(runtime);
    if (reload->why == RELOAD_BACK || !reload_can_go_back(runtime))
        runtime->proven = runtime->current;
    if (before != runtime->proven)
        bury(runtime, before);
    if (reload->why == RELOAD_BACK) {
        free(remarks);
        came_back(runtime);
    } else {
        begin_probation(runtime, remarks);
    }
    finish(runtime);
}

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
        (reload->why == RELOAD_BACK ? stay : reload_refuse)(runtime, error.text);
        break;
    case SWAP_DONE:
        took_over(runtime, before, remarks);
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

/* ---- the way back ---- */

bool reload_can_go_back(const struct runtime *runtime)
{
    const struct scan *scan = runtime->proven ? runtime->proven->scan : NULL;
    return scan && scan_state(scan) != SCAN_FAULT;
}

/* Of whatever was under way for the program that has just faulted. */
static void abort_next(struct runtime *runtime)
{
    if (runtime->reload->state == RELOAD_NONE)
        return;
    reload_drop(runtime);
    reload_answer(runtime, HOST_REFUSED,
                  "the running program has faulted in its own probation, and the last proven one "
                  "comes back; ask again");
}

void reload_back(struct runtime *runtime, const char *reason)
{
    struct reload *reload = runtime->reload;
    struct error error;
    abort_next(runtime);
    snprintf(reload->reason, sizeof reload->reason, "%s", reason);
    reload->why = RELOAD_BACK;
    reload->asker = probation_take(runtime);
    reload->next = runtime->proven;
    if (!reload_swap(runtime, false, &error))
        stay(runtime, error.text);
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
