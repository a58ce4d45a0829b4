#pragma once
/* What a declaration says for the people in front of it: at which values an alarm stands, what
 * pages offer, what the history keeps. Nothing here touches a value or what masters may do. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

struct variable;

/* The limits of IEC 62682 (ISA-18.2), from the lowest. */
enum alarm_level { LEVEL_LOLO, LEVEL_LO, LEVEL_HI, LEVEL_HIHI, LEVEL_COUNT };

/* 1 is the most urgent one, as people number them. */
enum { PRIORITY_URGENT = 1, PRIORITY_HIGH, PRIORITY_MEDIUM, PRIORITY_LOW };

/* What the pages offer of a variable: to set it, only to see it, nothing. Masters are not meant. */
enum hmi_access { HMI_RW, HMI_RO, HMI_HIDE };

/* All zero: no alarm, shown, kept in the history at each change. */
struct people {
    bool has[LEVEL_COUNT];       /* by enum alarm_level */
    double limit[LEVEL_COUNT];   /* in the variable's own unit */
    double deadband;             /* of the alarm: how far back inside a limit it must come */
    int64_t on_delay, off_delay; /* ns */
    uint8_t priority;            /* PRIORITY_…; 0: not stated, that is MEDIUM */
    enum hmi_access hmi;
    bool confirm;    /* a page asks before it writes */
    bool unrecorded; /* history = false */
    double history;  /* what differs by less from what was kept last is not kept; 0: every change */
};

/* "lolo", "lo", "hi", "hihi". */
const char *people_level_name(enum alarm_level level);

/* Whether an alarm is declared. */
bool people_has_limits(const struct people *people);

/* Refuses what would do nothing: limits of what is no number, out of order, or where the value
 * never comes; delays without a limit. After the raw bounds are known; for variable_prepare. */
bool people_check(const struct variable *variable, struct error *error);
