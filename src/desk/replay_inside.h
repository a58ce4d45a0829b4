#pragma once
/* What replay.c, which plays, and the files around it share. */

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
    bool compares; /* something that was recorded */
    bool damaged;  /* some of the recording could not be read */
    uint64_t scans, loads, passed_over;
};

/* ---- replay_load.c ---- */

/* The program as after a reload, or at the very start; in place of the last one. */
bool replay_load(struct replay *replay, struct error *error);
void replay_unload(struct replay *replay);

/* Asked for what was recorded, another text is none of that: it is passed over. */
void replay_pass_other_text(struct replay *replay);

/* ---- replay_bring.c ---- */

/* What came in: all of a snapshot, or what a step says. */
void replay_bring_all(struct replay *replay);
void replay_bring_changes(struct replay *replay);

/* What was published then, and whether it is there now. */
void replay_expect_published(struct replay *replay);
bool replay_is_as_expected(const struct replay *replay);

/* ---- replay_say.c ---- */

/* The first difference. */
void replay_say_difference(const struct replay *replay);

/* What only one of recording and script has; once. */
void replay_say_matching(const struct replay *replay);

/* Up to here it was the same. */
void replay_say_same(const struct replay *replay);
