/* Lua in the running program, between two scans.
 *
 *   {"do": "eval", "code": "mem.LEVEL + 1"}
 *   {"ok": true, "text": "21.5"}
 *   {"ok": false, "kind": "failed", "error": "eval:1: attempt to …"} */

#include "control/asks_inside.h"
#include "image/audit.h"

#include <string.h>

enum { CODE_NOTED = 200 };

/* Before it runs: what it does may be the end of everything. */
static void note(const struct ask *ask, const char *code)
{
    audit_note(image_audit(ask->host->image(ask->host->context)), AUDIT_EVAL, &ask->asker->origin,
               strlen(code) > CODE_NOTED ? "%.*s…" : "%.*s", CODE_NOTED, code);
}

void ask_eval(struct ask *ask, const json_t *request)
{
    const json_t *code;
    const struct field fields[] = {{"code", FIELD_TEXT, true, &code}, {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    note(ask, json_string_value(code));
    ask->host->eval(ask->host->context, json_string_value(code), asks_await(ask, "text", false));
}
