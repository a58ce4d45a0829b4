/* Variables that follow others (`from`): each scan they take over value and quality as latched.
 * Where nothing changed nothing is assigned. Quality goes straight into the view's marks, so that
 * what follows a follower sees it in the same scan, and into the image with the next publication.
 *
 * One that is itself mirrored by a client follows with its value only: its quality says how its own
 * link is. */

#include "image/view_inside.h"

/* One element that follows another. */
struct step {
    const struct variable *source, *target;
    uint32_t from, to; /* points */
    size_t index;      /* 1-based for messages, 0 for a plain variable */
};

static bool is_same_form(const struct variable *a, const struct variable *b)
{
    return a->type == b->type && a->order == b->order && a->length == b->length &&
           a->has_scale == b->has_scale && a->scale == b->scale && a->offset == b->offset;
}

/* The source's value in the target's words. */
static bool convert(const struct view *view, const struct step *step, uint16_t *words)
{
    const struct point *from = &view->image->plan->points[step->from];
    const struct point *to = &view->image->plan->points[step->to];
    const uint16_t *given = view->work + from->cell;
    if (is_same_form(step->source, step->target)) {
        for (uint16_t k = 0; k < to->words; k++)
            words[k] = to->words == 1 ? variable_move(given[0], from->mask, to->mask) : given[k];
        if (variable_accepts(step->target, words, to->mask))
            return true;
    }
    char text[VARIABLE_MAX_LENGTH];
    struct error ignored; /* quality says it */
    struct value value = variable_get(step->source, given, from->mask, text);
    return variable_set(step->target, step->index, &value, words, to->mask, &ignored);
}

static void put(struct view *view, uint32_t number, const uint16_t *words)
{
    const struct point *point = &view->image->plan->points[number];
    uint16_t *work = view->work + point->cell;
    uint16_t changed = 0;
    for (uint16_t k = 0; k < point->words; k++) {
        uint16_t other = (work[k] ^ words[k]) & point->mask;
        work[k] ^= other;
        changed |= other;
    }
    if (changed)
        view_assign(view, number);
}

/* A fault's safe value is not undone by what is followed. */
static bool is_held_safe(const struct view *view, const struct variable *target)
{
    return target->has_safe && image_in_fault(view->image);
}

static void follow(struct view *view, const struct step *step)
{
    uint8_t quality = view->marks[step->from].quality;
    uint16_t words[VARIABLE_MAX_WORDS];
    if (quality != QUALITY_NEVER && !is_held_safe(view, step->target)) {
        if (convert(view, step, words))
            put(view, step->to, words);
        else if (quality == QUALITY_GOOD)
            quality = QUALITY_RANGE;
    }
    if (!image_is_mirrored(&view->image->plan->points[step->to]))
        view->marks[step->to].quality = quality;
}

void view_follow(struct view *view)
{
    const struct plan *plan = view->image->plan;
    for (size_t i = 0; i < plan->follower_count; i++) {
        const struct variable *source = plan->variables[plan->followers[i].source];
        const struct variable *target = plan->variables[plan->followers[i].target];
        for (uint32_t k = 0; k < variable_elements(target); k++)
            follow(view, &(struct step){source, target, source->point + k, target->point + k,
                                        target->count ? k + 1 : 0});
    }
    view->followed = true;
}

void view_publish_followers(struct view *view)
{
    const struct plan *plan = view->image->plan;
    for (size_t i = 0; i < plan->follower_count && view->followed; i++) {
        const struct variable *target = plan->variables[plan->followers[i].target];
        for (uint32_t k = 0; k < variable_elements(target); k++) {
            uint32_t number = target->point + k;
            if (!image_is_mirrored(&plan->points[number]))
                image_set_quality(view->image, number, view->marks[number].quality);
        }
    }
}
