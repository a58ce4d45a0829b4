/* What of an image is retained, laid out for being compared: only these points are copied, and only
 * those that differ from what was committed become rows. */

#include "store/inside.h"

#include <stdlib.h>

static void count(struct scope *scope)
{
    const struct plan *plan = scope->plan;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        size_t elements = v->retain ? variable_elements(v) : 0;
        scope->variables += v->retain;
        scope->count += elements;
        scope->word_count += elements * v->words;
    }
    for (size_t i = 0; i < plan->keep_count; i++)
        scope->keeps += plan->keeps[i].retain;
}

static void list(struct scope *scope)
{
    const struct plan *plan = scope->plan;
    size_t at = 0;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        for (uint32_t k = 0; v->retain && k < variable_elements(v); k++)
            scope->points[at++] = v->point + k;
    }
}

static void destroy(struct scope *scope)
{
    plan_unref(scope->plan);
    free(scope->points);
    free(scope->fresh);
    free(scope->saved);
    free(scope->known);
    free(scope);
}

struct scope *scope_create(struct image *image, struct error *error)
{
    struct scope *scope = calloc(1, sizeof *scope);
    if (!scope)
        goto no_memory;
    scope->image = image;
    scope->plan = plan_ref(image_plan(image));
    scope->users = 1;
    scope->keeps_saved = UINT64_MAX;
    count(scope);
    scope->points = calloc(scope->count + 1, sizeof *scope->points);
    scope->fresh = calloc(scope->word_count + 1, sizeof *scope->fresh);
    scope->saved = calloc(scope->word_count + 1, sizeof *scope->saved);
    scope->known = calloc(scope->count + 1, sizeof *scope->known);
    if (!scope->points || !scope->fresh || !scope->saved || !scope->known)
        goto no_memory;
    list(scope);
    return scope;

no_memory:
    if (scope)
        destroy(scope);
    error_set(error, "out of memory for retained values");
    return NULL;
}

struct scope *scope_take(struct scope *scope)
{
    if (scope)
        scope->users++;
    return scope;
}

void scope_give(struct scope *scope)
{
    if (scope && --scope->users == 0)
        destroy(scope);
}
