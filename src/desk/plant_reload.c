/* A program takes the place of another one by the steps of run/swap.c, without threads to hold: new
 * text, trial on a copy, the scan goes on. A restart keeps what a state file would. */

#include "desk/plant_inside.h"

#include "control/script.h"
#include "image/adopt.h"
#include "image/image_restore.h"
#include "image/mailbox.h"
#include "run/trial.h"

#include <stdlib.h>
#include <string.h>

/* What is made before anything changes. */
struct takeover {
    struct keeps *copy; /* that the body looks at */
    struct generation *next;
    struct plan_match *match;
    struct wire *wire;
    struct view *hand;
};

static void release(struct takeover *takeover)
{
    view_destroy(takeover->hand);
    wire_destroy(takeover->wire);
    plan_match_destroy(takeover->match);
    generation_destroy(takeover->next);
    keeps_destroy(takeover->copy);
}

static struct program_options options_of(struct plant *plant, const char *path, const char *why,
                                         const struct keeps *copy)
{
    return (struct program_options){.path = path,
                                    .lua_root = plant->lua_root,
                                    .quiet = plant->quiet,
                                    .now = plant->now,
                                    .why = why,
                                    .keeps = copy,
                                    .watchdog = plant->watchdog,
                                    .stuck = script_give_up};
}

/* From here on `next` is what runs; what ran before goes. */
static void take_over(struct plant *plant, struct takeover *takeover)
{
    struct takeover before = {.next = plant->current, .wire = plant->wire, .hand = plant->hand};
    plant->current = takeover->next;
    plant->wire = takeover->wire;
    plant->hand = takeover->hand;
    takeover->next = NULL;
    takeover->wire = NULL;
    takeover->hand = NULL;
    plant->fault = (struct error){0};
    plant->fault_said = false;
    release(&before);
}

/* ---- a reload ---- */

