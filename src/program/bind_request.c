/* link:request { … }: one request of a script's own, in any function code, and its answer in a
 * later scan. What is asked is judged here; what is answered was judged by the link. A request
 * looks for its answer once a scan, so that it says the same to every line of the logic. */

#include "program/links.h"

#include "base/nearest.h"
#include "image/exception.h"
#include "image/mailbox.h"
#include "program/request_pdu.h"

#include <stdio.h>
#include <string.h>

static const char REQUEST[] = "msm.request";

struct asked {
    struct image *image;
    int ticket;      /* -1: nothing is awaited any more */
    uint64_t scan;   /* the one that asked */
    uint64_t looked; /* the one that looked last */
    enum mail mail;
    uint8_t pdu[MAILBOX_PDU]; /* what was asked */
    size_t asked_length;
    uint8_t answer[MAILBOX_PDU];
    size_t length;
    char error[MAILBOX_ERROR];
};

static struct asked *push_request(lua_State *L)
{
    struct asked *asked = lua_newuserdatauv(L, sizeof *asked, 1);
    *asked = (struct asked){.image = program_of(L)->image, .ticket = -1, .mail = MAIL_WAITS};
    luaL_setmetatable(L, REQUEST);
    return asked;
}

/* A serial line's unit 0 is everybody, and everybody is silent. */
static void check_broadcast(lua_State *L, const struct client_spec *client, const uint8_t *pdu)
{
    if (client->line && client->unit == 0 && request_reads(pdu))
        complain(L,
                 "link:request: %s is a broadcast, which nobody answers; nothing can be read "
                 "there",
                 client->name);
}

static void send_off(lua_State *L, struct asked *asked, uint32_t client)
{
    asked->scan = asked->looked = program_of(L)->cycle.count;
    asked->ticket = mailbox_ask(asked->image, client, asked->pdu, asked->asked_length);
    if (asked->ticket >= 0)
        return;
    asked->mail = MAIL_FAILED;
    lua_pushfstring(L, "%d requests are waiting already, which is the most at a time",
                    MAILBOX_SLOTS);
    strncpy(asked->error, lua_tostring(L, -1), sizeof asked->error - 1);
    lua_pop(L, 1);
}

/* link:request { fc = 3, address = 0, count = 2 }: sends one request to a client's device, between
 * its polls, and returns an object that is answered in a later scan: `done` (a boolean), `error`
 * (text; nil when all went well), `exception` (its code, or nil), `values` (a table of numbers or
 * booleans, of functions 1 to 4 and 23), `bytes` (the answer's PDU as a string). Options by
 * function: 1..4 address, count (1..2000 bits or 1..125 registers); 5, 6 address, value; 15, 16
 * address, values (up to 1968 bits or 123 registers); 22 address, and_mask, or_mask; 23 address,
 * count, write_address, values (up to 121); any other one data, the bytes behind the function code
 * (up to 252). Sent at once, whatever becomes of the scan; at most 64 wait at a time. In tasks,
 * on_start and on_stop. Source: MODBUS Application Protocol V1.1b3, 6. */
int link_request(lua_State *L)
{
    const struct link_object *link = check_link(L, "link:request");
    const struct program *program = program_of(L);
    if (link->is_server)
        complain(L, "link:request: %s is a server, which answers requests and sends none",
                 object_name(L, link));
    if (!program->view)
        complain(L, "link:request: requests are made in tasks or on_start; no link runs before the "
                    "body has ended");
    uint8_t pdu[MAILBOX_PDU];
    size_t length = request_pdu(L, 2, pdu);
    check_broadcast(L, &program->plan->clients[link->index], pdu);
    struct asked *asked = push_request(L);
    memcpy(asked->pdu, pdu, length);
    asked->asked_length = length;
    send_off(L, asked, link->index);
    return 1;
}

static struct asked *check_request(lua_State *L)
{
    return luaL_checkudata(L, 1, REQUEST);
}

/* Looks for the answer, in a later scan than the one that asked and once in each. */
static bool is_done(const struct program *program, struct asked *asked)
{
    uint64_t now = program->cycle.count;
    if (now != asked->looked && asked->ticket >= 0) {
        asked->mail =
            mailbox_look(asked->image, asked->ticket, asked->answer, &asked->length, asked->error);
        if (asked->mail != MAIL_WAITS)
            asked->ticket = -1;
    }
    asked->looked = now;
    return asked->mail != MAIL_WAITS && now != asked->scan;
}

