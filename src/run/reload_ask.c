/* Asking for a reload: the loader, and what becomes of its result. */

#include "run/reload_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "image/view.h"
#include "run/remarks.h"
#include "run/stuck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void compare(struct runtime *runtime)
{
    struct error error;
    struct plan_match *match =
        plan_match_create(runtime->current->plan, runtime->reload->next->plan, &error);
    char *text = match ? remarks_before(runtime->current->image, match, &error) : NULL;
    plan_match_destroy(match);
    if (!text) {
        reload_refuse(runtime, error.text);
        return;
    }
    reload_drop(runtime);
    reload_answer(runtime, HOST_OK, text);
    free(text);
    reload_if_again(runtime);
}

/* One that is abandoned goes on reading what it was given. */
bool reload_end_loader(struct reload *reload)
{
    bool abandoned = loader_end(reload->loader);
    if (abandoned) {
        generation_leave(reload->read);
    } else {
        keeps_destroy(reload->copy);
        generation_destroy(reload->gone);
        free(reload->path);
        free(reload->proven_text);
        free(reload->patch);
    }
    reload->loader = NULL;
    reload->copy = NULL;
    reload->path = NULL;
    reload->proven_text = NULL;
    reload->patch = NULL;
    reload->gone = NULL;
    return abandoned;
}

static void end_loader(struct runtime *runtime)
{
    if (reload_end_loader(runtime->reload))
        stuck_count(runtime);
}

/* The error is the loader's, which goes. */
static void loaded(void *context, struct generation *generation, const struct error *error)
{
    struct runtime *runtime = context;
    struct reload *reload = runtime->reload;
    struct error failure;
    if (!generation)
        failure = *error;
    end_loader(runtime);
    if (reload->state != RELOAD_LOADING) { /* it went back meanwhile */
        generation_destroy(generation);
        if (reload->state == RELOAD_NONE)
            reload_if_again(runtime);
        return;
    }
    reload->next = generation;
    if (!generation)
        reload_refuse(runtime, failure.text);
    else if (reload->why == RELOAD_COMPARE)
        compare(runtime);
    else if (!reload_swap(runtime, reload_can_go_back(runtime), &failure))
        reload_refuse(runtime, failure.text);
}

/* The keeps as some completed scan left them. */
static bool copy_keeps(struct runtime *runtime, struct error *error)
{
    struct view *view = view_create(runtime->current->image, error);
    runtime->reload->copy = view ? keeps_create(error) : NULL;
    if (runtime->reload->copy)
        view_latch_kept(view, runtime->reload->copy);
    view_destroy(view);
    return runtime->reload->copy != NULL;
}

static void start_loading(struct runtime *runtime, const struct program_options *options)
{
    struct reload *reload = runtime->reload;
    struct error error;
    loop_unset_timer(runtime->loop, &reload->timer);
    reload->state = RELOAD_LOADING;
    reload->read = runtime->current;
    if (!copy_keeps(runtime, &error)) {
        end_loader(runtime);
        reload_refuse(runtime, error.text);
        return;
    }
    const struct load_order order = {.options = *options,
                                     .trial = {.from = runtime->current->image,
                                               .running = runtime->current->scan,
                                               .restarts = reload->why == RELOAD_RESTART},
                                     .keeps = runtime->keeps,
                                     .copy = reload->copy,
                                     .audit = runtime->audit};
    reload->loader = loader_start(runtime->loop, &order, loaded, runtime, &error);
    if (reload->loader)
        return;
    end_loader(runtime);
    reload_refuse(runtime, error.text);
}

static bool is_busy(const struct runtime *runtime)
{
    return runtime->reload->loader || runtime->reload->state != RELOAD_NONE;
}

/* False: one is under way, or the end. */
static bool begin(struct runtime *runtime, enum reload_why why, const struct origin *origin,
                  struct host_answer *asker)
{
    struct reload *reload = runtime->reload;
    if (runtime->stopping || is_busy(runtime)) {
        if (asker)
            asker->done(asker, HOST_REFUSED,
                        runtime->stopping ? "the program is stopping"
                                          : "a reload is under way; ask again when it has ended");
        return false;
    }
    reload->falls_back = false;
    reload->why = why;
    reload->asker = asker;
    reload->origin = origin ? *origin : (struct origin){.peer = "msm"};
    return true;
}

