/* A field of a keep is assigned. A table is put together away from everything and looked at as a
 * whole, kinds, size and depth, so that a refusal changes nothing. */

#include "program/keep.h"

/* Arguments: the keep, key, value. Raises with the field's path in front. */
static _Noreturn void refuse_field(lua_State *L, const struct keeps_key *key, const char *text)
{
    struct trail rows[KEEPS_DEPTH_MAX], field = {.key = *key};
    const char *name = keep_trail(L, 1, rows, &field.up);
    keep_refuse(L, name, &field, "%s", text);
}

static void check_kind(lua_State *L, const struct keeps_key *key)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_value first = keep_default(program_of(L), lua_touserdata(L, 1), key, text);
    enum kind kind = kind_of(first.type), given = keep_kind(L, 3);
    if (kind && kind != given)
        refuse_field(L, key,
                     lua_pushfstring(L, " takes %s, as its default does, not %s", kind_text(kind),
                                     keep_shown(L, 3)));
    if (!given && !lua_isnil(L, 3))
        refuse_field(L, key,
                     lua_pushfstring(L, " takes booleans, numbers, text and tables of them, not %s",
                                     keep_shown(L, 3)));
}

/* A table that takes the place of one of the defaults has all its fields. */
static void check_kinds(lua_State *L, const char *name, const struct trail *up, struct keeps *keeps,
                        struct keeps_table table, struct keeps_table kinds)
{
    char text[KEEPS_TEXT_MAX], there[KEEPS_TEXT_MAX];
    struct trail field = {.up = up};
    struct keeps_value value;
    uint32_t at = 0;
    while (keeps_next(keeps, kinds, &at, &field.key, &value, text)) {
        if (!field.key.is_text)
            continue;
        struct keeps_value given = keeps_get(keeps, table, &field.key, there);
        if (kind_of(given.type) != kind_of(value.type))
            keep_refuse(L, name, &field, " takes %s, as its default does, not %s",
                        kind_text(kind_of(value.type)), kind_text(kind_of(given.type)));
        if (value.type == KEEPS_TABLE)
            check_kinds(L, name, &field, keeps, given.table, value.table);
    }
}

/* Whether what was put together finds room where it goes. */
static void check_size(lua_State *L, const struct keeps_key *key, const struct keep_place *place,
                       struct keep_place staged)
{
    struct error error;
    struct keep_size size = keep_measure(staged);
    if (keeps_depth(place->keeps, place->table) + 1 + size.depth > KEEPS_DEPTH_MAX)
        refuse_field(
            L, key,
            lua_pushfstring(L, ": tables lie inside each other at most %d deep", KEEPS_DEPTH_MAX));
    if (size.nodes + 1 <= KEEPS_NODES - keeps_used(place->keeps))
        return;
    keeps_refuse_room(&error);
    refuse_field(L, key, lua_pushfstring(L, ": %s", error.text));
}

/* Puts the table at index 3 together, away from everything, and looks at it. */
static struct keep_place stage(lua_State *L, const struct keeps_key *key,
                               const struct keep_place *place)
{
    char text[KEEPS_TEXT_MAX];
    struct program *program = program_of(L);
    struct keep_place staged = {.keeps = program->kept.defaults};
    struct trail rows[KEEPS_DEPTH_MAX], field = {.key = *key};
    struct keeps_value first = keep_default(program, lua_touserdata(L, 1), key, text);
    int top = lua_gettop(L);
    const char *name = keep_trail(L, 1, rows, &field.up);
    keeps_revert(staged.keeps); /* what a refusal left there */
    if (!keeps_find(staged.keeps, "", true, &staged.table))
        refuse_field(L, key, ": there is no room to put the table together");
    keep_deposit(L, 3, name, &field, staged);
    if (first.type == KEEPS_TABLE)
        check_kinds(L, name, &field, staged.keeps, staged.table, first.table);
    check_size(L, key, place, staged);
    lua_settop(L, top);
    return staged;
}

/* Whether the value at index 3 is what stands in the field already. */
static bool is_itself(lua_State *L, const struct keep_place *place, const struct keeps_key *key)
{
    char text[KEEPS_TEXT_MAX];
    struct keep_place other;
    if (!is_keep(L, 3) || !keep_resolve(L, 3, &other))
        return false;
    struct keeps_value value = keeps_get(place->keeps, place->table, key, text);
    return value.type == KEEPS_TABLE && keep_is_same(value.table, other.table);
}

static void set_table(lua_State *L, const struct keep_place *place, const struct keeps_key *key)
{
    struct error error;
    struct keeps_value value = {.type = KEEPS_TABLE};
    if (is_itself(L, place, key))
        return;
    struct keep_place staged = stage(L, key, place);
    keep_release(L, place, key);
    bool ok = keeps_set(place->keeps, place->table, key, &value, &error) &&
              keep_copy((struct keep_place){place->keeps, value.table}, staged, &error);
    keeps_revert(staged.keeps);
    if (!ok)
        refuse_field(L, key, lua_pushfstring(L, ": %s", error.text));
}

static void set_scalar(lua_State *L, const struct keep_place *place, const struct keeps_key *key,
                       struct keeps_value *value)
{
    struct error error;
    keep_release(L, place, key);
    if (!keeps_set(place->keeps, place->table, key, value, &error))
        refuse_field(L, key, lua_pushfstring(L, ": %s", error.text));
}

/* What holds a boolean or a number, and may so, may hold another one. */
static bool set_again(lua_State *L, const struct keep_place *place, const struct keeps_key *key)
{
    struct keeps_value value;
    return keep_scalar(L, 3, &value) &&
           keeps_set_again(place->keeps, place->table, key, keep_hint(lua_touserdata(L, 1), key),
                           &value);
}

int keep_assign(lua_State *L)
{
    struct keep_place place;
    struct keeps_key key;
    struct keeps_value value;
    if (!keep_key(L, 2, &key))
        complain(L, "keep: keys are text or integers, not %s", keep_shown(L, 2));
    if (!keep_resolve(L, 1, &place)) {
        lua_insert(L, 2);
        lua_rawset(L, 2);
        return 0;
    }
    if (set_again(L, &place, &key))
        return 0;
    check_kind(L, &key);
    if (keep_scalar(L, 3, &value))
        set_scalar(L, &place, &key, &value);
    else
        set_table(L, &place, &key);
    return 0;
}
