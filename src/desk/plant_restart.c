/* The process ends and begins anew: what a state file would hold is carried over, nothing else. */

#include "desk/plant_inside.h"

#include "image/image_restore.h"
#include "image/plan_match.h"

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
    const struct keep_spec *keep = plant_find_keep(plan, name);
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
    struct program_options options = takeover_options(plant, plant->path, "cold");
    options.keeps = takeover->copy = keeps_create(error);
    if (!takeover->copy)
        return false;
    keeps_read(retained, takeover->copy);
    takeover->next = generation_load(&options, retained, NULL, restore_all, plant, error);
    return takeover->next && plant_begin(plant, takeover->next, error);
}

/* Devices live on; what the client knew of them is lost with the process. */
static bool connect_anew(struct plant *plant, struct takeover *takeover, struct error *error)
{
    takeover->match = plan_match_create(plant->current->plan, takeover->next->plan, error);
    if (!takeover->match || !takeover_connect(plant, takeover, error))
        return false;
    wire_keep_devices(takeover->wire, plant->wire, takeover->match, plant->now.monotonic);
    return true;
}

bool plant_restart(struct plant *plant, bool crash, struct error *error)
{
    struct takeover takeover = {0};
    if (!crash && !plant_stop(plant, error))
        return false;
    plant_settle(plant);
    struct keeps *retained = retained_keeps(plant, error);
    bool ok = retained && load_anew(plant, &takeover, retained, error) &&
              connect_anew(plant, &takeover, error);
    if (ok) {
        struct keeps *former = plant->keeps;
        generation_destroy(takeover_finish(plant, &takeover));
        plant->keeps = retained;
        retained = former;
    }
    takeover_release(&takeover);
    keeps_destroy(retained);
    return ok;
}
