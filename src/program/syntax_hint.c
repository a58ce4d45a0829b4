/* What people write who come from other languages, by what Lua says of it. */

#include "program/inside.h"

#include <string.h>

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), most = strlen(end);
    return length >= most && strcmp(text + length - most, end) == 0;
}

void add_syntax_hint(lua_State *L)
{
    static const char *const rows[][2] = {
        {"near '!'", "; not equal is ~= in Lua, and !x is: not x"},
        {"near '&'", "; && is in Lua: and"},
        {"near '|'", "; || is in Lua: or"},
        {"'then' expected near '='", "; = assigns, == compares"},
        {"'do' expected near '='", "; = assigns, == compares"},
        {"')' expected near '='",
         "; options are a table, { min = 3 } in braces; what compares is =="},
        {"syntax error near '=='", "; == compares, = assigns"},
        {"syntax error near '+'", "; Lua has no += and ++; x = x + 1 does it"},
        {"syntax error near '-'", "; Lua has no -= and --; x = x - 1 does it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!ends_in(lua_tostring(L, -1), rows[i][0]))
            continue;
        lua_pushstring(L, rows[i][1]);
        lua_concat(L, 2);
        return;
    }
}
