/* The hot path: one variable or element between Lua and the cells. Declared once, checked by the
 * variable's own rules, noted for publication. */

#include "program/inside.h"

#include <string.h>

enum { SHORT_WORDS = 4 }; /* the widest number */

void note_assigned(struct program *program, uint32_t point, uint32_t cell, uint16_t words,
                   uint16_t mask)
{
    if (program->view)
        view_assign(program->view, point);
    else
        draft_assign(program->draft, cell, words, mask);
}

/* A master's pulse is true for each task in its first run after it came, whatever the coil shows by
 * then; a forced one is what the force says. One that is sent to a device is what it shows. */
static bool pulse_seen(const struct program *program, const struct variable *v, size_t index,
                       bool held)
{
    if (!program->view)
        return held;
    const struct mark *mark = &view_marks(program->view)[v->point + index];
    return mark->forced ? held : mark->written > program->cycle.seen;
}

static struct element locate(const struct variable *v, size_t index)
{
    return index ? variable_element(v, index) : (struct element){0, v->mask};
}

/* The way that nearly every access takes, kept short. */
void push_variable(lua_State *L, const struct variable *v)
{
    if (v->type == TYPE_STRING || v->pulse) {
        push_element(L, v, 0);
        return;
    }
    struct value value = variable_get(v, program_of(L)->cells + v->cell, v->mask, NULL);
    push_value(L, &value);
}

void push_element(lua_State *L, const struct variable *v, size_t element)
{
    struct program *program = program_of(L);
    size_t index = element ? element - 1 : 0;
    struct element place = locate(v, index);
    char text[VARIABLE_MAX_LENGTH];
    struct value value = variable_get(v, program->cells + v->cell + place.cell, place.mask, text);
    if (v->pulse && program->plan->memories[v->memory].client < 0)
        value.boolean = pulse_seen(program, v, index, value.boolean);
    push_value(L, &value);
}

static int refuse_in(lua_State *L, const struct variable *v, bool mirrored)
{
    if (mirrored)
        return refuse_fed(L, v->memory, v->path,
                          table_takes_writes(v->table) ? "; dir = \"inout\" lets both write" : "");
    return complain(
        L,
        "%s is written by the world (%s), the program only reads it; dir = \"inout\" lets both "
        "write",
        v->path, v->pulse ? "a pulse is sent by masters" : "dir is \"in\"");
}

/* Directions are known when the body has ended; in it a client may still come. */
void check_direction(lua_State *L, const struct variable *v)
{
    bool addressed = v->table != TABLE_VAR;
    bool mirrored = addressed && program_of(L)->plan->memories[v->memory].client >= 0;
    enum direction direction = mirrored ? variable_direction(v, true) : v->direction;
    if (v->from)
        complain(L, "%s follows %s, the program only reads it", v->path, v->from);
    if (direction == DIRECTION_IN)
        refuse_in(L, v, mirrored);
    if (direction == DIRECTION_DEFAULT && addressed && variable_direction(v, true) == DIRECTION_IN)
        note_early(L, v->memory, v->path);
}

static const char *wanted_type(const struct variable *v)
{
    return v->type == TYPE_BOOL ? "boolean" : v->type == TYPE_STRING ? "string" : "number";
}

static void store(uint16_t *cells, const uint16_t *words, uint16_t count, uint16_t mask)
{
    cells[0] = (uint16_t)((cells[0] & ~mask) | words[0]);
    for (uint16_t k = 1; k < count; k++)
        cells[k] = words[k];
}

int refuse_value(lua_State *L, const struct variable *v, int index)
{
    return complain(L, "%s takes a %s, not %s", v->path, wanted_type(v), shown(L, index));
}

void store_element(struct program *program, const struct variable *v, size_t element,
                   const uint16_t *words)
{
    size_t index = element ? element - 1 : 0;
    struct element place = locate(v, index);
    uint32_t cell = v->cell + place.cell;
    store(program->cells + cell, words, v->words, place.mask);
    note_assigned(program, v->point + (uint32_t)index, cell, v->words, place.mask);
}

bool assign_element(lua_State *L, const struct variable *v, size_t element, int index)
{
    struct element place = locate(v, element ? element - 1 : 0);
    struct value value;
    struct error error;
    uint16_t words[VARIABLE_MAX_WORDS];
    if (!to_value(L, index, &value))
        return false;
    check_direction(L, v);
    if (!variable_set(v, element, &value, words, place.mask, &error))
        complain(L, "%s", error.text);
    store_element(program_of(L), v, element, words);
    return true;
}

/* The way that nearly every assignment takes, kept short: numbers that fit four words, of variables
 * that the program may write. */
bool assign_variable(lua_State *L, const struct variable *v, int index)
{
    struct program *program = program_of(L);
    struct value value = {.kind = VALUE_INTEGER};
    struct error error;
    uint16_t words[SHORT_WORDS];
    if (v->words > SHORT_WORDS || v->direction <= DIRECTION_IN || v->from)
        return assign_element(L, v, 0, index);
    if (lua_isinteger(L, index))
        value.integer = lua_tointegerx(L, index, NULL);
    else if (!to_value(L, index, &value))
        return false;
    if (!variable_set(v, 0, &value, words, v->mask, &error))
        complain(L, "%s", error.text);
    store(program->cells + v->cell, words, v->words, v->mask);
    note_assigned(program, v->point, v->cell, v->words, v->mask);
    return true;
}
