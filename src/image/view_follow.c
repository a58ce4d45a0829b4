/* Variables that follow others (`from`): each scan they take over value and quality as latched.
 * Where nothing changed nothing is assigned, and where no page of either side has come since
 * nothing is looked at. Quality goes straight into the view's marks, so that what follows a
 * follower sees it in the same scan, and into the image with the next publication.
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

static size_t page_of_mark(const struct view *view, uint32_t number)
{
    return view->image->cell_pages + number / MARKS_IN_PAGE;
}

/* For those who follow this follower. */
static void stamp_cells(struct view *view, const struct point *point)
{
    size_t last = (point->cell + point->words - 1) / CELLS_IN_PAGE;
    for (size_t page = point->cell / CELLS_IN_PAGE; page <= last; page++)
        view->stamps[page] = view->latches;
}

static bool any_came(const struct view *view, size_t page, size_t last)
{
    for (; page <= last; page++) {
        if (view->stamps[page] > view->followed_at)
            return true;
    }
    return false;
}

/* Whether value or quality of these points may be others than when they were last followed. */
static bool is_fresh(const struct view *view, uint32_t first, uint32_t count)
{
    const struct point *a = &view->image->plan->points[first], *b = a + count - 1;
    return any_came(view, a->cell / CELLS_IN_PAGE, (b->cell + b->words - 1) / CELLS_IN_PAGE) ||
           any_came(view, page_of_mark(view, first), page_of_mark(view, first + count - 1));
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
    if (!changed)
        return;
    view_assign(view, number);
    stamp_cells(view, point);
}

static void put_quality(struct view *view, uint32_t number, uint8_t quality)
{
    if (view->marks[number].quality == quality)
        return;
    view->marks[number].quality = quality;
    chain_append(&view->told, view->tells, number);
    view->stamps[page_of_mark(view, number)] = view->latches;
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
        put_quality(view, step->to, quality);
}

static void follow_variable(struct view *view, const struct follower *follower)
{
    const struct plan *plan = view->image->plan;
    const struct variable *source = plan->variables[follower->source];
    const struct variable *target = plan->variables[follower->target];
    uint32_t count = variable_elements(target);
    if (!is_fresh(view, source->point, count) && !is_fresh(view, target->point, count))
        return;
    for (uint32_t k = 0; k < count; k++)
        follow(view, &(struct step){source, target, source->point + k, target->point + k,
                                    target->count ? k + 1 : 0});
}

void view_follow(struct view *view)
{
    const struct plan *plan = view->image->plan;
    bool fault = image_in_fault(view->image);
    if (fault != view->followed_fault)
        view->followed_at = 0; /* safe values are held, or no longer */
    for (size_t i = 0; i < plan->follower_count; i++)
        follow_variable(view, &plan->followers[i]);
    view->followed_at = view->latches;
    view->followed_fault = fault;
    view->followed = true;
}

/* After a revert they wait for what is followed next. */
void view_publish_followers(struct view *view)
{
    if (!view->followed)
        return;
    for (uint32_t at = view->told.first; at != CHAIN_END; at = view->tells[at - 1].next)
        image_set_quality(view->image, at - 1, view->marks[at - 1].quality);
    chain_clear(&view->told, view->tells);
}
