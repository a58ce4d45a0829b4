/* A shelved alarm is shown again before its time.
 *
 *   {"do": "unshelve", "name": "LEVEL"}
 *   {"ok": true, "unshelved": ["LEVEL"]}      [] where it was not */

#include "control/alarm_ask.h"

#include <stdio.h>
#include <stdlib.h>

void ask_unshelve(struct ask *ask, const json_t *request)
{
    const json_t *name;
    const struct field fields[] = {{"name", FIELD_TEXT, true, &name}, {NULL, 0, false, NULL}};
    struct alarm_row row;
    char arguments[1024];
    if (!asks_fields(ask, request, fields) || !alarm_find(ask, json_string_value(name), &row))
        return;
    char *what = alarm_quote(row.name), *who = alarm_quote(ask->asker->origin.peer);
    snprintf(arguments, sizeof arguments, "%s, %s", what ? what : "nil", who ? who : "nil");
    free(what);
    free(who);
    audit_note(image_audit(ask->host->image(ask->host->context)), AUDIT_ALARM, &ask->asker->origin,
               "unshelved %s", row.name);
    alarm_call(ask, "unshelve", arguments, "unshelved");
}