static struct program_options options(const struct runtime *runtime, const char *path,
                                      const char *why)
{
    struct instant now = clock_now();
    struct scan *scan = runtime->current->scan;
    return (struct program_options){.path = path,
                                    .name = runtime->is_named ? runtime->name : NULL,
                                    .lua_root = runtime->lua_root,
                                    .simulated = runtime->simulates,
                                    .texts = runtime->texts,
                                    .alarm_events = runtime->alarm_events,
                                    .link_alarms = runtime->serves_pages,
                                    .now = now,
                                    .running =
                                        scan ? scan_between_steps(scan, now) : (struct cycle){0},
                                    .why = why};
}

void reload_ask(struct runtime *runtime, const struct origin *origin, struct host_answer *asker)
{
    if (!begin(runtime, RELOAD_ASKED, origin, asker))
        return;
    const struct program_options order = options(runtime, runtime->path, "reload");
    start_loading(runtime, &order);
}

/* One block, so that a loader that does not come back has all of it. */
static struct source *copy_source(const struct source *source)
{
    size_t path = strlen(source->path) + 1;
    struct source *copy = memory_zeroed(1, sizeof *copy + path + source->length + 1);
    char *at = (char *)(copy + 1);
    memcpy(at, source->path, path);
    memcpy(at + path, source->text, source->length);
    *copy = (struct source){at, at + path, source->length, source->file};
    return copy;
}

void reload_ask_patched(struct runtime *runtime, const struct source *patch, bool tries,
                        const struct origin *origin, struct host_answer *asker)
{
    if (!begin(runtime, tries ? RELOAD_COMPARE : RELOAD_ASKED, origin, asker))
        return;
    struct program_options order = options(runtime, runtime->path, "reload");
    order.patch = runtime->reload->patch = copy_source(patch);
    start_loading(runtime, &order);
}

void reload_again(struct runtime *runtime)
{
    if (is_busy(runtime))
        runtime->reload->again = true;
    else
        reload_ask(runtime, NULL, NULL);
}

void reload_if_again(struct runtime *runtime)
{
    if (!runtime->reload->again)
        return;
    runtime->reload->again = false;
    reload_again(runtime);
}

void reload_compare(struct runtime *runtime, const char *path, struct host_answer *asker)
{
    if (!begin(runtime, RELOAD_COMPARE, NULL, asker))
        return;
    if (path) /* who asks does not keep it for as long as a loader may read it */
        path = runtime->reload->path = memory_string(path);
    const struct program_options order = options(runtime, path ? path : runtime->path, "reload");
    start_loading(runtime, &order);
}

/* Its own text, not the file's: that may be half way to something else. */
bool reload_restart(struct runtime *runtime)
{
    if (!begin(runtime, RELOAD_RESTART, NULL, NULL))
        return false;
    struct program_options order = options(runtime, runtime->path, "restart");
    order.source_count = program_sources(runtime->current->program, &order.sources);
    start_loading(runtime, &order);
    return true;
}

bool reload_fall_back(struct runtime *runtime, const char *reason)
{
    struct program_options order = options(runtime, runtime->path, "restart");
    struct source *proven = store_proven(runtime->store, &order.source_count);
    if (!proven || !begin(runtime, RELOAD_RESTART, NULL, NULL)) {
        free(proven);
        return false;
    }
    order.sources = runtime->reload->proven_text = proven;
    log_line("%s: %s", runtime->path, reason);
    snprintf(runtime->fallback_why, sizeof runtime->fallback_why, "%s", runtime->last_fault);
    runtime->reload->falls_back = true;
    start_loading(runtime, &order);
    return true;
}

void reload_watch(struct runtime *runtime)
{
    const struct source *sources;
    size_t count = program_sources(runtime->current->program, &sources);
    if (runtime->files)
        watch_files_set(runtime->files, sources, count);
}
