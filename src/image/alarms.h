#pragma once
/* The alarms of one program, for those who look on: rows that the scan's thread writes when an
 * alarm changes, and anybody copies. How many there are is known when the body has ended. What an
 * alarm is and does is Lua's (lua/msm/alarm); here nothing is decided. */

#include <stddef.h>
#include "image/alarm_events.h"

struct alarm_row {
    char name[ALARM_NAME];
    char text[ALARM_TEXT];   /* as it was when the alarm came last */
    char state[ALARM_WORD];  /* "normal", "unacknowledged", "acknowledged", "returned", "latched",
                              "shelved", "suppressed", "out of service" */
    char level[ALARM_WORD];  /* of a limit: "lolo", "lo", "hi", "hihi"; or "" */
    char group[ALARM_NAME];  /* or "" */
    char by[ALARM_WHO];      /* who hid it; or "" */
    char reason[ALARM_TEXT]; /* why; or "" */
    uint8_t priority;        /* 1..4 */
    bool active;             /* the condition is there */
    bool first;              /* the one of its group that came first */
    bool has_value;
    double value;        /* when it came last */
    double since, until; /* UTC seconds when it came last, and when the shelf ends; 0: none */
};

struct alarm_counts {
    unsigned unacknowledged[4], active[4]; /* by priority, 1 first; of those that are not hidden */
    unsigned shelved;                      /* hidden, whatever the reason */
};

struct alarms;

struct alarms *alarms_create(size_t count, struct error *error);
void alarms_destroy(struct alarms *alarms); /* NULL is accepted */

/* The row of an alarm, 0 .. count - 1. The scan's thread, or before it runs. */
void alarms_put(struct alarms *alarms, size_t index, const struct alarm_row *row);

/* From here on any thread; of NULL there are none. */
size_t alarms_count(const struct alarms *alarms);
void alarms_get(struct alarms *alarms, size_t index, struct alarm_row *row);
struct alarm_counts alarms_sum(struct alarms *alarms);

/* Another number after each change. */
uint64_t alarms_version(struct alarms *alarms);
