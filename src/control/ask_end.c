/* Ends what is under way on the same connection: a stream, or an answer that is no longer wanted.
 *
 *   {"do": "end", "of": 7}     the id of the request
 *   {"ok": true} */

#include "control/asks_inside.h"

void ask_end(struct ask *ask, const json_t *request)
{
    const json_t *of;
    const struct field fields[] = {{"of", FIELD_ANY, true, &of}, {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    struct ask *other = ask->asker->first;
    while (other && (other == ask || !other->id || !json_equal(other->id, of)))
        other = other->next;
    if (!other) {
        asks_refuse(ask, ASKS_UNKNOWN, "nothing with that id is under way on this connection");
        return;
    }
    asks_drop(other);
    asks_answer(ask, NULL);
}