static bool try_it(struct plant *plant, struct program_options options, struct error *error)
{
    const struct trial_order order = {.from = plant->current->image,
                                      .running = plant->current->scan,
                                      .now = &plant->now,
                                      .stuck = script_give_up};
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

static bool load_beside(struct plant *plant, struct takeover *takeover, const char *path,
                        struct error *error)
{
    takeover->copy = keeps_create(error);
    if (!takeover->copy)
        return false;
    keeps_read(plant->keeps, takeover->copy);
    struct program_options options = options_of(plant, path, "reload", takeover->copy);
    options.running = scan_between_steps(plant->current->scan, plant->now);
    if (!try_it(plant, options, error))
        return false;
    takeover->next = generation_load(&options, plant->keeps, NULL, NULL, NULL, error);
    return takeover->next != NULL;
}

static bool go_on(struct plant *plant, struct takeover *takeover, struct error *error)
{
    struct generation *before = plant->current, *next = takeover->next;
    int64_t now = plant->now.monotonic;
    takeover->match = plan_match_create(before->plan, next->plan, error);
    if (!takeover->match || !plant_begin(plant, next, error) ||
        !image_adopt(next->image, before->image, takeover->match, now, NULL, NULL, error))
        return false;
    takeover->wire = wire_create(next->image, now, error);
    takeover->hand = takeover->wire ? view_create(next->image, error) : NULL;
    if (!takeover->hand)
        return false;
    wire_inherit(takeover->wire, plant->wire, takeover->match, now);
    mailbox_end(before->image, "another program took over before this was answered");
    scan_continue(next->scan, before->scan, takeover->match, now);
    return true;
}

static const struct keep_spec *find_keep(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (strcmp(plan->keeps[i].name, name) == 0)
            return &plan->keeps[i];
    return NULL;
}

/* A reload counts as proven at once, so what its program does not keep is not kept. */
static void drop_keeps(struct plant *plant)
{
    const char *name;
    uint32_t at = 0;
    while (keeps_next_name(plant->keeps, &at, &name))
        if (!find_keep(plant->current->plan, name))
            keeps_drop(plant->keeps, name);
    image_commit_keeps(plant->current->image);
}

static void take_path(struct plant *plant, const char *path)
{
    char *copy = strdup(path ? path : plant->path);
    free(plant->path);
    plant->path = copy;
}

bool plant_reload(struct plant *plant, const char *path, struct error *error)
{
    struct takeover takeover = {0};
    bool ok = load_beside(plant, &takeover, path ? path : plant->path, error) &&
              go_on(plant, &takeover, error);
    if (ok) {
        take_over(plant, &takeover);
        drop_keeps(plant);
        take_path(plant, path);
    }
    release(&takeover);
    return ok;
}

/* ---- a restart ---- */

static bool is_retained(const struct plan *plan, uint32_t point)
{
    int32_t variable = plan->points[point].variable;
    return variable >= 0 && plan->variables[variable]->retain;
}

static void restore_point(struct image *image, struct image *from, const struct plan_match *match,
                          uint32_t point, int64_t now)
{
    const struct plan *plan = image_plan(image);
    uint16_t words[VARIABLE_MAX_WORDS];
    uint32_t former = match->points[point];
    image_retain(from, &former, 1, words, NULL, NULL);
    plan_match_convert(match, point, words);
    if (variable_accepts(plan->variables[plan->points[point].variable], words,
                         plan->points[point].mask))
        image_restore(image, point, words, now);
}

static void restore_all(void *context, struct image *image)
{
    struct plant *plant = context;
    struct image *from = plant->current->image;
    struct error error;
    struct plan_match *match = plan_match_create(image_plan(from), image_plan(image), &error);
    for (uint32_t i = 0; match && i < match->to->point_count; i++)
        if (match->points[i] != MATCH_NONE && is_retained(match->to, i) &&
            is_retained(match->from, match->points[i]))
            restore_point(image, from, match, i, plant->now.monotonic);
    plan_match_destroy(match);
}

static bool keep_is_retained(const struct plan *plan, const char *name)
{
    const struct keep_spec *keep = find_keep(plan, name);
    return keep && keep->retain;
}

/* Those that a state file would hold. */
static struct keeps *retained_keeps(const struct plant *plant, struct error *error)
{
    struct keeps *keeps = keeps_create(error);
    const char *name;
    uint32_t at = 0;
    if (!keeps)
        return NULL;
    keeps_read(plant->keeps, keeps);
    while (keeps_next_name(keeps, &at, &name))
        if (!keep_is_retained(plant->current->plan, name))
            keeps_drop(keeps, name);
    keeps_commit(keeps);
    return keeps;
}

static bool load_anew(struct plant *plant, struct takeover *takeover, struct keeps *retained,
                      struct error *error)
{
    takeover->copy = keeps_create(error);
    if (!takeover->copy)
        return false;
    keeps_read(retained, takeover->copy);
    const struct program_options options = options_of(plant, plant->path, "cold", takeover->copy);
    takeover->next = generation_load(&options, retained, NULL, restore_all, plant, error);
    return takeover->next && plant_begin(plant, takeover->next, error);
}

/* Devices live on; what the client knew of them is lost with the process. */
static bool connect_anew(struct plant *plant, struct takeover *takeover, struct error *error)
{
    struct generation *before = plant->current, *next = takeover->next;
    takeover->match = plan_match_create(before->plan, next->plan, error);
    takeover->wire = wire_create(next->image, plant->now.monotonic, error);
    takeover->hand = takeover->wire ? view_create(next->image, error) : NULL;
    if (!takeover->match || !takeover->hand)
        return false;
    wire_keep_devices(takeover->wire, plant->wire, takeover->match, plant->now.monotonic);
    return true;
}

bool plant_restart(struct plant *plant, bool crash, struct error *error)
{
    struct takeover takeover = {0};
    if (!crash && !plant_stop(plant, error))
        return false;
    struct keeps *retained = retained_keeps(plant, error);
    bool ok = retained && load_anew(plant, &takeover, retained, error) &&
              connect_anew(plant, &takeover, error);
    if (ok) {
        struct keeps *former = plant->keeps;
        take_over(plant, &takeover);
        plant->keeps = retained;
        retained = former;
    }
    release(&takeover);
    keeps_destroy(retained);
    return ok;
}
