/* An alarm is hidden for a time, with a reason; it comes back by itself.
 *
 *   {"do": "shelve", "name": "LEVEL", "for": 1800, "reason": "the sensor is being changed"}
 *   {"ok": true, "shelved": ["LEVEL"]} */

#include "control/alarm_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MOST = 200 };

#define LEAST 1.0
#define MOST (7 * 86400.0)

static void shelve(struct ask *ask, const char *name, double seconds, const char *reason)
{
    char *what = alarm_quote(name), *why = alarm_quote(reason);
    char *who = alarm_quote(ask->asker->origin.peer);
    char arguments[2048];
    snprintf(arguments, sizeof arguments, "%s, %.3f, %s, %s", what ? what : "nil", seconds,
             why ? why : "nil", who ? who : "nil");
    free(what);
    free(why);
    free(who);
    audit_note(image_audit(ask->host->image(ask->host->context)), AUDIT_ALARM, &ask->asker->origin,
               "shelved %s for %.0f s: %s", name, seconds, reason);
    alarm_call(ask, "shelve", arguments, "shelved");
}

void ask_shelve(struct ask *ask, const json_t *request)
{
    const json_t *name, *time, *reason;
    const struct field fields[] = {{"name", FIELD_TEXT, true, &name},
                                   {"for", FIELD_NUMBER, true, &time},
                                   {"reason", FIELD_TEXT, true, &reason},
                                   {NULL, 0, false, NULL}};
    struct alarm_row row;
    if (!asks_fields(ask, request, fields))
        return;
    double seconds = json_number_value(time);
    size_t length = json_string_length(reason);
    if (!(seconds >= LEAST && seconds <= MOST))
        asks_refuse(ask, ASKS_USAGE, "shelve: \"for\" is %g s to 7 days, not %g s", LEAST, seconds);
    else if (!length || length > REASON_MOST)
        asks_refuse(ask, ASKS_USAGE, "shelve: \"reason\" has 1 to %d bytes", REASON_MOST);
    else if (alarm_find(ask, json_string_value(name), &row))
        shelve(ask, row.name, seconds, json_string_value(reason));
}
