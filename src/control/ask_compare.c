/* What a reload would do.
 *
 *   {"do": "compare"}                              the running program's own script
 *   {"do": "compare", "path": "/home/me/new.lua"}
 *   {"ok": true, "lines": ["tank.lua:2: mem.LEVEL moves from holding 0 to holding 4"]} */

#include "control/asks_inside.h"

void ask_compare(struct ask *ask, const json_t *request)
{
    const json_t *path;
    const struct field fields[] = {{"path", FIELD_TEXT, false, &path}, {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    ask->host->compare(ask->host->context, json_string_value(path), asks_await(ask, "lines", true));
}
