/* Ends code that takes too long. The watchdog's signal arrives on the thread that runs the code,
 * and sets a hook in the innermost coroutine, which raises an error at the next instruction. From
 * then on `late` holds: whatever of ours catches errors lets them through. The signal comes again
 * and again, since code in another coroutine, or in a __close on the way out, has no hook yet. */

#include "base/duration.h"
#include "program/inside.h"

#include <stdio.h>
#include <string.h>

enum { STACK_LEFT_ALONE = 128 * 1024 }; /* bytes; the smallest thread that runs scripts has 1 MiB */

void interrupt_begin(struct program *program)
{
    struct interrupt *interrupt = &program->interrupt;
    interrupt->late = false;
    interrupt->stack = __builtin_frame_address(0);
    *interrupt->error.text = *interrupt->where = '\0';
    interrupt->base = (struct running){.L = program->L};
    interrupt_switch(program, &interrupt->base);
}

bool interrupt_end(struct program *program, struct error *error)
{
    struct interrupt *interrupt = &program->interrupt;
    interrupt_switch(program, NULL);
    lua_sethook(program->L, NULL, 0, 0);
    if (!*interrupt->error.text)
        return false;
    *error = interrupt->error;
    return true;
}

bool interrupt_is_late(lua_State *L)
{
    return program_of(L)->interrupt.late;
}

void interrupt_check(lua_State *L)
{
    if (interrupt_is_late(L))
        interrupt_raise(L);
}

void interrupt_check_stack(lua_State *L)
{
    const char *here = __builtin_frame_address(0), *begun = program_of(L)->interrupt.stack;
    if ((here < begun ? begun - here : here - begun) > STACK_LEFT_ALONE)
        luaL_error(L, "C stack overflow");
}

/* The user's line in the innermost coroutine that has one. */
static bool find_line(const struct interrupt *interrupt, lua_State *L, lua_Debug *ar)
{
    if (find_user(L, ar))
        return true;
    for (const struct running *at = interrupt->running; at; at = at->before)
        if (find_user(at->L, ar))
            return true;
    return false;
}

/* Without Lua's memory, of which there may be none left. */
static void say_what_happened(lua_State *L)
{
    struct program *program = program_of(L);
    struct interrupt *interrupt = &program->interrupt;
    char place[LUA_IDSIZE + 16] = "", time[40];
    lua_Debug ar;
    if (find_line(interrupt, L, &ar))
        snprintf(place, sizeof place, "%s:%d: ", ar.short_src, ar.currentline);
    if (program->declaring)
        error_set(&interrupt->error, "%swatchdog: the script's body ran longer than %s", place,
                  duration_format(WATCHDOG_BODY, time, sizeof time));
    else
        error_set(&interrupt->error,
                  "%swatchdog: the program ran longer than %s (program { watchdog = … } changes "
                  "that)",
                  place, duration_format(plan_watchdog(program->plan), time, sizeof time));
}

static int add_details(lua_State *L)
{
    struct interrupt *interrupt = &program_of(L)->interrupt;
    lua_pushstring(L, interrupt->error.text);
    push_fault_text(L, 1);
    error_set(&interrupt->error, "%s", lua_tostring(L, -1));
    return 0;
}

/* The first one knows best; what comes later is on its way out. */
int interrupt_raise(lua_State *L)
{
    if (!*program_of(L)->interrupt.error.text) {
        say_what_happened(L);
        lua_pushcfunction(L, add_details);
        if (lua_pcall(L, 0, 0, 0) != LUA_OK)
            lua_pop(L, 1);
    }
    lua_pushliteral(L, "watchdog");
    return lua_error(L);
}

/* A coroutine may have got the hook in one call and go on in another. */
static void on_instruction(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    interrupt_check(L);
    lua_sethook(L, NULL, 0, 0);
}

bool interrupt_ended(lua_State *co)
{
    return lua_status(co) > LUA_YIELD && lua_gethook(co) == on_instruction;
}

void program_late(void *context)
{
    struct interrupt *interrupt = &((struct program *)context)->interrupt;
    const struct running *running = interrupt->running;
    if (!running)
        return;
    interrupt->late = true;
    lua_sethook(running->L, on_instruction, LUA_MASKCOUNT, 1);
}

/* Of one coroutine, from a level on: nothing is allocated or run. */
static bool note_place(struct interrupt *interrupt, lua_State *L, int level)
{
    lua_Debug ar;
    for (; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0 || strncmp(ar.source, "=msm/", 5) == 0)
            continue;
        snprintf(interrupt->where, sizeof interrupt->where, "%s:%d", ar.short_src, ar.currentline);
        return true;
    }
    return false;
}

/* Code that heeds no hook is inside one C function, which is the innermost level; that level is
 * left out, because it is the only one that Lua may be changing at this moment. */
void program_stuck(void *context)
{
    struct interrupt *interrupt = &((struct program *)context)->interrupt;
    int level = 1;
    for (const struct running *at = interrupt->running; at; at = at->before, level = 0)
        if (note_place(interrupt, at->L, level))
            return;
}

const char *program_where(const struct program *program)
{
    return program->interrupt.where;
}
