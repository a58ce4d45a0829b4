#pragma once
/* What happens to alarms, on its way from the scan to who keeps it: a ring of fixed size. Whoever
 * puts something in never waits; what finds no room is counted. Outlives programs. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

enum { ALARM_NAME = 64, ALARM_TEXT = 256, ALARM_WHO = 64, ALARM_WORD = 16 };

struct alarm_event {
    int64_t time;          /* UTC, ns */
    char what[ALARM_WORD]; /* "active", "level", "returned", "acknowledged", "shelved", … as the
                              journal of msm.alarm has them */
    char name[ALARM_NAME];
    char text[ALARM_TEXT];
    char level[ALARM_WORD]; /* "hihi"; or "" */
    char who[ALARM_WHO];    /* or "" */
    char reason[ALARM_TEXT];
    uint8_t priority; /* 1..4 */
    bool has_value;
    double value;
};

struct alarm_events;

struct alarm_events *alarm_events_create(struct error *error);
void alarm_events_destroy(struct alarm_events *events); /* NULL is accepted */

/* Copied. The scan's thread; NULL does nothing. */
void alarm_events_put(struct alarm_events *events, const struct alarm_event *event);

/* The oldest one; false when there is none. *lost: how many found no room since the last call. One
 * thread. */
bool alarm_events_take(struct alarm_events *events, struct alarm_event *event, uint64_t *lost);
