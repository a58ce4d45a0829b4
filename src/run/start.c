/* First what outlives programs, then the program, then what connects it with the world. */

#include "run/start.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/edit.h"
#include "run/eval.h"
#include "run/faults.h"
#include "run/host.h"
#include "run/label.h"
#include "run/loader.h"
#include "run/probation.h"
#include "run/reload.h"
#include "run/restart.h"
#include "run/runtime.h"
#include "run/stuck.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the program ---- */

struct first {
    struct runtime *runtime;
    struct error *error;
};

static void loaded(void *context, struct generation *generation, const struct error *error)
{
    struct first *first = context;
    first->runtime->current = generation;
    if (!generation)
        *first->error = *error;
    loop_stop(first->runtime->loop);
}

static void restore(void *context, struct image *image)
{
    store_load_image(((struct runtime *)context)->store, image, clock_monotonic());
}

/* Of the keeps, because one that is given up goes on reading. */
static struct keeps *copy_keeps(struct runtime *runtime, struct error *error)
{
    struct keeps *copy = keeps_create(error);
    if (copy)
        keeps_read(runtime->keeps, copy);
    return copy;
}

/* On the loader's thread, as every later one, so that a body which cannot be interrupted is given
 * up. Its text and keeps stay then. */
static bool load_once(struct runtime *runtime, const struct source *sources, size_t count,
                      struct keeps *copy, struct error *error)
{
    struct first first = {runtime, error};
    const struct load_order order = {.options = {.path = runtime->path,
                                                 .name = runtime->is_named ? runtime->name : NULL,
                                                 .lua_root = runtime->lua_root,
                                                 .sources = sources,
                                                 .source_count = count,
                                                 .now = runtime->started,
                                                 .simulated = runtime->simulates,
                                                 .texts = runtime->texts,
                                                 .alarm_events = runtime->alarm_events,
                                                 .link_alarms = runtime->serves_pages,
                                                 .why = "cold"},
                                     .keeps = runtime->keeps,
                                     .copy = copy,
                                     .audit = runtime->audit,
                                     .before_body = restore,
                                     .context = runtime};
    struct loader *loader = loader_start(runtime->loop, &order, loaded, &first, error);
    if (!loader)
        return false;
    loop_run(runtime->loop);
    runtime->abandoned += loader_end(loader);
    return runtime->current != NULL;
}

/* Takes the sources over (malloc, or NULL for the file). */
static bool load_text(struct runtime *runtime, struct source *sources, size_t count,
                      struct error *error)
{
    unsigned abandoned = runtime->abandoned;
    struct keeps *copy = copy_keeps(runtime, error);
    bool ok = copy && load_once(runtime, sources, count, copy, error);
    if (runtime->abandoned > abandoned)
        return false;
    keeps_destroy(copy);
    free(sources);
    return ok;
}

/* A machine that starts again must not stand still because somebody was in the middle of an edit.
 * A person at a terminal is told, instead. */
static bool load_first(struct runtime *runtime, struct error *error)
{
    struct source *proven;
    size_t count;
    if (load_text(runtime, NULL, 0, error))
        return true;
    if (!runtime->unattended || !(proven = store_proven(runtime->store, &count)))
        return false;
    log_text(error->text, strlen(error->text));
    snprintf(runtime->fallback_why, sizeof runtime->fallback_why, "%s", error->text);
    log_line("%s cannot be loaded; running the last proven text instead", runtime->path);
    if (!load_text(runtime, proven, count, error))
        return false;
    runtime->current->is_fallback = true;
    return true;
}

/* From here on, a reload does not change it: somebody may be using it. What is kept stays under the
 * script's own name, which is known before the script is. */
static void take_name(struct runtime *runtime)
{
    if (runtime->is_named)
        return;
    snprintf(runtime->program_name, sizeof runtime->program_name, "%s",
             runtime->current->plan->name);
    runtime->name = runtime->program_name;
}

/* Beside what is kept, and called like that. */
static void find_users(struct runtime *runtime)
{
    const char *folder = runtime->state_folder ? runtime->state_folder : runtime->folder;
    char whole[PATH_MAX];
    if (!realpath(folder, whole))
        snprintf(whole, sizeof whole, "%s", folder);
    snprintf(runtime->http.users, sizeof runtime->http.users, "%.*s/%.*s.users",
             PATH_MAX - NAME_MAX - 16, whole, NAME_MAX, runtime->name);
}

