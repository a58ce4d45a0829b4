/* Which option belongs to which function code is a table; what is left is to write the parts in the
 * order in which they travel, high byte first. */

#include "program/request_pdu.h"

#include "image/mailbox.h"

#include <string.h>

enum {
    ADDRESS = 1 << 0,
    COUNT = 1 << 1,
    WRITE_ADDRESS = 1 << 2,
    VALUE = 1 << 3,
    VALUES = 1 << 4,
    AND_MASK = 1 << 5,
    OR_MASK = 1 << 6,
    DATA = 1 << 7,
    MOST_BITS = 1968
};

static const struct shape {
    uint8_t fc;
    bool bits;
    uint16_t takes;
    uint16_t most_read, most_written;
} SHAPES[] = {
    {1, true, ADDRESS | COUNT, 2000, 0},
    {2, true, ADDRESS | COUNT, 2000, 0},
    {3, false, ADDRESS | COUNT, 125, 0},
    {4, false, ADDRESS | COUNT, 125, 0},
    {5, true, ADDRESS | VALUE, 0, 1},
    {6, false, ADDRESS | VALUE, 0, 1},
    {15, true, ADDRESS | VALUES, 0, MOST_BITS},
    {16, false, ADDRESS | VALUES, 0, 123},
    {22, false, ADDRESS | AND_MASK | OR_MASK, 0, 1},
    {23, false, ADDRESS | COUNT | WRITE_ADDRESS | VALUES, 125, 121},
    {0, false, DATA, 0, 0}, /* any other one */
};

/* What the options say. */
struct parts {
    uint16_t given; /* which of them */
    lua_Integer fc, address, count, write_address, and_mask, or_mask;
    uint16_t words[MOST_BITS]; /* values */
    uint16_t word_count;
};

static bool take(lua_State *L, struct parts *parts, int option, lua_Integer least, lua_Integer most,
                 lua_Integer *integer)
{
    parts->given |= (uint16_t)option;
    return read_integer(L, -1, least, most, integer);
}

static bool set_address(lua_State *L, void *target)
{
    struct parts *parts = target;
    return take(L, parts, ADDRESS, 0, UINT16_MAX, &parts->address);
}

static bool set_and_mask(lua_State *L, void *target)
{
    struct parts *parts = target;
    return take(L, parts, AND_MASK, 0, UINT16_MAX, &parts->and_mask);
}

static bool set_count(lua_State *L, void *target)
{
    struct parts *parts = target;
    return take(L, parts, COUNT, 1, 2000, &parts->count);
}

/* data, value and values mean something only with the function code, so they are read later. */
static bool set_data(lua_State *L, void *target)
{
    ((struct parts *)target)->given |= DATA;
    return lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) < MAILBOX_PDU;
}

static bool set_fc(lua_State *L, void *target)
{
    return read_integer(L, -1, 1, 127, &((struct parts *)target)->fc);
}

static bool set_or_mask(lua_State *L, void *target)
{
    struct parts *parts = target;
    return take(L, parts, OR_MASK, 0, UINT16_MAX, &parts->or_mask);
}

static bool set_value(lua_State *L, void *target)
{
    ((struct parts *)target)->given |= VALUE;
    return lua_type(L, -1) == LUA_TBOOLEAN || lua_type(L, -1) == LUA_TNUMBER;
}

static bool set_values(lua_State *L, void *target)
{
    ((struct parts *)target)->given |= VALUES;
    return lua_istable(L, -1);
}

static bool set_write_address(lua_State *L, void *target)
{
    struct parts *parts = target;
    return take(L, parts, WRITE_ADDRESS, 0, UINT16_MAX, &parts->write_address);
}

/* In the order of the flags, which is that of a PDU. */
static const char *const NAMES[] = {"address", "count",    "write_address", "value",
                                    "values",  "and_mask", "or_mask",       "data"};
enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

