/* Differences of a variable whose value stays: what its raw value means, what may be written into
 * it and by whom, what becomes of it at a fault and a restart. Each is told as others notice it. */

#include "image/plan_match_inside.h"

#include <stdio.h>
#include <string.h>

enum { RANGE_SHOWN = 2 * DEFAULT_SHOWN + 16 };

static const char *value_shown(const struct variable *v, const struct value *value,
                               char text[DEFAULT_SHOWN])
{
    return variable_format(v, value, text, DEFAULT_SHOWN);
}

const char *match_words_shown(const struct variable *v, const uint16_t *words, uint16_t mask,
                              char text[DEFAULT_SHOWN])
{
    char bytes[VARIABLE_MAX_LENGTH];
    struct value value = variable_get(v, words, mask, bytes);
    return value_shown(v, &value, text);
}

bool match_words_of(const struct match_list *list, uint32_t point, uint16_t *words)
{
    if (!list->cells || point == MATCH_NONE)
        return false;
    const struct point *from = &list->match->from->points[point];
    memcpy(words, list->cells + from->cell, from->words * sizeof *words);
    return true;
}

/* ---- scale ---- */

static double scale_of(const struct variable *v)
{
    return v->has_scale ? v->scale : 1;
}

static double offset_of(const struct variable *v)
{
    return v->has_scale ? v->offset : 0;
}

/* " reads 4 V instead of 40 V", or nothing where that is not known. */
static void describe_reading(const struct match_list *list, const struct variable *from,
                             const struct variable *to, char *text, size_t size)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    char was[DEFAULT_SHOWN], is[DEFAULT_SHOWN];
    *text = '\0';
    if (to->count || !match_words_of(list, from->point, words))
        return;
    match_words_shown(from, words, from->mask, was);
    plan_match_convert(list->match, to->point, words);
    match_words_shown(to, words, to->mask, is);
    if (strcmp(was, is) != 0)
        snprintf(text, size, " reads %s instead of %s", is, was);
}

static void say_scale(const struct match_list *list, const struct variable *from,
                      const struct variable *to)
{
    char reading[2 * DEFAULT_SHOWN + 32], scale[64] = "", offset[64] = "";
    bool scales = scale_of(from) != scale_of(to), shifts = offset_of(from) != offset_of(to);
    if (!scales && !shifts)
        return;
    describe_reading(list, from, to, reading, sizeof reading);
    if (scales)
        snprintf(scale, sizeof scale, "scale %g instead of %g", scale_of(to), scale_of(from));
    if (shifts)
        snprintf(offset, sizeof offset, "offset %g instead of %g", offset_of(to), offset_of(from));
    match_say(list, DIFFERENCE_SCALE, to->where, "%s%s: %s%s%s; its raw value stays", to->path,
              reading, scale, scales && shifts ? ", " : "", offset);
}

/* ---- limits ---- */

/* "0..50 %", "at most 50 %", "any value". */
static const char *range_shown(const struct variable *v, char text[RANGE_SHOWN])
{
    char low[DEFAULT_SHOWN], high[DEFAULT_SHOWN];
    struct variable plain = *v;
    plain.unit = NULL;
    if (v->has_max)
        value_shown(v, &v->max, high);
    if (v->has_min)
        value_shown(v->has_max ? &plain : v, &v->min, low);
    if (v->has_min && v->has_max)
        snprintf(text, RANGE_SHOWN, "%s..%s", low, high);
    else if (v->has_min || v->has_max)
        snprintf(text, RANGE_SHOWN, "at %s %s", v->has_min ? "least" : "most",
                 v->has_min ? low : high);
    else
        strcpy(text, "any value");
    return text;
}

