#pragma once
/* Which point of a script's plan is which of a recording's. */

#include <stdbool.h>
#include <stdio.h>
#include "image/plan.h"
#include "record/recording.h"

#define REPLAY_NONE UINT32_MAX

struct replay_match {
    uint32_t *points; /* by recorded point: the script's, or REPLAY_NONE */
    uint32_t *links;  /* by recorded link: likewise */
    uint16_t *masks;  /* by the script's cell: bits that were recorded */
    uint32_t *first;  /* by recorded cell: where in `over` begin the points that lie over it … */
    uint32_t *over;   /* … recorded ones that the script has */
    uint32_t *pulses; /* such points of variables with `pulse` */
    size_t pulse_count;
    size_t gone, new; /* points that only the recording has, and only the script */
    char first_gone[160], first_new[160]; /* one of each, or "" */
};

void replay_match_make(struct replay_match *match, const struct recording *recording,
                       const struct plan *plan);
void replay_match_finish(struct replay_match *match);
