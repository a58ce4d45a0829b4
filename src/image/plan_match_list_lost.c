/* What goes although somebody relied on it: a person's force, and a value that would have survived
 * a restart. Told beside what happens to the variable itself, because neither comes back with it.
 */

#include "image/plan_match_inside.h"

#include <stdio.h>
#include "image/image.h"

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
