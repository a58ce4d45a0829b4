/* print and log: lines for a person, on stderr. All of them share a limit, because a print in a
 * task of 1 ms would bury everything else; what it holds back is counted and said. A script may
 * print what a master wrote, so nothing in the text can pass for a line of ours or drive the
 * terminal. */

#include "base/log.h"
#include "base/printable.h"
#include "program/inside.h"

/* A long text counts as the lines that it would fill. */
enum { BURST = 500, LINES_IN_SECOND = 50, LINE_BYTES = 200 };

static void report_left_out(struct program *program)
{
    struct print_limit *limit = &program->print;
    if (limit->left_out)
        log_line("%s: warning: %lu lines of print and log were left out: more than %d a second",
                 program->plan->name, limit->left_out, LINES_IN_SECOND);
    limit->left_out = 0;
}

/* A bucket of BURST lines that fills again with scan time. Once empty it holds back for a second,
 * or each line that it lets through would come with a warning about those before. */
static bool may_print(struct program *program, size_t length)
{
    struct print_limit *limit = &program->print;
    double time = program->cycle.time;
    if (program->quiet)
        return false;
    limit->tokens += (time - limit->filled) * LINES_IN_SECOND;
    limit->tokens = limit->tokens > BURST ? BURST : limit->tokens;
    limit->filled = time;
    if (limit->tokens < (limit->left_out ? LINES_IN_SECOND : 1)) {
        limit->left_out++;
        return false;
    }
    limit->tokens -= (double)(1 + length / LINE_BYTES);
    report_left_out(program);
    return true;
}

void finish_print(struct program *program)
{
    report_left_out(program);
}

static bool is_indented(const char *line)
{
    return *line == ' ' || *line == '\t';
}

void make_harmless(lua_State *L)
{
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    luaL_Buffer clean;
    luaL_buffinit(L, &clean);
    for (size_t at = 0, taken; at < length; at += taken) {
        char piece[PRINTABLE_PIECE];
        taken = printable_piece(text + at, length - at, piece);
        if (text[at] == '\n')
            luaL_addstring(&clean, is_indented(text + at + 1) ? "\n" : "\n  ");
        else
            luaL_addstring(&clean, text[at] == '\t' ? "\t" : piece);
    }
    luaL_pushresult(&clean);
    lua_remove(L, -2);
}

static void log_always(lua_State *L)
{
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (may_print(program_of(L), length))
        log_text(text, length);
}

void log_stacked(lua_State *L)
{
    size_t length;
    struct answer *answer = program_of(L)->answer;
    if (!answer) {
        log_always(L);
        return;
    }
    const char *text = lua_tolstring(L, -1, &length);
    answer_line(answer);
    answer_add(answer, text, length);
}

/* print(…): values as text with tabs between them. */
static int print(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    make_harmless(L);
    log_stacked(L);
    return 0;
}

/* Puts the formatted text of the arguments on the stack, as string.format does. */
static void format(lua_State *L)
{
    luaL_checkstring(L, 1);
    if (lua_gettop(L) > 1) {
        lua_getfield(L, LUA_REGISTRYINDEX, "msm.format");
        lua_insert(L, 1);
        lua_call(L, lua_gettop(L) - 1, 1);
    }
}

/* log.info("%d of %d", 1, 2), log.warn, log.error: a line with the program's name in front. The
 * level is the function's upvalue, the word before the text. */
static int log_message(lua_State *L)
{
    const char *name = program_of(L)->plan->name;
    format(L);
    make_harmless(L);
    lua_pushfstring(L, "%s: %s", name, lua_tostring(L, lua_upvalueindex(1)));
    lua_insert(L, -2);
    lua_concat(L, 2);
    log_always(L);
    return 0;
}

static int call_log(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_remove(L, 1); /* the table that was called */
    return log_message(L);
}

static void add_level(lua_State *L, lua_CFunction function, const char *name, const char *word)
{
    lua_pushstring(L, word);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

void open_log(lua_State *L)
{
    program_of(L)->print.tokens = BURST;
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "format");
    lua_setfield(L, LUA_REGISTRYINDEX, "msm.format");
    lua_pop(L, 1);
    lua_register(L, "print", print);
    lua_newtable(L);
    add_level(L, log_message, "info", "");
    add_level(L, log_message, "warn", "warning: ");
    add_level(L, log_message, "error", "error: ");
    lua_createtable(L, 0, 1);
    add_level(L, call_log, "__call", "");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "log");
}