static const struct option OPTIONS[] = {
    {"address", "a number, 0..65535", set_address},
    {"and_mask", "a number, 0..65535", set_and_mask},
    {"count", "a number, 1..125 registers or 1..2000 bits", set_count},
    {"data", "a string of up to 252 bytes, what follows the function code", set_data},
    {"fc", "a function code, 1..127", set_fc},
    {"or_mask", "a number, 0..65535", set_or_mask},
    {"value", "true or false for a coil, a number 0..65535 for a register", set_value},
    {"values", "a table of what value takes", set_values},
    {"write_address", "a number, 0..65535", set_write_address},
    {NULL, NULL, NULL},
};

static const struct shape *shape_of(lua_Integer fc)
{
    const struct shape *shape = SHAPES;
    while (shape->fc && shape->fc != fc)
        shape++;
    return shape;
}

/* Pushes the names of those options. */
static const char *names_of(lua_State *L, uint16_t options)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = 0; i < NAME_COUNT; i++) {
        if (!(options >> i & 1))
            continue;
        if (luaL_bufflen(&text))
            luaL_addchar(&text, ' ');
        luaL_addstring(&text, NAMES[i]);
    }
    luaL_pushresult(&text);
    return lua_tostring(L, -1);
}

static void check_given(lua_State *L, const struct parts *parts, const struct shape *shape)
{
    uint16_t needed = shape->takes == DATA ? 0 : shape->takes;
    uint16_t missing = (uint16_t)(needed & ~parts->given);
    uint16_t beside = (uint16_t)(parts->given & ~shape->takes);
    if (!parts->fc)
        complain(L, "link:request: fc is missing, the function code; { fc = 3, address = 0, count "
                    "= 2 } reads two holding registers");
    if (missing)
        complain(L, "link:request: fc = %d needs %s", (int)parts->fc, names_of(L, missing));
    if (beside) {
        const char *other = names_of(L, beside);
        complain(L, "link:request: fc = %d takes %s, not %s", (int)parts->fc,
                 names_of(L, shape->takes), other);
    }
}

static void check_range(lua_State *L, const struct parts *parts, const struct shape *shape)
{
    lua_Integer written = parts->given & WRITE_ADDRESS ? parts->write_address : parts->address;
    if (parts->count > shape->most_read && shape->most_read)
        complain(L, "link:request: fc = %d reads at most %d %s, not %d", (int)parts->fc,
                 shape->most_read, shape->bits ? "bits" : "registers", (int)parts->count);
    if (parts->address + parts->count > UINT16_MAX + 1)
        complain(L, "link:request: address %d and count %d go beyond 65535", (int)parts->address,
                 (int)parts->count);
    if (written + parts->word_count > UINT16_MAX + 1)
        complain(L, "link:request: address %d and %d values go beyond 65535", (int)written,
                 parts->word_count);
}

/* The value on top, number `i` of several or 0, as a word. */
static uint16_t word_of(lua_State *L, const struct shape *shape, int i)
{
    lua_Integer word = lua_toboolean(L, -1);
    bool ok =
        shape->bits ? lua_type(L, -1) == LUA_TBOOLEAN : read_integer(L, -1, 0, UINT16_MAX, &word);
    const char *name = i ? lua_pushfstring(L, "values[%d]", i) : "value";
    if (!ok)
        complain(L, "link:request: fc = %d: %s takes %s, not %s", shape->fc, name,
                 shape->bits ? "true or false" : "a number 0..65535", shown(L, i ? -2 : -1));
    if (i)
        lua_pop(L, 1);
    return (uint16_t)word;
}

static void read_values(lua_State *L, int index, struct parts *parts, const struct shape *shape)
{
    lua_pushstring(L, parts->given & VALUES ? "values" : "value");
    lua_rawget(L, index);
    if (parts->given & VALUE) {
        parts->words[0] = word_of(L, shape, 0);
        parts->word_count = 1;
    } else if (parts->given & VALUES) {
        lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
        if (count < 1 || count > shape->most_written)
            complain(L, "link:request: fc = %d writes 1..%d values, not %d", shape->fc,
                     shape->most_written, (int)count);
        for (int i = 1; i <= count; i++, lua_pop(L, 1)) {
            lua_rawgeti(L, -1, i);
            parts->words[i - 1] = word_of(L, shape, i);
        }
        parts->word_count = (uint16_t)count;
    }
    lua_pop(L, 1);
}

