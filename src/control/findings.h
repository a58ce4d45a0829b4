#pragma once
/* What a person would want to know about a plan, one line for each, and how many there were. */

#include "image/plan.h"

struct findings {
    const struct plan *plan; /* sealed */
    void (*say)(const char *line);
    unsigned count;
};

/* Says "tank.lua:2: " and the text. */
void findings_add(struct findings *findings, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Each pair of overlapping variables once, at the later declaration. */
void findings_overlaps(struct findings *findings);

/* Addresses between variables that nobody declared: masters read 0 there. */
void findings_gaps(struct findings *findings);

/* Options for the device on variables that overlap others: a client exchanges those as one, and
 * only the widest one's options hold. */
void findings_options(struct findings *findings);

/* Memories with a client whose values of several registers rest on the order taken for granted: the
 * commonest mistake with a new device. */
void findings_orders(struct findings *findings);
