/* `from`: which variable follows which. Each has one source at most, so the chains are walked up to
 * a value of its own, and then given out downwards: sources before what follows them. */

#include "image/plan_inside.h"

#include <stdio.h>
#include <string.h>
#include "base/nearest.h"

enum state { STATE_NEW, STATE_ON_THE_WAY, STATE_DONE };

struct chains {
    struct building *b;
    int32_t *source;       /* of each variable, -1 where it follows none */
    uint8_t *state;        /* enum state, likewise */
    struct follower *rows; /* in their final order */
    size_t row_count;
    uint32_t *stack;
};

static bool refuse(const struct variable *v, const char *text, struct error *error)
{
    return error_set(error, "%s: %s: option from: %s", v->where, v->path, text);
}

/* "plc.SPEED", or "LEVEL" for a variable of mem. */
static int find(struct plan *plan, const char *text)
{
    const char *dot = strchr(text, '.');
    if (!dot) {
        int mem = plan_find_memory(plan, "mem");
        return mem < 0 ? -1 : plan_find_variable(plan, (uint32_t)mem, text);
    }
    char *name = plan_string(plan, text);
    name[dot - text] = '\0';
    int memory = plan_find_memory(plan, name);
    return memory < 0 ? -1 : plan_find_variable(plan, (uint32_t)memory, dot + 1);
}

/* As `from` would name it. */
static const char *outside_name(struct plan *plan, const struct variable *v)
{
    const char *memory = plan->memories[v->memory].name;
    size_t size = strlen(memory) + strlen(v->name) + 2;
    char *text = plan_alloc(plan, size);
    snprintf(text, size, "%s.%s", memory, v->name);
    return text;
}

static bool refuse_unknown(struct plan *plan, const struct variable *v, struct error *error)
{
    struct nearest nearest;
    nearest_init(&nearest, v->from);
    bool dotted = strchr(v->from, '.') != NULL;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *other = plan->variables[i];
        bool in_mem = strcmp(plan->memories[other->memory].name, "mem") == 0;
        if (other != v && (dotted || in_mem))
            nearest_offer(&nearest, dotted ? outside_name(plan, other) : other->name);
    }
    const char *word = nearest_word(&nearest);
    return error_set(error, "%s: %s: option from: there is no variable %s%s%s%s", v->where, v->path,
                     v->from, word ? "; did you mean " : "", word ? word : "", word ? "?" : "");
}

static const char *kind_of(const struct variable *v)
{
    return v->type == TYPE_BOOL ? "boolean" : v->type == TYPE_STRING ? "string" : "number";
}

static bool check_pair(const struct variable *v, const struct variable *source, struct error *error)
{
    if (source == v)
        return refuse(v, "a variable cannot follow itself", error);
    if (strcmp(kind_of(v), kind_of(source)) != 0)
        return error_set(
            error, "%s: %s: option from: %s, declared at %s, is a %s, and this is a %s", v->where,
            v->path, source->path, source->where, kind_of(source), kind_of(v));
    if (v->count != source->count)
        return error_set(error,
                         "%s: %s: option from: %s, declared at %s, has count = %u, and this has "
                         "%u (0: no array)",
                         v->where, v->path, source->path, source->where, source->count, v->count);
    return true;
}

static bool resolve(struct chains *c, struct error *error)
{
    struct plan *plan = &c->b->plan;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        c->source[i] = v->from ? find(plan, v->from) : -1;
        if (v->from && c->source[i] < 0)
            return refuse_unknown(plan, v, error);
        if (v->from && !check_pair(v, plan->variables[c->source[i]], error))
            return false;
    }
    return true;
}

static bool refuse_ring(const struct chains *c, uint32_t variable, struct error *error)
{
    const struct plan *plan = &c->b->plan;
    const struct variable *v = plan->variables[variable];
    const struct variable *source = plan->variables[c->source[variable]];
    return error_set(error,
                     "%s: %s: option from: follows %s, declared at %s, which in the end follows %s "
                     "again; one of the ring needs a value of its own",
                     v->where, v->path, source->path, source->where, v->path);
}

/* One chain, upwards until something that is no follower or already has its row. */
static bool walk(struct chains *c, uint32_t variable, struct error *error)
{
    size_t depth = 0;
    while (c->source[variable] >= 0 && c->state[variable] != STATE_DONE) {
        if (c->state[variable] == STATE_ON_THE_WAY)
            return refuse_ring(c, variable, error);
        c->state[variable] = STATE_ON_THE_WAY;
        c->stack[depth++] = variable;
        variable = (uint32_t)c->source[variable];
    }
    while (depth > 0) {
        uint32_t target = c->stack[--depth];
        c->rows[c->row_count++] = (struct follower){(uint32_t)c->source[target], target};
        c->state[target] = STATE_DONE;
    }
    return true;
}

static size_t count_followers(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->variable_count; i++)
        count += plan->variables[i]->from != NULL;
    return count;
}

bool plan_make_followers(struct building *b, struct error *error)
{
    struct plan *plan = &b->plan;
    size_t followers = count_followers(plan), variables = plan->variable_count;
    struct chains c = {.b = b};
    if (followers == 0)
        return true;
    c.source = plan_alloc(plan, variables * sizeof *c.source);
    c.state = plan_alloc(plan, variables);
    c.stack = plan_alloc(plan, followers * sizeof *c.stack);
    c.rows = plan_alloc(plan, followers * sizeof *c.rows);
    if (!resolve(&c, error))
        return false;
    for (uint32_t i = 0; i < variables; i++) {
        if (!walk(&c, i, error))
            return false;
    }
    plan->followers = c.rows;
    plan->follower_count = c.row_count;
    return true;
}
