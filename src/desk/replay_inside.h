#pragma once
/* What replay.c, which plays, and replay_say.c, which tells, share. */

#include "desk/replay.h"
#include "desk/replay_match.h"
#include "run/generation.h"

struct replay {
    const struct replay_options *options;
    FILE *out;
    struct recording *recording;
    struct generation *current; /* NULL: nothing was loaded yet, or it is passed over */
    struct keeps *keeps;
    struct replay_match match;
    uint16_t *expected; /* by cell of the script's: what has to be there */
    uint16_t *came;     /* and what was there before the scan */
    struct error fault; /* of the scan under way, or "" */
    struct instant begin, end;
    bool has_begun;
    bool damaged; /* some of the recording could not be read */
    uint64_t scans, loads, passed_over;
};

/* The first difference. */
void replay_say_difference(const struct replay *replay);

/* What only one of recording and script has; once. */
void replay_say_matching(const struct replay *replay);

/* Up to here it was the same. */
void replay_say_same(const struct replay *replay);
