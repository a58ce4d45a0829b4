/* A program takes the place of another one by the steps of run/reload.c and run/swap.c, without
 * threads to hold: text, trial on a copy, outputs that go made safe, the scan goes on. So does the
 * same text after a fault, and the former one on the way back. A restart of the process, which
 * keeps what a state file would, is in plant_restart.c. */

#include "desk/plant_inside.h"

#include "base/log.h"
#include "image/adopt.h"
#include "image/mailbox.h"
#include "run/restart_wait.h"
#include "run/retire.h"
#include "run/trial.h"

#include <stdlib.h>
#include <string.h>

void takeover_release(struct takeover *takeover)
{
    view_destroy(takeover->hand);
    wire_destroy(takeover->wire);
    plan_match_destroy(takeover->match);
    generation_destroy(takeover->next);
    keeps_destroy(takeover->copy);
}

struct program_options takeover_options(struct plant *plant, const char *path, const char *why)
{
    return (struct program_options){.path = path,
                                    .lua_root = plant->lua_root,
                                    .quiet = plant->quiet,
                                    .now = plant->now,
                                    .why = why,
                                    .watchdog = plant->watchdog,
                                    .stuck = plant->stuck};
}

bool takeover_connect(struct plant *plant, struct takeover *takeover, struct error *error)
{
    struct image *image = takeover->next->image;
    takeover->wire = wire_create(image, plant->now.monotonic, error);
    takeover->hand = takeover->wire ? view_create(image, error) : NULL;
    return takeover->hand != NULL;
}

struct generation *takeover_finish(struct plant *plant, struct takeover *takeover)
{
    struct generation *before = plant->current;
    struct takeover gone = {.wire = plant->wire, .hand = plant->hand};
    plant->current = takeover->next;
    plant->wire = takeover->wire;
    plant->hand = takeover->hand;
    takeover->next = NULL;
    takeover->wire = NULL;
    takeover->hand = NULL;
    plant->fault = (struct error){0};
    plant->fault_said = false;
    plant->restart_at = INT64_MAX;
    plant->restart_wait = 0;
    takeover_release(&gone);
    return before;
}

/* ---- the text ---- */

static bool try_it(struct plant *plant, struct program_options options, bool restarts,
                   struct error *error)
{
    const struct trial_order order = {.from = plant->current->image,
                                      .running = plant->current->scan,
                                      .now = &plant->now,
                                      .restarts = restarts,
                                      .stuck = plant->stuck};
    struct keeps *keeps = keeps_create(error);
    if (!keeps)
        return false;
    keeps_read(options.keeps, keeps);
    options.quiet = true;
    struct generation *copy = generation_load(&options, keeps, NULL, NULL, NULL, error);
    bool ok = copy && trial_run(copy, &order, plant->watchdog, error);
    generation_destroy(copy);
    keeps_destroy(keeps);
    return ok;
}

static bool load_beside(struct plant *plant, struct takeover *takeover,
                        struct program_options options, bool restarts, struct error *error)
{
    takeover->copy = keeps_create(error);
    if (!takeover->copy)
        return false;
    keeps_read(plant->keeps, takeover->copy);
    options.keeps = takeover->copy;
    options.running = scan_between_steps(plant->current->scan, plant->now);
    if (!try_it(plant, options, restarts, error))
        return false;
    takeover->next = generation_load(&options, plant->keeps, NULL, NULL, NULL, error);
    return takeover->next != NULL;
}

/* ---- the exchange ---- */

/* While devices that answer take the safe values the program runs, as long as it may take. */
static bool wait_until_safe(struct plant *plant, const struct retire *retire, struct error *error)
{
    int64_t until = plant->now.monotonic + plant->current->plan->settings.stop_timeout;
    plant_run_devices(plant, plant->now.monotonic);
    while (!retire_is_over(retire)) {
        int64_t scan = plant_is_over(plant) ? INT64_MAX : plant_due(plant);
        int64_t wire = wire_due(plant->wire);
        if ((scan < wire ? scan : wire) > until)
            break;
        if (wire < scan)
            plant_run_devices(plant, wire);
        else if (!plant_next(plant, error))
            return false;
    }
    return true;
}

/* For the way back; from a fault there is none. */
static void remember(const struct generation *before)
{
    if (scan_state(before->scan) != SCAN_FAULT)
        program_remember(before->program);
}

