/* Kinds stand side by side: booleans, integers, numbers, text. */

#include "program/lua_value.h"

bool to_value(lua_State *L, int index, struct value *value)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        value->kind = VALUE_BOOLEAN;
        value->boolean = lua_toboolean(L, index);
        return true;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            value->kind = VALUE_INTEGER;
            value->integer = lua_tointeger(L, index);
        } else {
            value->kind = VALUE_NUMBER;
            value->number = lua_tonumber(L, index);
        }
        return true;
    case LUA_TSTRING:
        value->kind = VALUE_STRING;
        value->string.bytes = lua_tolstring(L, index, &value->string.length);
        return true;
    default:
        return false;
    }
}

void push_value(lua_State *L, const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOLEAN:
        lua_pushboolean(L, value->boolean);
        break;
    case VALUE_INTEGER:
        lua_pushinteger(L, value->integer);
        break;
    case VALUE_NUMBER:
        lua_pushnumber(L, value->number);
        break;
    case VALUE_STRING:
        lua_pushlstring(L, value->string.bytes, value->string.length);
        break;
    }
}
