/* Ends the program; the connection is closed when it has ended.
 *
 *   {"do": "stop"}
 *   {"ok": true} */

#include "control/asks_inside.h"

void ask_stop(struct ask *ask, const json_t *request)
{
    const struct field fields[] = {{NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    const struct control_host *host = ask->host;
    const struct origin origin = ask->asker->origin;
    asks_answer(ask, NULL);
    host->stop(host->context, &origin);
}
