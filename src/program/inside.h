#pragma once
/* A program from the inside, for the files of this room: the state, and what the bindings share.
 * Each bind_*.c puts one Lua module into the globals. */

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include "image/draft.h"
#include "program/pool.h"
#include "program/program.h"

enum {
    DEFAULT_MEMORY_CAP = 64 * 1024 * 1024,
    DECLARED_CAPS = 4 /* the plan may be so many times as large as the cap */
};

/* Who prints too much is held back, and told. */
struct print_limit {
    double tokens;
    double filled; /* scan time at which tokens were counted last */
    unsigned long left_out;
};

struct program {
    lua_State *L;
    struct pool *pool;
    char *path, *directory; /* the folder ends in "/", or is "" */
    char *lua_root;         /* or NULL */
    struct plan *plan;
    const char *last_line;     /* that user_line gave */
    const struct early *early; /* assignments that a client would have forbidden */
    struct draft *draft;       /* while declaring, until applied */
    struct image *image;       /* from then on */
    struct view *view;         /* from attach on */
    uint16_t *cells;           /* of the draft or the view */
    bool declaring, open, stop_wanted;
    struct cycle cycle; /* of the running hook, or of the body */
    int *tasks;         /* registry references, by task of the plan */
    size_t task_count;
    int on_start, on_stop; /* references or LUA_NOREF */
    struct print_limit print;
    size_t collect_at;          /* bytes in use that call for a full collection */
    char out_of_memory_at[160]; /* file:line of the last refused allocation, or "" */
};

/* The program that owns a state or any of its coroutines. */
static inline struct program *program_of(lua_State *L)
{
    return *(struct program **)lua_getextraspace(L);
}

/* complain.c: raises an error whose position is the innermost line of the user's own code (not of
 * the library, not of the host). Never returns. */
int complain(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* "tank.lua:12" of that line, kept by the plan. */
const char *user_line(lua_State *L);

/* Raises where `size` bytes more would make the plan too large: it lies outside the memory that
 * Lua counts, and a body may call its declarations in a loop. */
void check_room(lua_State *L, size_t size);

/* Raises unless the script's body still runs; `what` is what was called. Checks the room, too. */
void require_body(lua_State *L, const char *what);

/* Message handler for pcall: adds the traceback. */
int traceback(lua_State *L);

/* For a message handler: what was raised, as text, with the user's line in front where it names
 * none. An error that is no text says what it is. */
const char *raised_text(lua_State *L);

/* Lua's own text, which has no line, and which a coroutine or a pcall may have handed on. */
bool is_out_of_memory(const char *text);

/* A value as messages show it: text in quotes, cut; a table by its type. Runs no code of the
 * script's. Stands on the stack. */
const char *shown(lua_State *L, int index);

const char *key_text(lua_State *L, int index); /* text without the quotes: "scan.tim" */

/* A string without NUL bytes, which C would lose what follows of; NULL for anything else. */
const char *plain_text(lua_State *L, int index);

/* A Lua value as a struct value and back; to_value is false for types that none can hold. A
 * string's bytes stay Lua's. */
bool to_value(lua_State *L, int index, struct value *value);
void push_value(lua_State *L, const struct value *value);

/* Seconds, or text with a unit, to nanoseconds; `what` opens the message. */
int64_t check_duration(lua_State *L, int index, const char *what);

/* options.c: reads a table of options by a template; see there. */
struct option {
    const char *name;
    const char *takes;                       /* "a number", for the message about anything else */
    bool (*set)(lua_State *L, void *target); /* value on top; false: not what it takes */
};
void read_options(lua_State *L, int index, const struct option *options, void *target,
                  const char *what);

/* The integer at a stack index, within a range; false for anything else, numbers in quotes too. */
bool read_integer(lua_State *L, int index, lua_Integer least, lua_Integer most,
                  lua_Integer *integer);

/* For options: the text on top, kept by the plan. False unless it is UTF-8 without NUL bytes. */
bool read_text(lua_State *L, const char **text);

/* bind_value.c: one element of a variable, read and assigned. `element` is 1-based for an array,
 * 0 for a plain variable. False where the Lua value is of a type that no variable holds. */
void push_element(lua_State *L, const struct variable *variable, size_t element);
void push_variable(lua_State *L, const struct variable *variable); /* element 0 */
bool assign_variable(lua_State *L, const struct variable *variable, int index);
bool assign_element(lua_State *L, const struct variable *variable, size_t element, int index);
int refuse_value(lua_State *L, const struct variable *variable, int index); /* raises */

/* early.c: remembers that the body assigned what a client of this memory would feed; raises, with
 * the line of the assignment, where such a client is declared after all; raises for one that is
 * there, with a way out or "". */
void note_early(lua_State *L, uint32_t memory, const char *path);
void refuse_early(lua_State *L, const struct client_spec *client);
int refuse_fed(lua_State *L, uint32_t memory, const char *path, const char *way_out);

/* Raises where only the world writes. Then the words of one element can be stored. */
void check_direction(lua_State *L, const struct variable *variable);
void store_element(struct program *program, const struct variable *variable, size_t element,
                   const uint16_t *words);

/* One word or bit, raw or part of a variable, was assigned. */
void note_assigned(struct program *program, uint32_t point, uint32_t cell, uint16_t words,
                   uint16_t mask);

void open_options(lua_State *L);
void open_declare(lua_State *L); /* coil, discrete, holding, input, var */
void open_memory(lua_State *L);  /* mem, memory */
void open_links(lua_State *L);   /* what links answer; before those that make them */
void open_requests(lua_State *L);
void open_serial(lua_State *L);  /* serial */
void open_client(lua_State *L);  /* client */
void open_server(lua_State *L);  /* server */
void open_task(lua_State *L);    /* every, on_start, on_stop, program */
void open_scan(lua_State *L);    /* scan */
void open_log(lua_State *L);     /* print, log */
void open_keep(lua_State *L);    /* keep */
void open_require(lua_State *L); /* require, msm.core */
void open_sandbox(lua_State *L); /* what Lua's own libraries offer here; last of all */

/* bind_log.c: the text on top goes to the log, as far as print_limit lets it. */
void log_stacked(lua_State *L);

/* The lines that print_limit held back, said once at the end. */
void finish_print(struct program *program);
