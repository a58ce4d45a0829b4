#pragma once
/* The form of a recording, for who writes and who reads one: RECORD_MAGIC, and frames. A frame is
 * four bytes of length, four of packed_sum, both low byte first, and so many bytes, of which the
 * first is the kind; numbers in it are packed (packed.h). */

#include <stdint.h>

#define RECORD_MAGIC "MSM recording 1\n"

// clang-format off
/*
 * PLAN       holds until the next one
 *   texts      the program's name, the script's path, the version of msm
 *   number     packed_sum of the script's text, and of what it requires
 *   number     cells
 *   number     points, and of each: name, type (byte), cell, words (numbers), mask (word)
 *   number     links, and of each: name
 *   number     tasks, and of each: its line in the script
 *
 * SNAPSHOT   the state in which the next step finds everything, latched
 *   byte       enum record_reason
 *   text       what on_start is about to be told; "": it was called before
 *   signed     monotonic ns, UTC ns; the same of the moment that the body saw
 *   number     scans that are missing before it
 *   place      origin (signed), count, latched, overruns (numbers), started (byte)
 *   tasks      of each: due, last (signed), seen (number), rested (byte)
 *   number     the image's sequence
 *   cells      words
 *   marks      of each point: quality, forced (bytes), written (number), delivery, reason (bytes)
 *   links      of each: 1 online + 2 complete (byte), errors, conflicts, reconnected (numbers)
 *   keeps      1 (byte), its name, its fields; and so on; 0. Fields: 1, key, value; and so on; 0.
 *              A key: 0 and a signed number, or 1 and a text. A value: enum keeps_type (byte), and a
 *              byte, a signed number, eight bytes of a double, a text, or fields
 *
 * STEP       what is different from what was before
 *   signed     monotonic ns since the step before; UTC ns beyond as many
 *   number     the image's sequence, since then
 *   lists      what was latched: cells, marks, links
 *   list       what was published: cells
 *   byte       1 and the fault's text, or 0
 *   signed     ns from its begin to its end
 *
 * A list     one more than the places that are left out, what is there; and so on; 0
 */
// clang-format on

enum record_kind { RECORD_PLAN = 'P', RECORD_SNAPSHOT = 'S', RECORD_STEP = 'T' };

enum record_reason {
    RECORD_START,   /* the process began */
    RECORD_PROGRAM, /* another program took over */
    RECORD_TURN,    /* a file was full; nothing is missing */
    RECORD_GAP      /* scans are missing: they were too much for the disk, or for the ring */
};

enum { RECORD_HEAD = 8, RECORD_FRAME_MAX = 64 << 20 };
