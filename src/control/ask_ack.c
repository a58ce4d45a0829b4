/* Somebody has seen an alarm, or all of them; what is held only by its latch is let go. It stays on
 * as long as it is.
 *
 *   {"do": "ack", "name": "LEVEL"}
 *   {"do": "ack", "all": true}
 *   {"ok": true, "acknowledged": ["LEVEL"]}        those that were not before */

#include "control/alarm_ask.h"

#include <stdio.h>
#include <stdlib.h>

static void acknowledge(struct ask *ask, const char *name)
{
    char *what = name ? alarm_quote(name) : NULL, *who = alarm_quote(ask->asker->origin.peer);
    char arguments[1024];
    snprintf(arguments, sizeof arguments, "%s, %s", what ? what : "nil", who ? who : "nil");
    free(what);
    free(who);
    audit_note(image_audit(ask->host->image(ask->host->context)), AUDIT_ALARM, &ask->asker->origin,
               "acknowledged %s", name ? name : "all");
    alarm_call(ask, "ack", arguments, "acknowledged");
}

void ask_ack(struct ask *ask, const json_t *request)
{
    const json_t *name, *all;
    const struct field fields[] = {{"name", FIELD_TEXT, false, &name},
                                   {"all", FIELD_BOOLEAN, false, &all},
                                   {NULL, 0, false, NULL}};
    struct alarm_row row;
    if (!asks_fields(ask, request, fields))
        return;
    if ((name != NULL) == json_is_true(all))
        asks_refuse(ask, ASKS_USAGE, "ack: takes either \"name\" or \"all\": true");
    else if (!name &&
             alarms_count(ask->host->alarms ? ask->host->alarms(ask->host->context) : NULL) == 0)
        asks_answer(ask, json_pack("{s:[]}", "acknowledged"));
    else if (!name || alarm_find(ask, json_string_value(name), &row))
        acknowledge(ask, name ? row.name : NULL);
}
