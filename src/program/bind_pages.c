/* A page of the script's own, of the functions of msm.core: msm.ui has made its text and knows what
 * it names; both go into the plan, and nothing of Lua's stays. */

#include "program/inside.h"

/* Text from field `key` of the table on top, kept by the plan. */
static const char *text_field(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    size_t length;
    const char *text = luaL_checklstring(L, -1, &length);
    check_room(L, length);
    text = plan_string(program_of(L)->plan, text);
    lua_pop(L, 1);
    return text;
}

/* The value on top; its text becomes the plan's. */
static void keep_value(lua_State *L, struct page_use *use)
{
    use->has_value = to_value(L, -1, &use->value);
    if (use->has_value && use->value.kind == VALUE_STRING)
        use->value.string.bytes = plan_string(program_of(L)->plan, use->value.string.bytes);
}

static uint8_t take_needs(lua_State *L)
{
    static const struct {
        const char *key;
        uint8_t need;
    } rows[] = {{"number", PAGE_NUMBER},
                {"boolean", PAGE_BOOLEAN},
                {"labelled", PAGE_LABELLED},
                {"single", PAGE_SINGLE},
                {"settable", PAGE_SETTABLE}};
    uint8_t needs = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lua_getfield(L, -1, rows[i].key);
        needs |= lua_toboolean(L, -1) ? rows[i].need : 0;
        lua_pop(L, 1);
    }
    return needs;
}

/* Of the table on top. */
static struct page_use take_use(lua_State *L)
{
    struct page_use use = {.name = text_field(L, "name"),
                           .what = text_field(L, "what"),
                           .where = text_field(L, "where"),
                           .needs = take_needs(L)};
    lua_getfield(L, -1, "value");
    keep_value(L, &use);
    lua_pop(L, 1);
    return use;
}

/* core.page(title): a page begins; its rows are still to come. Body only.
 * core.page(title, json, uses): its rows; `uses` is a list of what it names, { name = "PUMP", what
 * = "ui.switch", where = "tank.lua:30", boolean = true, … } with the words of enum page_need, and
 * the `value` that it writes. Body only. */
static int make_page(lua_State *L)
{
    struct program *program = program_of(L);
    struct error error;
    require_body(L, "ui.page");
    size_t length;
    const char *title = luaL_checkstring(L, 1), *json = luaL_optlstring(L, 2, NULL, &length);
    size_t count = json ? lua_rawlen(L, 3) : 0;
    check_room(L, length + count * sizeof(struct page_use));
    struct page_use *uses = plan_alloc(program->plan, (count + 1) * sizeof *uses);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        uses[i] = take_use(L);
        lua_pop(L, 1);
    }
    const struct page page = {.title = plan_string(program->plan, title),
                              .where = user_line(L),
                              .json = json ? plan_string(program->plan, json) : NULL,
                              .uses = uses,
                              .use_count = count};
    return plan_page(program->plan, &page, &error) ? 0 : complain(L, "%s", error.text);
}

void add_pages(lua_State *L)
{
    static const luaL_Reg functions[] = {{"page", make_page}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