static bool change_over(struct plant *plant, struct takeover *takeover, struct error *error)
{
    struct generation *before = plant->current, *next = takeover->next;
    int64_t now = plant->now.monotonic;
    remember(before);
    if (!plant_begin(plant, next, error) ||
        !image_adopt(next->image, before->image, takeover->match, now, NULL, NULL, error) ||
        !takeover_connect(plant, takeover, error))
        return false;
    wire_inherit(takeover->wire, plant->wire, takeover->match, now);
    mailbox_end(before->image, "another program took over before this was answered");
    scan_continue(next->scan, before->scan, takeover->match, now);
    return true;
}

static bool go_on(struct plant *plant, struct takeover *takeover, struct error *error)
{
    struct retire retire = {0};
    struct generation *before = plant->current;
    int64_t restart_at = plant->restart_at;
    takeover->match = plan_match_create(before->plan, takeover->next->plan, error);
    if (!takeover->match)
        return false;
    plant->restart_at = INT64_MAX; /* one thing at a time */
    retire_prepare(&retire, before->image, takeover->match);
    retire_begin(&retire, plant->now.monotonic);
    bool ok = wait_until_safe(plant, &retire, error) && change_over(plant, takeover, error);
    retire_end(&retire, plant->now.monotonic);
    retire_finish(&retire);
    if (plant->restart_at == INT64_MAX) /* else it has faulted meanwhile */
        plant->restart_at = restart_at;
    return ok;
}

const struct keep_spec *plant_find_keep(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (strcmp(plan->keeps[i].name, name) == 0)
            return &plan->keeps[i];
    return NULL;
}

void plant_settle(struct plant *plant)
{
    const char *name;
    uint32_t at = 0;
    generation_destroy(plant->former);
    plant->former = NULL;
    while (keeps_next_name(plant->keeps, &at, &name))
        if (!plant_find_keep(plant->current->plan, name))
            keeps_drop(plant->keeps, name);
    image_commit_keeps(plant->current->image);
}

static bool exchange(struct plant *plant, const struct program_options *options, bool restarts,
                     struct error *error)
{
    struct takeover takeover = {0};
    plant_settle(plant);
    bool ok =
        load_beside(plant, &takeover, *options, restarts, error) && go_on(plant, &takeover, error);
    if (ok) {
        plant->former = takeover_finish(plant, &takeover);
        if (!plant->remembers)
            plant_settle(plant);
    }
    takeover_release(&takeover);
    return ok;
}

/* ---- its occasions ---- */

static void take_path(struct plant *plant, const char *path)
{
    char *copy = memory_string(path ? path : plant->path);
    free(plant->path);
    plant->path = copy;
}

bool plant_reload(struct plant *plant, const char *path, struct error *error)
{
    const struct program_options options =
        takeover_options(plant, path ? path : plant->path, "reload");
    if (!exchange(plant, &options, false, error))
        return false;
    take_path(plant, path);
    return true;
}

bool plant_back(struct plant *plant, struct error *error)
{
    struct takeover takeover = {.next = plant->former};
    if (!plant->former)
        return error_set(error, "%s: nothing ran before it that could come back", plant->path);
    plant->former = NULL;
    bool ok = go_on(plant, &takeover, error);
    if (ok)
        generation_destroy(takeover_finish(plant, &takeover));
    else
        plant->former = takeover.next;
    takeover.next = NULL;
    takeover_release(&takeover);
    return ok;
}

/* As run/restart.c, and its words. */
static void try_again_later(struct plant *plant, const struct error *error)
{
    const struct settings *settings = &plant->current->plan->settings;
    plant->restart_wait = restart_wait(settings, plant->restart_wait);
    plant->restart_at = plant->now.monotonic + plant->restart_wait;
    if (plant->quiet)
        return;
    log_text(error->text, strlen(error->text));
    log_line("%s: it cannot be started again yet", plant->path);
}

/* Its own text, not the file's: that may be half way to something else. */
void plant_revive(struct plant *plant)
{
    struct program_options options = takeover_options(plant, plant->path, "restart");
    struct error error;
    options.source_count = program_sources(plant->current->program, &options.sources);
    if (exchange(plant, &options, true, &error))
        plant->restarts++;
    else
        try_again_later(plant, &error);
}