const char *value_refused(const struct plan *plan, uint32_t point, const uint16_t *words,
                          char text[DIFFERENCE_TEXT])
{
    const struct variable *v = plan->variables[plan->points[point].variable];
    char element[16] = "", why[DEFAULT_SHOWN + RANGE_SHOWN + 32] = "";
    char value[DEFAULT_SHOWN], range[RANGE_SHOWN], is[DEFAULT_SHOWN];
    bool limited = v->has_min || v->has_max;
    if (v->count)
        snprintf(element, sizeof element, "[%u]", point - v->point + 1);
    if (words)
        snprintf(why, sizeof why, ": it is %s%s%s",
                 match_words_shown(v, words, plan->points[point].mask, value),
                 limited ? " and takes " : "", limited ? range_shown(v, range) : "");
    snprintf(text, DIFFERENCE_TEXT,
             "%s%s: its value is outside the new limits%s; it starts with its default, %s", v->path,
             element, why, default_shown(v, is));
    return text;
}

/* What a device has is not refused. Of an array the first one stands for all. */
static bool say_refused(const struct match_list *list, const struct variable *to)
{
    const struct plan_match *match = list->match;
    uint16_t words[VARIABLE_MAX_WORDS];
    char text[DIFFERENCE_TEXT];
    if (plan_match_is_mirrored(match->to, to))
        return false;
    for (uint32_t point = to->point; point < to->point + variable_elements(to); point++) {
        if (!match_words_of(list, match->points[point], words))
            continue;
        plan_match_convert(match, point, words);
        if (variable_accepts(to, words, match->to->points[point].mask))
            continue;
        match_say(list, DIFFERENCE_REFUSED, to->where, "%s",
                  value_refused(match->to, point, words, text));
        return true;
    }
    return false;
}

static void say_limits(const struct match_list *list, const struct variable *from,
                       const struct variable *to)
{
    struct variable plain = *from;
    char was[RANGE_SHOWN], is[RANGE_SHOWN];
    plain.unit = to->unit;
    if (!say_refused(list, to) && strcmp(range_shown(&plain, was), range_shown(to, is)) != 0)
        match_say(list, DIFFERENCE_CHANGED, to->where, "%s takes %s instead of %s", to->path, is,
                  was);
}

/* ---- who writes ---- */

static const char *direction_name(enum direction direction)
{
    static const char *const names[] = {[DIRECTION_DEFAULT] = "",
                                        [DIRECTION_IN] = "in",
                                        [DIRECTION_OUT] = "out",
                                        [DIRECTION_INOUT] = "inout"};
    return names[direction];
}

static bool masters_write(const struct plan *plan, const struct variable *v)
{
    return v->table != TABLE_VAR && plan->writable[v->cell] & v->mask;
}

static void say_direction(const struct match_list *list, const struct variable *from,
                          const struct variable *to)
{
    bool could = masters_write(list->match->from, from), can = masters_write(list->match->to, to);
    const char *masters = could == can ? ""
                          : can        ? ": masters may write it now"
                                       : ": masters may not write it any more";
    if (from->direction != to->direction)
        match_say(list, DIFFERENCE_CHANGED, to->where, "%s becomes \"%s\" (it is \"%s\")%s",
                  to->path, direction_name(to->direction), direction_name(from->direction),
                  masters);
    else if (could != can && plan_match_same_place(from, to))
        match_say(list, DIFFERENCE_CHANGED, to->where, "%s%s", to->path, masters);
}

/* ---- at a fault, at a restart, for people ---- */

static void say_safe(const struct match_list *list, const struct variable *from,
                     const struct variable *to)
{
    char was[DEFAULT_SHOWN] = "", is[DEFAULT_SHOWN] = "";
    struct variable plain = *from;
    plain.unit = to->unit;
    if (from->has_safe)
        value_shown(&plain, &from->safe, was);
    if (to->has_safe)
        value_shown(to, &to->safe, is);
    if (!from->has_safe && to->has_safe)
        match_say(list, DIFFERENCE_CHANGED, to->where, "%s has a safe value now, %s", to->path, is);
    else if (from->has_safe && !to->has_safe)
        match_say(list, DIFFERENCE_CHANGED, to->where,
                  "%s has no safe value any more (it is %s): it stays as it is at a fault and a "
                  "stop",
                  to->path, was);
    else if (strcmp(was, is) != 0)
        match_say(list, DIFFERENCE_CHANGED, to->where, "the safe value of %s changes from %s to %s",
                  to->path, was, is);
}

