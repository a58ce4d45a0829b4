/* What is done once another generation is at work: it is said, the one before is kept or goes, and
 * the probation begins. */

#include "run/reload_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/probation.h"
#include "run/pulse.h"
#include "run/restart.h"

#include <stdio.h>
#include <stdlib.h>

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

/* Before the memory until now goes. */
static void follow_history(struct runtime *runtime)
{
    struct error error;
    if (runtime->history && !history_follow(runtime->history, runtime->current->image, &error))
        log_line("%s: the history stands still: %s", runtime_name(runtime), error.text);
}

static void begin_work(struct runtime *runtime)
{
    runtime->fault[0] = '\0';
    say_reloaded(runtime);
    restart_forget(runtime);
    reload_watch(runtime);
    pulse_start(runtime);
    if (runtime->socket)
        socket_changed(runtime->socket);
    hmi_changed(runtime->hmi);
    follow_history(runtime);
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
void reload_took_over(struct runtime *runtime, struct generation *before, char *remarks)
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
    reload_finish(runtime);
}
