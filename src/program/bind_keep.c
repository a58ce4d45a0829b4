/* keep: plain data by name that outlives the program. While the body runs it works on a scratch
 * copy of what was kept; program_keep brings what is new of it into the image's keeps, and from
 * then on a script's hands are on those. */

#include "program/keep.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

bool keep_init(struct program *program, const struct keeps *keeps, struct error *error)
{
    struct kept *kept = &program->kept;
    kept->defaults = keeps_create(error);
    kept->scratch = kept->defaults ? keeps_create(error) : NULL;
    kept->now = kept->scratch;
    if (kept->scratch && keeps)
        keeps_read(keeps, kept->scratch);
    return kept->scratch != NULL;
}

void keep_finish(struct program *program)
{
    keeps_destroy(program->kept.defaults);
    keeps_destroy(program->kept.scratch);
}

static const char *check_name(lua_State *L)
{
    const char *name = plain_text(L, 1);
    if (!name || !*name)
        complain(L, "keep takes a name first, keep(\"mixer\", { step = 1 }), not %s", shown(L, 1));
    if (strlen(name) > KEEPS_KEY_MAX)
        complain(L, "keep: a name has at most %d bytes; %s has %zu", KEEPS_KEY_MAX, shown(L, 1),
                 strlen(name));
    return name;
}

static bool set_retain(lua_State *L, void *target)
{
    ((struct keep_spec *)target)->retain = lua_toboolean(L, -1);
    return lua_type(L, -1) == LUA_TBOOLEAN;
}

static const struct option OPTIONS[] = {
    {"retain", "true or false", set_retain},
    {NULL, NULL, NULL},
};

static struct keep_place place_of(struct keeps *keeps, const char *name)
{
    struct keep_place place = {.keeps = keeps};
    keeps_find(keeps, name, false, &place.table);
    return place;
}

static bool make(struct keep_place *place, const char *name, struct error *error)
{
    return keeps_find(place->keeps, name, true, &place->table) || keeps_refuse_room(error);
}

/* The table at index 2 as the defaults of this name, not committed. */
static void take_defaults(lua_State *L, const char *name)
{
    struct keep_place place = {.keeps = program_of(L)->kept.defaults};
    keeps_revert(place.keeps); /* what a refusal left there */
    if (keeps_find(place.keeps, name, false, &place.table))
        return; /* the plan refuses the second one */
    struct error error;
    if (!make(&place, name, &error))
        complain(L, "keep \"%s\": %s", name, error.text);
    keep_deposit(L, 2, name, NULL, place);
}

static const struct keep_place NOTHING = {.keeps = NULL};

struct change {
    struct program *program;
    const struct keep_spec *spec;
};

static void tell_changed(void *context, const struct trail *field, enum kind before, enum kind now)
{
    const struct change *change = context;
    char path[TRAIL_TEXT];
    if (!change->program->quiet)
        log_line("%s: keep \"%s\": field %s was %s and is %s now; it begins with its default",
                 change->spec->where, change->spec->name, trail_text(field, path),
                 kind_text(before), kind_text(now));
}

/* What the scratch has of this name gets what it lacks. */
static bool complete_scratch(struct program *program, const struct keep_spec *spec,
                             struct error *error)
{
    struct change change = {program, spec};
    struct keep_place to = {.keeps = program->kept.scratch};
    struct keep_place defaults = place_of(program->kept.defaults, spec->name);
    if (keeps_find(to.keeps, spec->name, false, &to.table))
        return keep_complete(to, NOTHING, defaults, tell_changed, &change, error);
    return make(&to, spec->name, error) && keep_copy(to, defaults, error);
}

/* keep("mixer", { step = 1 }, { retain = true }): a table of plain data that belongs to a name and
 * lives through reloads, with `retain` also through restarts. The second argument says which fields
 * it has at first; those that are named there keep their kind (a boolean, a number, text, a table)
 * and are added where an older program's table lacks them; others are free. It holds booleans,
 * numbers, text (up to 1024 bytes) and tables of them (up to 16 deep), under keys that are text (up
 * to 47 bytes) or integers; a table that is assigned is copied in. All keeps together have up to
 * 32768 fields. A name is an identity and is used once in a program. Body only. */
static int keep(lua_State *L)
{
    struct program *program = program_of(L);
    struct error error;
    require_body(L, "keep");
    const char *name = check_name(L);
    if (lua_gettop(L) > 3)
        complain(L,
                 "keep takes a name, a table of defaults and a table of options, not %d arguments",
                 lua_gettop(L));
    lua_settop(L, 3);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    if (keep_kind(L, 2) != KIND_TABLE)
        complain(L, "keep \"%s\": the second argument is a table of defaults, not %s", name,
                 keep_shown(L, 2));
    struct keep_spec spec = {.name = plan_string(program->plan, name), .where = user_line(L)};
    read_options(L, 3, OPTIONS, &spec, lua_pushfstring(L, "keep \"%s\"", name));
    take_defaults(L, name);
    if (plan_keep(program->plan, &spec, &error) < 0)
        complain(L, "%s", error.text);
    keeps_commit(program->kept.defaults);
    if (!complete_scratch(program, &spec, &error))
        complain(L, "keep \"%s\": %s", name, error.text);
    keep_push_root(L, name);
    return 1;
}

/* First what is new, with the values that the body gave it; then what is missing all the same or of
 * another kind. The first time the body has told that. A program that is brought back has its own
 * values again for what another one has made of its fields. */
static bool bring(struct program *program, struct keeps *live, const struct keep_spec *spec,
                  struct error *error)
{
    struct keep_place to = {.keeps = live};
    struct change change = {program, spec};
    struct keep_place scratch = place_of(program->kept.scratch, spec->name);
    bool comes_back = program->kept.now == live;
    return make(&to, spec->name, error) && keep_bring(to, scratch, error) &&
           keep_complete(to, program->kept.remembers ? scratch : NOTHING,
                         place_of(program->kept.defaults, spec->name),
                         comes_back ? tell_changed : NULL, &change, error);
}

/* From now on there is nothing new in the scratch. */
void program_remember(struct program *program)
{
    struct kept *kept = &program->kept;
    if (!program->image || kept->now != image_keeps(program->image) || !program->plan->keep_count)
        return;
    image_read_keeps(program->image, kept->scratch);
    kept->remembers = true;
}

bool program_keep(struct program *program, struct error *error)
{
    struct keeps *live = program->image ? image_keeps(program->image) : NULL;
    const struct plan *plan = program->plan;
    if (!live)
        return true; /* nobody else would look at them */
    keeps_mark_tables(program->kept.scratch);
    for (size_t i = 0; i < plan->keep_count; i++) {
        if (bring(program, live, &plan->keeps[i], error))
            continue;
        keeps_revert(live);
        return error_prefix(error, "%s: keep \"%s\": ", plan->keeps[i].where, plan->keeps[i].name);
    }
    program->kept.now = live;
    program->kept.epoch++;
    return true;
}

void open_keep(lua_State *L)
{
    open_keep_proxies(L);
    lua_register(L, "keep", keep);
}