static bool keep_ready(struct runtime *runtime, struct error *error)
{
    runtime->file_name = runtime->name;
    const char *stated = runtime->state_folder;
    const struct store_options options = {.directory = stated ? stated : runtime->folder,
                                          .name = runtime->name,
                                          .when_needed = !stated};
    runtime->audit = audit_create(error);
    runtime->keeps = runtime->audit ? keeps_create(error) : NULL;
    runtime->texts = runtime->keeps ? text_queue_create(error) : NULL;
    runtime->alarm_events = runtime->texts ? alarm_events_create(error) : NULL;
    runtime->store = runtime->alarm_events ? store_open(&options, error) : NULL;
    if (!runtime->store || !store_take_texts(runtime->store, runtime->texts, error))
        return false;
    find_users(runtime);
    store_load_keeps(runtime->store, runtime->keeps);
    return true;
}

static bool remember_from_here(struct runtime *runtime, struct error *error)
{
    const char *stated = runtime->state_folder;
    const struct history_options options = {.directory = stated ? stated : runtime->folder,
                                            .name = runtime->file_name,
                                            .days = runtime->history_days,
                                            .mib = runtime->history_mib};
    if (!runtime->wants_history)
        return true;
    runtime->history = history_open(&options, runtime->loop, error);
    if (!runtime->history)
        return false;
    audit_listen(runtime->audit, history_hear, runtime->history);
    history_take_alarms(runtime->history, runtime->alarm_events);
    return history_follow(runtime->history, runtime->current->image, error);
}

/* ---- what it is connected with ---- */

static bool listen_all(struct runtime *runtime, struct error *error)
{
    const struct generation *now = runtime->current;
    runtime->tcp = tcp_create(error);
    if (!runtime->tcp)
        return false;
    for (size_t i = 0; i < now->plan->server_count; i++)
        if (!now->plan->servers[i].line && !tcp_listen(runtime->tcp, now->servers[i], error))
            return error_prefix(error, "%s: ", now->plan->servers[i].where);
    if (runtime->simulates && !(runtime->sim = sim_create(now->image, error)))
        return false;
    return tcp_dial(runtime->tcp, now->image, error);
}

static bool record_from_here(struct runtime *runtime, struct error *error)
{
    struct generation *now = runtime->current;
    if (!runtime->record)
        return true;
    const struct tape_label label = label_of(now, runtime->path);
    struct tape *tape = tape_create(now->image, &label, error);
    runtime->recorder = tape ? recorder_open(runtime->record, runtime->record_size, error) : NULL;
    if (!runtime->recorder) {
        tape_destroy(tape);
        return false;
    }
    recorder_take(runtime->recorder, tape, now->scan);
    return true;
}

/* A file has changed; or SIGHUP came where nobody's terminal can have closed. */
static void read_again(void *context)
{
    reload_again(context);
}

/* What is there may run already: it was edited from elsewhere. */
static void file_changed(void *context)
{
    if (!edit_explains(context))
        read_again(context);
}

static bool connect_all(struct runtime *runtime, struct error *error)
{
    struct generation *now = runtime->current;
    const struct control_host host = host_of(runtime);
    take_name(runtime);
    audit_set_level(runtime->audit, (enum audit_level)now->plan->settings.audit);
    reload_open(runtime);
    probation_open(runtime);
    restart_open(runtime);
    if (!stuck_open(runtime, error) || !faults_open(runtime, error) || !eval_open(runtime, error) ||
        !edit_open(runtime, error) ||
        !generation_begin(now, faults_events(runtime), clock_now(), error) ||
        !program_keep(now->program, error) || !record_from_here(runtime, error) ||
        !remember_from_here(runtime, error))
        return false;
    keeps_populate(runtime->keeps, runtime->keeps);
    if (runtime->wants_spin && !(runtime->spin = spin_start(error)))
        return false;
    if (runtime->watches &&
        !(runtime->files = watch_files_open(runtime->loop, file_changed, runtime, error)))
        return false;
    runtime->socket = socket_open(runtime->loop, runtime->name, &host, error);
    if (!runtime->socket || !stuck_start_thread(runtime, error))
        return false;
    runtime->http.audit = runtime->audit;
    if (runtime->serves_pages)
        runtime->hmi = hmi_open(runtime->loop, &runtime->http, &host, error);
    return !runtime->serves_pages || runtime->hmi;
}

/* Signals are caught once there are outputs to make safe: a body that does not end is ended by
 * Ctrl-C as any program. */
bool start_all(struct runtime *runtime, struct error *error)
{
    runtime->locked = scan_lock_memory();
    signal(SIGPIPE, SIG_IGN);
    runtime->loop = loop_create(error);
    runtime->signals.hang_up = runtime->unattended ? read_again : NULL;
    runtime->signals.context = runtime;
    return runtime->loop && log_start(error) && keep_ready(runtime, error) &&
           load_first(runtime, error) && signals_catch(&runtime->signals, runtime->loop, error) &&
           listen_all(runtime, error) && connect_all(runtime, error);
}
