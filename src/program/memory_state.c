/* m:state: what became of the last value that was given to a device. */

#include "program/bind_memory.h"

#include "base/duration.h"
#include "image/exception.h"
#include "image/mirror.h"

#include <stdio.h>

/* The most urgent last. */
static const uint8_t URGENCY[] = {[DELIVERY_NONE] = 0,
                                  [DELIVERY_CONFIRMED] = 1,
                                  [DELIVERY_PENDING] = 2,
                                  [DELIVERY_EXPIRED] = 3,
                                  [DELIVERY_REFUSED] = 4};

static const char *const NAMES[] = {[DELIVERY_NONE] = NULL,
                                    [DELIVERY_PENDING] = "pending",
                                    [DELIVERY_CONFIRMED] = "confirmed",
                                    [DELIVERY_REFUSED] = "refused",
                                    [DELIVERY_EXPIRED] = "expired"};

struct state {
    uint8_t delivery, reason;
};

/* What this scan assigned is on its way, whatever became of the value before. */
static struct state state_of(const struct view *view, uint32_t point)
{
    if (view_is_changed(view, point))
        return (struct state){DELIVERY_PENDING, 0};
    const struct mark *mark = &view_marks(view)[point];
    return (struct state){mark->delivery, mark->reason};
}

static void push_why(lua_State *L, const struct variable *v, struct state state)
{
    char code[8], text[32];
    snprintf(code, sizeof code, "%02X", state.reason);
    if (state.delivery == DELIVERY_REFUSED && state.reason)
        lua_pushfstring(L, "%s (exception %s)", exception_text(state.reason), code);
    else if (state.delivery == DELIVERY_EXPIRED)
        lua_pushfstring(
            L, "not delivered in %s",
            duration_format(v && v->has_expire ? v->expire : EXPIRE_DEFAULT, text, sizeof text));
    else
        lua_pushnil(L);
}

/* m:state "NAME", or m:state("holding", 5) for a raw word: what became of the last value written
 * here, by whomever: nil (none was), then "pending", "confirmed", "refused" or "expired"; for an
 * array the most urgent of its elements. Then why it was refused or expired, as text, or nil. Only
 * for a memory that a client mirrors. nil in the body. */
int memory_state(lua_State *L)
{
    int memory = check_memory(L, 1, "mem:state");
    const struct variable *v;
    struct run points = check_points(L, memory, 2, &v);
    const struct program *program = program_of(L);
    struct state worst = {DELIVERY_NONE, 0};
    if (program->view && (memory_row(L, memory)->client < 0 || (v && v->table == TABLE_VAR)))
        complain(L,
                 "%s: no client exchanges it; a state is what became of a value sent to a device",
                 v ? v->path : memory_row(L, memory)->name);
    for (uint32_t i = 0; program->view && i < points.count; i++) {
        struct state state = state_of(program->view, points.first + i);
        if (URGENCY[state.delivery] > URGENCY[worst.delivery])
            worst = state;
    }
    lua_pushstring(L, NAMES[worst.delivery]);
    push_why(L, v, worst);
    return 2;
}
