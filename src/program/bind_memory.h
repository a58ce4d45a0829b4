#pragma once
/* What the files that make up a memory share. At the bottom the names (memory_names.c); on them
 * declarations, arrays, raw words and the dump; on these the methods (memory_methods.c); and at
 * the top what a script holds in its hand (bind_memory.c). */

#include "program/inside.h"

/* memory_names.c: makes its tables; says that the userdata on top is this memory, which stays on
 * the stack; takes the table on top as this memory's descriptors. */
void open_names(lua_State *L);
void keep_memory(lua_State *L, int memory);

/* Pushes that memory; false, and nothing, where there is none of this number. */
bool push_memory(lua_State *L, int memory);

void keep_descriptors(lua_State *L, int memory);

const struct memory *memory_row(lua_State *L, int memory);
void push_descriptors(lua_State *L, int memory);

/* The index in the plan of the memory at a stack index; `what` was called with it. */
int check_memory(lua_State *L, int index, const char *what);

/* Raises: no such name in this memory; names the nearest declared one. */
int refuse_undeclared(lua_State *L, int memory, const char *name);

/* Likewise, where the value at a stack index was assigned to it; says how it would be declared. */
int refuse_first(lua_State *L, int memory, const char *name, int index);

/* The text of a key that must be a variable's name. */
const char *variable_name(lua_State *L, int index);

/* Whether the name is a word of memories. */
bool memory_reserves(const char *name);

/* Raises unless `name` is one that Lua and the command line can write. */
void check_name(lua_State *L, const char *name, const char *what);

/* The descriptor on top of the stack in two steps, the plan's row between them, so that nothing is
 * half declared when Lua's memory is out. reserve_name makes room for it, leaves two values above
 * it, and says whether the name is new. Then describe, which cannot fail, puts it there, or
 * release_name takes the room back; either takes all three values off. */
bool reserve_name(lua_State *L, uint32_t memory, const char *name);
void release_name(lua_State *L, bool is_new);
void describe(lua_State *L);

/* memory_methods.c: pushes a new table of them. The variable whose name stands at a stack index. */
void push_methods(lua_State *L);
const struct variable *check_variable(lua_State *L, int memory, int index);

/* The points that the arguments from `index` on name: "NAME", or "holding", 5 for a raw word; then
 * *variable is NULL. */
struct run check_points(lua_State *L, int memory, int index, const struct variable **variable);

/* memory_state.c: m:state(name) */
int memory_state(lua_State *L);

/* bind_declare.c: makes the declaration at a stack index the variable `name`; `base` is added to
 * its address. */
bool is_declaration(lua_State *L, int index);

/* Where the value at a stack index is what makes declarations and was not called ("mem.X = coil"):
 * how a call of it looks, "coil(0)"; else NULL. Pushes what it needs. */
const char *uncalled_declaration(lua_State *L, int index);
void declare(lua_State *L, uint32_t memory, const char *name, int declaration, uint32_t base);

/* declare_options.c: the options of a declaration, and the choices shared with memory(…). */
void read_declaration(lua_State *L, int index, struct variable *variable, const char *what);
bool read_winner(lua_State *L, enum winner *winner);
bool read_order(lua_State *L, enum order *order);

/* bind_array.c */
void open_arrays(lua_State *L);
const struct variable **push_array(lua_State *L); /* the variable is filled in later */
bool is_array(lua_State *L, int index);
const struct variable *array_variable(lua_State *L, int index);
void assign_array(lua_State *L, const struct variable *variable, int index);

/* bind_raw.c: declares the raw ranges in the table at a stack index. check_raw is for its options:
 * they are read twice, so that nothing is declared before every key is known to be right. */
void open_raw(lua_State *L);
#define RAW_RANGE "a number of words from 0 on, or { first, count }, within 0..65535"
#define RAW_OPTIONS                                                                                \
    {"coil", RAW_RANGE, check_raw}, {"discrete", RAW_RANGE, check_raw},                            \
        {"holding", RAW_RANGE, check_raw},                                                         \
    {                                                                                              \
        "input", RAW_RANGE, check_raw                                                              \
    }
bool check_raw(lua_State *L, void *target);
void declare_raw(lua_State *L, uint32_t memory, int index);

/* Whether the arguments from `index` on name a raw word, "holding", 5; then its point. Raises where
 * it is not declared. */
bool check_raw_word(lua_State *L, int memory, int index, uint32_t *point);

const char *quality_name(uint8_t quality); /* memory_methods.c */

/* dump.c: m:dump() */
int memory_dump(lua_State *L);
