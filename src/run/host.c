/* Mostly a table: each question goes to the file that knows. */

#include "run/host.h"

#include "base/clock.h"
#include "run/edit.h"
#include "run/eval.h"
#include "run/probation.h"
#include "run/reload.h"
#include "run/restart.h"
#include "run/runtime.h"

#include <string.h>

static struct image *image(void *context)
{
    return ((struct runtime *)context)->current->image;
}

static const struct scan *scan(void *context)
{
    return ((struct runtime *)context)->current->scan;
}

static struct store *store(void *context)
{
    return ((struct runtime *)context)->store;
}

static struct history *history(void *context)
{
    return ((struct runtime *)context)->history;
}

static struct alarms *alarms(void *context)
{
    const struct generation *now = ((struct runtime *)context)->current;
    return now->abandoned ? NULL : program_alarms(now->program);
}

static enum host_state state(const struct runtime *runtime)
{
    if (runtime->stopping)
        return HOST_STOPPING;
    if (scan_state(runtime->current->scan) == SCAN_FAULT)
        return HOST_FAULT;
    return runtime->current == runtime->proven ? HOST_RUN : HOST_PROBATION;
}

static void play(void *context, uint32_t first, uint32_t count, const uint16_t *words,
                 uint16_t each)
{
    sim_set(((struct runtime *)context)->sim, first, count, words, each);
}

static void look_at_recording(const struct runtime *runtime, struct host_status *status)
{
    struct recorder_status recording;
    if (!runtime->recorder)
        return;
    recorder_look(runtime->recorder, &recording);
    status->recording.path = recording.path;
    status->recording.bytes = recording.bytes;
    status->recording.scans = recording.scans;
    status->recording.lost = recording.lost;
    status->recording.works = recording.works;
    memcpy(status->recording.problem, recording.problem, sizeof status->recording.problem);
}

static void status(void *context, struct host_status *status)
{
    const struct runtime *runtime = context;
    *status = (struct host_status){
        .name = runtime_name(runtime),
        .script = runtime->path,
        .users = runtime->http.users,
        .state = state(runtime),
        .proven_fallback = runtime->current->is_fallback,
        .edited = edit_differs(runtime),
        .started = runtime->started.utc,
        .loaded = runtime->current->loaded.utc,
        .probation_left = probation_left(runtime),
        .restart_left = restart_left(runtime),
        .faults = runtime->count.faults,
        .restarts = runtime->count.restarts,
        .reloads = runtime->count.reloads,
        .refused = runtime->count.refused,
        .abandoned = runtime->abandoned,
        .fault = runtime->fault,
        .last_fault = runtime->last_fault,
        .last_reload = runtime->last_reload,
        .last_fault_time = runtime->last_fault_time,
        .last_reload_time = runtime->last_reload_time,
        .fallback_why = runtime->current->is_fallback ? runtime->fallback_why : "",
        .connections = tcp_connections(runtime->tcp),
        .locked = runtime->locked,
        .priority = scan_thread_priority(runtime->thread),
    };
    look_at_recording(runtime, status);
    program_memory(runtime->current->program, &status->memory_used, &status->memory_cap);
}

static void stop(void *context, const struct origin *origin)
{
    struct runtime *runtime = context;
    runtime->stopped_by = *origin;
    loop_stop(runtime->loop);
}

static void reload(void *context, const struct origin *origin, struct host_answer *answer)
{
    reload_ask(context, origin, answer);
}

static void compare(void *context, const char *path, struct host_answer *answer)
{
    reload_compare(context, path, answer);
}

static void eval(void *context, const char *code, struct host_answer *answer)
{
    eval_ask(context, code, answer);
}

static void complete(void *context, const char *code, struct host_answer *answer)
{
    eval_complete(context, code, answer);
}

static size_t sources(void *context, const struct source **sources)
{
    return program_sources(((struct runtime *)context)->current->program, sources);
}

static void edit(void *context, const struct host_edit *edit, const struct origin *origin,
                 struct host_answer *answer)
{
    edit_ask(context, edit, origin, answer);
}

static void versions(void *context, char *folder, size_t size)
{
    edit_folder(context, folder, size);
}

static void forget(void *context, struct host_answer *answer)
{
    edit_forget(context, answer);
    eval_forget(context, answer);
    reload_forget(context, answer);
}

struct control_host host_of(struct runtime *runtime)
{
    return (struct control_host){.context = runtime,
                                 .image = image,
                                 .scan = scan,
                                 .store = store,
                                 .alarms = alarms,
                                 .history = history,
                                 .play = play,
                                 .status = status,
                                 .stop = stop,
                                 .reload = reload,
                                 .compare = compare,
                                 .eval = eval,
                                 .complete = complete,
                                 .sources = sources,
                                 .edit = edit,
                                 .versions = versions,
                                 .forget = forget};
}