static uint8_t exception_of(const struct asked *asked)
{
    bool is_exception =
        asked->mail == MAIL_ANSWERED && asked->length >= 2 && (asked->answer[0] & 0x80);
    return is_exception ? asked->answer[1] : 0;
}

static void push_done(lua_State *L, const struct asked *asked)
{
    (void)asked;
    lua_pushboolean(L, true);
}

static void push_error(lua_State *L, const struct asked *asked)
{
    char code[8];
    uint8_t exception = exception_of(asked);
    snprintf(code, sizeof code, "%02X", exception);
    if (asked->mail == MAIL_FAILED)
        lua_pushstring(L, asked->error);
    else if (exception)
        lua_pushfstring(L, "exception %s, %s", code, exception_text(exception));
    else
        lua_pushnil(L);
}

static void push_exception(lua_State *L, const struct asked *asked)
{
    if (exception_of(asked))
        lua_pushinteger(L, exception_of(asked));
    else
        lua_pushnil(L);
}

/* Made once and kept, so that looking at it each scan makes no garbage. */
static void push_values(lua_State *L, const struct asked *asked)
{
    if (lua_getiuservalue(L, 1, 1) != LUA_TNIL)
        return;
    if (asked->mail == MAIL_ANSWERED &&
        request_values(L, asked->pdu, asked->answer, asked->length)) {
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, 1, 1);
    }
}

static void push_bytes(lua_State *L, const struct asked *asked)
{
    if (asked->mail == MAIL_ANSWERED)
        lua_pushlstring(L, (const char *)asked->answer, asked->length);
    else
        lua_pushnil(L);
}

static const struct result {
    const char *name;
    void (*push)(lua_State *L, const struct asked *asked); /* once it is done */
} RESULTS[] = {
    {"bytes", push_bytes},         /* the answer's PDU */
    {"done", push_done},           /* whether the answer is here, or will never be */
    {"error", push_error},         /* why there is no good answer, or nil */
    {"exception", push_exception}, /* the device's exception code, or nil */
    {"values", push_values},       /* what was read, counted from 1 */
    {NULL, NULL},
};

static int refuse_unknown(lua_State *L)
{
    const char *asked = key_text(L, 2);
    struct nearest nearest;
    nearest_init(&nearest, asked);
    for (const struct result *row = RESULTS; row->name; row++)
        nearest_offer(&nearest, row->name);
    if (nearest_word(&nearest))
        complain(L, "request.%s is not known; did you mean %s?", asked, nearest_word(&nearest));
    return complain(L, "request.%s is not known; bytes done error exception values are", asked);
}

static int request_index(lua_State *L)
{
    struct asked *asked = check_request(L);
    const char *name = plain_text(L, 2);
    const struct result *row = RESULTS;
    while (row->name && !(name && strcmp(row->name, name) == 0))
        row++;
    if (!row->name)
        return refuse_unknown(L);
    if (is_done(program_of(L), asked))
        row->push(L, asked);
    else if (row->push == push_done)
        lua_pushboolean(L, false);
    else
        lua_pushnil(L);
    return 1;
}

static int request_newindex(lua_State *L)
{
    return complain(L, "request.%s is read only", key_text(L, 2));
}

static int request_tostring(lua_State *L)
{
    struct asked *asked = check_request(L);
    if (!is_done(program_of(L), asked)) {
        lua_pushfstring(L, "request fc %d, waiting", asked->pdu[0]);
        return 1;
    }
    push_error(L, asked);
    const char *error = lua_tostring(L, -1);
    lua_pushfstring(L, "request fc %d, %s", asked->pdu[0], error ? error : "answered");
    return 1;
}

/* Nobody will look: the slot is free for another. */
static int request_drop(lua_State *L)
{
    struct asked *asked = check_request(L);
    if (asked->ticket >= 0)
        mailbox_drop(asked->image, asked->ticket);
    asked->ticket = -1;
    return 0;
}

void open_requests(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", request_drop},
                                    {"__index", request_index},
                                    {"__newindex", request_newindex},
                                    {"__tostring", request_tostring},
                                    {NULL, NULL}};
    luaL_newmetatable(L, REQUEST);
    luaL_setfuncs(L, meta, 0);
    lua_pushliteral(L, "request");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
