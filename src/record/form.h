#pragma once
/* The form of a recording, for who writes and who reads one.
 *
 * A file is RECORD_MAGIC and frames: four bytes of length, four of packed_sum, then so many bytes,
 * of which the first is the kind. Numbers are packed (packed.h), those of the frame's head are low
 * byte first. What a PLAN says holds until the next one; a SNAPSHOT is the whole state in which a
 * step found everything, and each STEP is a difference to what was before. A list of changes is:
 * one more than the places that are left out, what changed, and so on; 0 ends it.
 *
 *   PLAN      program, script, version of msm; cells; points: how many, of each name, type, table,
 *             cell, words, mask; links: how many, of each its name; tasks: how many, of each its
 * line SNAPSHOT  reason; monotonic and UTC ns; scans that are missing before it; place and tasks
 *             (scan.h); image sequence; cells; marks; links; keeps
 *   STEP      monotonic ns since the step before; UTC ns, as far as it did not go on by as many;
 * image sequence since then; changes that were latched: cells, marks, links; changes that were
 *             published: cells; 1 and the fault's text, or 0; ns from its begin to its end */

#include <stdint.h>

#define RECORD_MAGIC "MSM recording 1\n"

enum record_kind { RECORD_PLAN = 'P', RECORD_SNAPSHOT = 'S', RECORD_STEP = 'T' };

enum record_reason {
    RECORD_START,   /* the process began */
    RECORD_PROGRAM, /* another program took over */
    RECORD_TURN,    /* a file was full; nothing is missing */
    RECORD_GAP      /* the disk was too slow, and scans are missing */
};

enum { RECORD_HEAD = 8, RECORD_FRAME_MAX = 64 << 20 };