static void say_retain(const struct match_list *list, const struct variable *from,
                       const struct variable *to)
{
    if (from->retain != to->retain)
        match_say(list, DIFFERENCE_CHANGED, to->where, "%s is %s", to->path,
                  to->retain ? "retained now: its value survives a restart"
                             : "not retained any more: a restart begins with its default");
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

static void say_unit(const struct match_list *list, const struct variable *from,
                     const struct variable *to)
{
    const char *was = text_or(from->unit, "none"), *is = text_or(to->unit, "none");
    if (strcmp(was, is) != 0)
        match_say(list, DIFFERENCE_CHANGED, to->where, "the unit of %s changes from %s to %s",
                  to->path, was, is);
}

/* ---- the rest, by the names of the options ---- */

static bool same_words(const uint16_t *a, const uint16_t *b, uint16_t count)
{
    return !a == !b && (!a || memcmp(a, b, count * sizeof *a) == 0);
}

static void add_people(char words[WORDS_MAX], const struct people *from, const struct people *to)
{
    for (int level = 0; level < LEVEL_COUNT; level++)
        match_add_word(words,
                       from->has[level] != to->has[level] || from->limit[level] != to->limit[level],
                       people_level_name((enum alarm_level)level));
    match_add_word(words, from->deadband != to->deadband, "deadband");
    match_add_word(words, from->on_delay != to->on_delay, "on_delay");
    match_add_word(words, from->off_delay != to->off_delay, "off_delay");
    match_add_word(words, from->priority != to->priority, "priority");
    match_add_word(words, from->hmi != to->hmi, "hmi");
    match_add_word(words, from->confirm != to->confirm, "confirm");
    match_add_word(words, from->unrecorded != to->unrecorded || from->history != to->history,
                   "history");
}

static void say_options(const struct match_list *list, const struct variable *from,
                        const struct variable *to)
{
    char words[WORDS_MAX] = "";
    match_add_word(words, from->limit != to->limit, "limit");
    match_add_word(words, from->wins != to->wins, "wins");
    match_add_word(words, from->nan != to->nan, "nan");
    match_add_word(words, from->round != to->round, "round");
    match_add_word(words, from->pulse != to->pulse, "pulse");
    match_add_word(words, from->partial != to->partial, "partial");
    match_add_word(words, strcmp(text_or(from->from, ""), text_or(to->from, "")) != 0, "from");
    match_add_word(words, from->unpolled != to->unpolled, "poll");
    match_add_word(words, from->period != to->period, "period");
    match_add_word(words, from->refreshed != to->refreshed, "write");
    match_add_word(words, from->tolerance != to->tolerance, "tolerance");
    match_add_word(words, from->min_write_interval != to->min_write_interval, "min_write_interval");
    match_add_word(words, from->expire != to->expire, "expire");
    match_add_word(words, !same_words(from->on_loss_words, to->on_loss_words, to->words),
                   "on_loss");
    match_add_word(words, !same_words(from->invalid_words, to->invalid_words, to->words),
                   "invalid");
    add_people(words, &from->people, &to->people);
    if (*words)
        match_say(list, DIFFERENCE_CHANGED, to->where, "%s: what changes: %s", to->path, words);
}

void plan_match_list_meaning(const struct match_list *list, const struct variable *from,
                             const struct variable *to)
{
    say_scale(list, from, to);
    say_limits(list, from, to);
    say_direction(list, from, to);
    say_safe(list, from, to);
    say_retain(list, from, to);
    say_unit(list, from, to);
    say_options(list, from, to);
}
