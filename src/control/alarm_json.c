/* What is known of alarms, as PROTOCOL.md has it. */

#include "control/alarm_json.h"

static json_t *four(const unsigned counts[4])
{
    return json_pack("[i,i,i,i]", (int)counts[0], (int)counts[1], (int)counts[2], (int)counts[3]);
}

json_t *alarm_counts_json(struct alarms *alarms)
{
    struct alarm_counts counts = alarms_sum(alarms);
    return json_pack("{s:o,s:o,s:i,s:I}", "unacknowledged", four(counts.unacknowledged), "active",
                     four(counts.active), "shelved", (int)counts.shelved, "version",
                     (json_int_t)alarms_version(alarms));
}
