/* Loads the script again; answered when probation has ended.
 *
 *   {"do": "reload"}
 *   {"ok": true, "text": ""}                       or a line for each remark about a value
 *   {"ok": false, "kind": "refused", "error": "tank.lua:12: …"}   nothing was changed
 *   {"ok": false, "kind": "failed", "error": "…"}                 it was rolled back */

#include "control/asks_inside.h"

void ask_reload(struct ask *ask, const json_t *request)
{
    const struct field fields[] = {{NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    ask->host->reload(ask->host->context, &ask->asker->origin, asks_await(ask, "text", false));
}
