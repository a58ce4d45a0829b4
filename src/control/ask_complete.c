/* How code could go on, for who types it into eval.
 *
 *   {"do": "complete", "code": "mem.SET"}
 *   {"ok": true, "words": ["mem.SETPOINT"]} */

#include "control/asks_inside.h"

void ask_complete(struct ask *ask, const json_t *request)
{
    const json_t *code;
    const struct field fields[] = {{"code", FIELD_TEXT, true, &code}, {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    ask->host->complete(ask->host->context, json_string_value(code),
                        asks_await(ask, "words", true));
}