static uint8_t *put_word(uint8_t *at, lua_Integer word)
{
    at[0] = (uint8_t)(word >> 8);
    at[1] = (uint8_t)word;
    return at + 2;
}

/* Quantity, byte count, values. */
static uint8_t *put_values(uint8_t *at, const struct parts *parts, bool bits)
{
    uint16_t count = parts->word_count;
    at = put_word(at, count);
    size_t bytes = bits ? (count + 7u) / 8 : count * 2u;
    *at++ = (uint8_t)bytes;
    memset(at, 0, bytes);
    for (uint16_t i = 0; i < count; i++) {
        if (bits)
            at[i / 8] |= (uint8_t)(parts->words[i] << i % 8);
        else
            put_word(at + i * 2, parts->words[i]);
    }
    return at + bytes;
}

static size_t write_parts(const struct parts *parts, const struct shape *shape, uint8_t *pdu)
{
    uint8_t *at = pdu;
    *at++ = (uint8_t)parts->fc;
    at = put_word(at, parts->address);
    if (shape->takes & COUNT)
        at = put_word(at, parts->count);
    if (shape->takes & WRITE_ADDRESS)
        at = put_word(at, parts->write_address);
    if (shape->takes & AND_MASK)
        at = put_word(put_word(at, parts->and_mask), parts->or_mask);
    if (shape->takes & VALUE)
        at = put_word(at, shape->bits ? parts->words[0] * 0xFF00 : parts->words[0]);
    if (shape->takes & VALUES)
        at = put_values(at, parts, shape->bits);
    return (size_t)(at - pdu);
}

/* A function code of the user's own and the bytes behind it. */
static size_t write_data(lua_State *L, int index, const struct parts *parts, uint8_t *pdu)
{
    size_t length = 0;
    lua_pushliteral(L, "data");
    lua_rawget(L, index);
    const char *data = lua_tolstring(L, -1, &length);
    pdu[0] = (uint8_t)parts->fc;
    if (data)
        memcpy(pdu + 1, data, length);
    lua_pop(L, 1);
    return length + 1;
}

size_t request_pdu(lua_State *L, int index, uint8_t *pdu)
{
    struct parts parts = {0};
    if (!lua_istable(L, index))
        complain(L,
                 "link:request takes a table, link:request { fc = 3, address = 0, count = 2 }, "
                 "not %s",
                 shown(L, index));
    read_options(L, index, OPTIONS, &parts, "link:request");
    const struct shape *shape = shape_of(parts.fc);
    check_given(L, &parts, shape);
    if (!shape->fc)
        return write_data(L, index, &parts, pdu);
    read_values(L, index, &parts, shape);
    check_range(L, &parts, shape);
    return write_parts(&parts, shape, pdu);
}

bool request_reads(const uint8_t *pdu)
{
    return shape_of(pdu[0])->most_read > 0;
}

/* An answer to a read is function code, byte count, and the values in the order asked for. */
bool request_values(lua_State *L, const uint8_t *pdu, const uint8_t *answer, size_t length)
{
    const struct shape *shape = shape_of(pdu[0]);
    uint16_t count = (uint16_t)(pdu[3] << 8 | pdu[4]);
    size_t bytes = shape->bits ? (count + 7u) / 8 : count * 2u;
    if (!shape->most_read || length != bytes + 2 || answer[0] != pdu[0]) {
        lua_pushnil(L);
        return false;
    }
    lua_createtable(L, count, 0);
    for (uint16_t i = 0; i < count; i++) {
        const uint8_t *at = answer + 2 + (shape->bits ? i / 8 : i * 2);
        if (shape->bits)
            lua_pushboolean(L, *at >> i % 8 & 1);
        else
            lua_pushinteger(L, at[0] << 8 | at[1]);
        lua_rawseti(L, -2, i + 1);
    }
    return true;
}
