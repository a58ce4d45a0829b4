/* Values and forces, point by point. Where points of the new plan overlap that did not before, what
 * has a name and a value of its own stands over raw words, which are written first: a raw word that
 * gets a name keeps its value unless the name's limits forbid it, and a variable that was moved
 * onto raw words brings its own. */

#include "image/adopt_inside.h"

#include <string.h>

static void refuse(struct adoption *x, uint32_t number)
{
    x->refused[number] = true;
    image_mark_time(x->to, number, x->now);
}

/* What a device has is not refused: it is there, and shown as out of range. */
static bool is_allowed(const struct plan *plan, const struct point *point, const uint16_t *words)
{
    return point->variable < 0 || image_is_mirrored(point) ||
           variable_accepts(plan->variables[point->variable], words, point->mask);
}

static void adopt_value(struct adoption *x, uint32_t number)
{
    const struct point *point = &x->to->plan->points[number];
    uint16_t words[VARIABLE_MAX_WORDS];
    snapshot_written(&x->from, x->match->points[number], words);
    plan_match_convert(x->match, number, words);
    if (is_allowed(x->to->plan, point, words))
        image_write_point(x->to, point, words);
    else
        refuse(x, number);
}

static void adopt_all(struct adoption *x, bool raw)
{
    const struct plan *plan = x->to->plan;
    for (uint32_t number = 0; number < plan->point_count; number++) {
        if ((plan->points[number].variable < 0) == raw && x->match->points[number] != MATCH_NONE)
            adopt_value(x, number);
    }
}

static bool lies_on_raw(const struct plan *plan, const struct point *point)
{
    for (uint16_t k = 0; k < point->words; k++) {
        if (plan->raw_cells[point->cell + k])
            return true;
    }
    return false;
}

/* New names for raw words that have a value: their limits hold from now on. */
static void check_named(struct adoption *x)
{
    const struct plan *plan = x->to->plan;
    for (uint32_t number = 0; number < plan->point_count; number++) {
        const struct point *point = &plan->points[number];
        if (point->variable < 0 || x->match->points[number] != MATCH_NONE ||
            !lies_on_raw(plan, point) || is_allowed(plan, point, x->to->cells + point->cell))
            continue;
        image_write_point(x->to, point, x->own + point->cell);
        refuse(x, number);
    }
}

/* Only what the match does not name keeps the forces that it had. */
static void let_go(struct adoption *x)
{
    for (uint32_t number = 0; x->to->forced && number < x->to->plan->point_count; number++) {
        if (x->match->points[number] != MATCH_NONE)
            image_let_go(x->to, number, true);
    }
}

static void hold(struct adoption *x)
{
    const struct snapshot *from = &x->from;
    for (uint32_t number = 0; number < x->to->plan->point_count; number++) {
        uint32_t before = x->match->points[number];
        if (before == MATCH_NONE || !from->marks[before].forced)
            continue;
        const struct point *point = &from->plan->points[before];
        uint16_t words[VARIABLE_MAX_WORDS];
        memcpy(words, from->cells + point->cell, point->words * sizeof *words);
        plan_match_convert(x->match, number, words);
        image_hold(x->to, number, words);
    }
}

void adopt_values(struct adoption *x)
{
    memcpy(x->own, x->to->cells, x->to->plan->cell_count * sizeof *x->own);
    let_go(x);
    adopt_all(x, true);
    check_named(x);
    adopt_all(x, false);
    hold(x);
}
