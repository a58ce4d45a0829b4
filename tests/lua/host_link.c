/* Devices at the other end of the test program's clients, at the level of the image: what a client
 * would make of them is said by the test, with the very calls that a client makes.
 *
 * host.link(mem, { online =, complete =, errors =, answered =, returned =, error = "text" })
 *                                    publishes the status of mem's client; host.link("name", …)
 *                                    of the link of that name; returns whether it shall run
 * host.device(mem, name, value, quality)
 *                                    the device has this value; quality "good" unless stated.
 *                                    Returns how many groups were overtaken
 * host.pending(mem)                  collects what changed here: a list of names, in their order
 * host.deliver(mem, name, delivery, reason)
 *                                    what became of a value that was collected
 * host.asked(mem)                    takes the oldest request: its ticket and PDU, or nil
 * host.answer(ticket, bytes), host.fail(ticket, text)
 */

#include "host.h"

#include "image/link.h"
#include "image/mailbox.h"
#include "image/mirror.h"
#include "program/bind_memory.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHANGES = 64 };

static struct image *image_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static uint32_t check_client(lua_State *L, int index)
{
    int memory = check_memory(L, index, "host");
    int client = memory_row(L, memory)->client;
    luaL_argcheck(L, client >= 0, index, "memory without a client");
    return (uint32_t)client;
}

static size_t check_number(lua_State *L, int index)
{
    const struct plan *plan = image_plan(image_of(L));
    if (lua_type(L, index) != LUA_TSTRING)
        return check_client(L, index);
    for (size_t link = 0; link < link_count(plan); link++) {
        if (strcmp(link_name(plan, link), lua_tostring(L, index)) == 0)
            return link;
    }
    return (size_t)luaL_argerror(L, index, "no link of that name");
}

static bool flag(lua_State *L, const char *key, bool unless)
{
    bool set = lua_getfield(L, 2, key) == LUA_TNIL ? unless : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

static lua_Integer number(lua_State *L, const char *key, lua_Integer unless)
{
    lua_getfield(L, 2, key);
    lua_Integer value = luaL_optinteger(L, -1, unless);
    lua_pop(L, 1);
    return value;
}

static int publish_link(lua_State *L)
{
    struct image *image = image_of(L);
    size_t link = check_number(L, 1);
    struct link_status status = link_look(image, link);
    luaL_checktype(L, 2, LUA_TTABLE);
    if (lua_getfield(L, 2, "error") == LUA_TSTRING)
        link_error(image, link, lua_tostring(L, -1));
    lua_pop(L, 1);
    status.errors = (uint64_t)number(L, "errors", (lua_Integer)link_look(image, link).errors);
    status.online = flag(L, "online", status.online);
    status.complete = flag(L, "complete", status.complete);
    status.conflicts = (uint64_t)number(L, "conflicts", (lua_Integer)status.conflicts);
    if (flag(L, "answered", false))
        status.answered = host_now(L);
    link_publish(image, link, &status, flag(L, "returned", false));
    lua_pushboolean(L, link_wanted(image, link));
    return 1;
}

static const struct variable *find(lua_State *L, int index)
{
    int memory = check_memory(L, index, "host");
    const struct plan *plan = image_plan(image_of(L));
    int variable = plan_find_variable(plan, (uint32_t)memory, luaL_checkstring(L, index + 1));
    luaL_argcheck(L, variable >= 0, index + 1, "no such variable");
    return plan->variables[variable];
}

/* A copy of the client's cells as it would keep it. */
static uint16_t *copy_cells(struct image *image, uint32_t client)
{
    uint16_t *cells = calloc(plan_client_cells(image_plan(image), client).count + 1, sizeof *cells);
    if (cells)
        mirror_copy(image, client, cells);
    return cells ? cells : (abort(), NULL);
}

static int device(lua_State *L)
{
    static const char *const qualities[] = {"good", "stale", "never", "range", "invalid", NULL};
    struct image *image = image_of(L);
    const struct plan *plan = image_plan(image);
    uint32_t client = check_client(L, 1);
    const struct variable *v = find(L, 1);
    struct value value;
    struct error error;
    int64_t now = host_now(L);
    struct mirror_news news = {.group = plan->points[v->point].group,
                               .quality = (uint8_t)luaL_checkoption(L, 4, "good", qualities)};
    uint16_t words[VARIABLE_MAX_WORDS];
    uint16_t *cells = copy_cells(image, client);
    if (to_value(L, 3, &value)) {
        news.take = true;
        if (!variable_set(v, 0, &value, words, v->mask, &error))
            return free(cells), luaL_error(L, "%s", error.text);
        uint16_t *at = cells + v->cell - plan_client_cells(plan, client).first;
        *at = (uint16_t)((*at & ~v->mask) | words[0]);
        memcpy(at + 1, words + 1, (v->words - 1u) * sizeof *at);
    }
    size_t overtaken = mirror_tell(image, client, &news, 1, cells, now);
    if (news.quality == QUALITY_GOOD)
        mirror_arrived(image, &news.group, 1, now);
    free(cells);
    lua_pushinteger(L, (lua_Integer)overtaken);
    return 1;
}

static int pending(lua_State *L)
{
    struct image *image = image_of(L);
    const struct plan *plan = image_plan(image);
    uint32_t client = check_client(L, 1);
    struct mirror_change changes[MOST_CHANGES];
    host_now(L);
    uint16_t *cells = copy_cells(image, client);
    size_t count = mirror_collect(image, client, changes, MOST_CHANGES, cells);
    free(cells);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        int32_t variable = plan->groups[changes[i].group].variable;
        lua_pushstring(L, variable < 0 ? "raw" : plan->variables[variable]->name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int deliver(lua_State *L)
{
    static const char *const deliveries[] = {"none",    "pending", "confirmed",
                                             "refused", "expired", NULL};
    struct image *image = image_of(L);
    uint32_t client = check_client(L, 1);
    const struct variable *v = find(L, 1);
    struct mirror_news news = {.group = image_plan(image)->points[v->point].group,
                               .delivered = true,
                               .delivery = (uint8_t)luaL_checkoption(L, 3, NULL, deliveries),
                               .reason = (uint8_t)luaL_optinteger(L, 4, 0)};
    int64_t now = host_now(L);
    uint16_t *cells = copy_cells(image, client);
    mirror_tell(image, client, &news, 1, cells, now);
    free(cells);
    return 0;
}

static int asked(lua_State *L)
{
    uint8_t pdu[MAILBOX_PDU];
    size_t length;
    int ticket = mailbox_take(image_of(L), check_client(L, 1), pdu, &length);
    if (ticket < 0)
        return 0;
    lua_pushinteger(L, ticket);
    lua_pushlstring(L, (const char *)pdu, length);
    return 2;
}

static int answer(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length && length <= MAILBOX_PDU, 2, "1..253 bytes");
    mailbox_answer(image_of(L), (int)luaL_checkinteger(L, 1), (const uint8_t *)bytes, length);
    return 0;
}

static int fail(lua_State *L)
{
    mailbox_fail(image_of(L), (int)luaL_checkinteger(L, 1), luaL_checkstring(L, 2));
    return 0;
}

void host_add_links(lua_State *L, struct image *image)
{
    static const luaL_Reg functions[] = {
        {"answer", answer}, {"asked", asked},       {"deliver", deliver}, {"device", device},
        {"fail", fail},     {"link", publish_link}, {"pending", pending}, {NULL, NULL}};
    lua_pushlightuserdata(L, image);
    luaL_setfuncs(L, functions, 1);
}
