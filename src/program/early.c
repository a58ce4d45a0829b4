/* Assignments in the body to what a client would feed, should the memory get one: a script may
 * declare its link last. The first one of each memory is enough for the message. */

#include "program/inside.h"

struct early {
    const struct early *next;
    uint32_t memory;
    const char *path, *where;
};

static const struct early *find(const struct program *program, uint32_t memory)
{
    const struct early *early = program->early;
    while (early && early->memory != memory)
        early = early->next;
    return early;
}

void note_early(lua_State *L, uint32_t memory, const char *path)
{
    struct program *program = program_of(L);
    if (find(program, memory))
        return;
    const char *where = user_line(L);
    struct early *early = plan_alloc(program->plan, sizeof *early);
    *early = (struct early){program->early, memory, plan_string(program->plan, path), where};
    program->early = early;
}

void refuse_early(lua_State *L, const struct client_spec *client)
{
    const struct early *early = find(program_of(L), client->memory);
    if (!early)
        return;
    lua_pushfstring(L,
                    "%s: %s is fed by %s, declared at %s; the program only reads it, from the "
                    "beginning",
                    early->where, early->path, client->name, client->where);
    lua_error(L);
}

int refuse_fed(lua_State *L, uint32_t memory, const char *path, const char *way_out)
{
    const struct plan *plan = program_of(L)->plan;
    return complain(L, "%s is fed by %s, the program only reads it%s", path,
                    plan->clients[plan->memories[memory].client].name, way_out);
}
