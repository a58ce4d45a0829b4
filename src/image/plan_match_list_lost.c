/* What goes although somebody relied on it: a person's force, and a value that would have survived
 * a restart. Told beside what happens to the variable itself, because neither comes back with it.
 */

#include "image/plan_match_inside.h"

#include <stdio.h>
#include "image/image.h"
#include "image/point_name.h"

static size_t count_lost_forces(const struct match_list *list, uint32_t point, size_t count)
{
    size_t lost = 0;
    for (uint32_t p = point; p < point + count; p++)
        lost += match_is_forced(list, p) && list->match->heirs[p] == MATCH_NONE;
    return lost;
}

/* What is beneath a force does not reach the device, not even a safe value. */
static const char *what_stays(const struct match_list *list, const struct variable *v)
{
    return plan_match_is_mirrored(list->match->from, v) && v->direction != DIRECTION_IN
               ? ", and the device keeps that until somebody writes there"
               : "";
}

static void list_force(const struct match_list *list, const struct variable *v)
{
    char value[DEFAULT_SHOWN];
    uint16_t words[VARIABLE_MAX_WORDS];
    size_t count = count_lost_forces(list, v->point, variable_elements(v));
    if (!count)
        return;
    if (v->count)
        match_say(list, DIFFERENCE_LOST, v->where,
                  "%zu element%s of %s %s forced; the force goes with %s%s", count,
                  count == 1 ? "" : "s", v->path, count == 1 ? "was" : "were",
                  count == 1 ? "it" : "them", what_stays(list, v));
    else if (match_words_of(list, v->point, words))
        match_say(list, DIFFERENCE_LOST, v->where, "%s was forced to %s; the force goes with it%s",
                  v->path, match_words_shown(v, words, v->mask, value), what_stays(list, v));
}

/* What is retained of a forced one is what lies beneath, which is not known here. */
static void list_retained(const struct match_list *list, const struct variable *v)
{
    char value[DEFAULT_SHOWN];
    uint16_t words[VARIABLE_MAX_WORDS];
    if (!v->retain || list->match->heirs[v->point] != MATCH_NONE)
        return;
    if (v->count || match_is_forced(list, v->point) || !match_words_of(list, v->point, words))
        match_say(list, DIFFERENCE_LOST, v->where, "%s was retained; what it held is lost",
                  v->path);
    else
        match_say(list, DIFFERENCE_LOST, v->where, "%s was retained; its value, %s, is lost",
                  v->path, match_words_shown(v, words, v->mask, value));
}

static void list_raw_forces(const struct match_list *list, const struct raw *raw)
{
    size_t count = count_lost_forces(list, raw->point, raw->count);
    if (count)
        match_say(list, DIFFERENCE_LOST, raw->where,
                  "%zu of raw %s %u..%u of %s %s forced; the force goes with %s", count,
                  table_name(raw->table), raw->address, raw->address + raw->count - 1,
                  list->match->from->memories[raw->memory].name, count == 1 ? "was" : "were",
                  count == 1 ? "it" : "them");
}

/* ---- places that two have now ---- */

static bool shared_before(const struct plan_match *match, uint32_t a, uint32_t b)
{
    const struct point *points = match->from->points;
    return plan_points_share(&points[match->points[a]], &points[match->points[b]]);
}

/* Whose value comes into a place later covers the other's: mostly an edited address. */
static void list_covered(const struct match_list *list, uint32_t number)
{
    const struct plan_match *match = list->match;
    const struct plan *to = match->to;
    const struct point *point = &to->points[number];
    for (size_t i = plan_first_point(to, point->cell); i < to->point_count; i++) {
        uint32_t other = to->by_cell[i];
        if (to->points[other].cell >= point->cell + point->words)
            break;
        if (other <= number || match->points[other] == MATCH_NONE ||
            to->points[other].variable < 0 || to->points[other].variable == point->variable ||
            !plan_points_share(point, &to->points[other]) || shared_before(match, number, other))
            continue;
        char name[POINT_NAME], covers[POINT_NAME];
        point_name(to, number, name);
        point_name(to, other, covers);
        match_say(list, DIFFERENCE_LOST, to->variables[point->variable]->where,
                  "%s and %s have registers in common now: of the value of %s only what %s leaves "
                  "stays",
                  name, covers, name, covers);
    }
}

void plan_match_list_covered(const struct match_list *list)
{
    const struct plan *to = list->match->to;
    for (uint32_t i = 0; i < to->point_count; i++)
        if (to->points[i].overlapped && to->points[i].variable >= 0 &&
            list->match->points[i] != MATCH_NONE)
            list_covered(list, i);
}

void plan_match_list_lost(const struct match_list *list)
{
    const struct plan *from = list->match->from;
    for (size_t i = 0; i < from->variable_count; i++) {
        list_force(list, from->variables[i]);
        list_retained(list, from->variables[i]);
    }
    for (size_t i = 0; i < from->raw_count; i++)
        list_raw_forces(list, &from->raws[i]);
}

bool match_is_forced(const struct match_list *list, uint32_t point)
{
    return list->marks && list->marks[point].forced;
}
