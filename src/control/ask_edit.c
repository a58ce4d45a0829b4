/* Another text of one of the program's files, as source gave it; answered when probation has ended.
 * With "try" only what a reload with it would do.
 *
 *   {"do": "edit", "text": "…", "base": "…"}
 *   {"ok": true, "text": ""}
 *   {"ok": false, "kind": "refused", "error": "refused, nothing has changed: tank.lua:12: …",
 *    "errors": [{"file": "tank.lua", "line": 12, "text": "…"}]} */

#include "control/asks_inside.h"

void ask_edit(struct ask *ask, const json_t *request)
{
    const json_t *path, *text, *base, *tries;
    const struct field fields[] = {{"path", FIELD_TEXT, false, &path},
                                   {"text", FIELD_TEXT, true, &text},
                                   {"base", FIELD_TEXT, true, &base},
                                   {"try", FIELD_BOOLEAN, false, &tries},
                                   {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    if (!asks_source(ask, json_string_value(path)))
        return;
    const struct host_edit edit = {.path = json_string_value(path),
                                   .text = json_string_value(text),
                                   .length = json_string_length(text),
                                   .base = json_string_value(base),
                                   .tries = json_is_true(tries)};
    ask->marks = true;
    ask->host->edit(ask->host->context, &edit, &ask->asker->origin, asks_await(ask, "text", false));
}
