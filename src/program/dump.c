/* m:dump(): what lies in a memory, for a person. Words in rows of eight with their address in
 * front, then the variables by name; sent to the log as one text, so that rows stay together. */

#include "program/bind_memory.h"

#include <stdio.h>

enum { ROW = 8 };

/* Cell of an address of a mapped table, now: the draft's while the body runs, then the view's. */
static uint32_t cell_at(struct program *program, uint32_t memory, enum table table,
                        uint16_t address)
{
    const struct extent *extent = &program->plan->memories[memory].table[table];
    struct error error;
    if (program->view)
        return extent->cell + address - extent->low;
    int64_t cell = draft_cell(program->draft, memory, table, address, &error);
    program->cells = draft_cells(program->draft);
    return (uint32_t)(cell < 0 ? 0 : cell);
}

/* Lowest and highest address in use; before sealing the plan does not know them yet. */
static bool used_range(const struct plan *plan, uint32_t memory, enum table table, uint32_t *low,
                       uint32_t *high)
{
    *low = UINT32_MAX;
    *high = 0;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        if (v->memory != memory || v->table != table)
            continue;
        uint32_t last = v->address + (uint32_t)variable_span(v) - 1;
        *low = v->address < *low ? v->address : *low;
        *high = last > *high ? last : *high;
    }
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        if (raw->memory != memory || raw->table != table)
            continue;
        uint32_t last = raw->address + raw->count - 1;
        *low = raw->address < *low ? raw->address : *low;
        *high = last > *high ? last : *high;
    }
    return *low != UINT32_MAX;
}

static void add_table(luaL_Buffer *text, struct program *program, uint32_t memory, enum table table)
{
    uint32_t low, high;
    if (!used_range(program->plan, memory, table, &low, &high))
        return;
    for (uint32_t row = low; row <= high; row += ROW) {
        char part[32];
        luaL_addstring(text, program->plan->memories[memory].name); /* of any length */
        int length = snprintf(part, sizeof part, " %-8s %5u:", table_name(table), row);
        luaL_addlstring(text, part, (size_t)length);
        for (uint32_t address = row; address <= high && address < row + ROW; address++) {
            uint32_t cell = cell_at(program, memory, table, (uint16_t)address); /* may move them */
            uint16_t word = program->cells[cell];
            length = snprintf(part, sizeof part, table_is_bits(table) ? " %u" : " %5u", word);
            luaL_addlstring(text, part, (size_t)length);
        }
        luaL_addchar(text, '\n');
    }
}

/* A value that is not good must not look as if it were. */
static void add_quality(luaL_Buffer *text, const struct program *program, uint32_t point)
{
    uint8_t quality = program->view ? view_marks(program->view)[point].quality : QUALITY_GOOD;
    if (quality == QUALITY_GOOD)
        return;
    luaL_addstring(text, " (");
    luaL_addstring(text, quality_name(quality));
    luaL_addchar(text, ')');
}

static void add_variable(luaL_Buffer *text, const struct program *program, const struct variable *v)
{
    luaL_addstring(text, v->path);
    luaL_addstring(text, " =");
    for (size_t i = 0; i < variable_elements(v); i++) {
        char string[VARIABLE_MAX_LENGTH], shown[VARIABLE_MAX_LENGTH * 4 + 64];
        struct element place = variable_element(v, i);
        struct value value =
            variable_get(v, program->cells + v->cell + place.cell, place.mask, string);
        luaL_addstring(text, i ? ", " : " ");
        luaL_addstring(text, variable_format(v, &value, shown, sizeof shown));
        add_quality(text, program, v->point + (uint32_t)i);
    }
    luaL_addchar(text, '\n');
}

int memory_dump(lua_State *L)
{
    struct program *program = program_of(L);
    uint32_t memory = (uint32_t)check_memory(L, 1, "mem:dump");
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int table = 0; table < TABLE_VAR; table++)
        add_table(&text, program, memory, (enum table)table);
    for (size_t i = 0; i < program->plan->variable_count; i++) {
        const struct variable *v = program->plan->variables[i];
        if (v->memory == memory)
            add_variable(&text, program, v);
    }
    luaL_pushresult(&text);
    size_t length;
    const char *rows = lua_tolstring(L, -1, &length);
    if (!length)
        return 0;
    lua_pushlstring(L, rows, length - 1); /* the log ends the last row itself */
    log_stacked(L);
    return 0;
}
