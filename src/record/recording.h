#pragma once
/* Reads what a recorder has written: FILE.1, if it is there, and FILE, as one. Nothing in it is
 * believed: a frame that is cut off or damaged ends the reading, which says so. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "image/image.h"
#include "image/keeps.h"
#include "image/link.h"
#include "image/variable.h"
#include "record/form.h"
#include "scan/scan.h"

struct recorded_point {
    const char *name;
    enum type type;
    uint32_t cell;
    uint16_t words, mask;
};

struct recording {
    /* of the last PLAN */
    const char *program, *script, *version;
    uint32_t text; /* packed_sum of the script's sources */
    size_t cell_count, point_count, link_count, task_count;
    struct recorded_point *points;
    const char **links, **tasks;

    /* all that is known now: from the last SNAPSHOT, and the STEPs since */
    struct instant now;
    int64_t end;       /* monotonic ns, of the step */
    uint64_t sequence; /* of the image */
    uint16_t *cells;
    struct mark *marks; /* without times */
    struct link_status *status;

    /* of the last SNAPSHOT */
    enum record_reason reason;
    bool starts;         /* on_start is still to come, … */
    char why[16];        /* … and what it is told */
    struct instant body; /* the time that the body saw */
    uint64_t lost;       /* scans that are missing before it */
    struct scan_place place;
    struct scan_task_place *tasks_at;

    /* of the last STEP: what came in, in the order of their numbers; then what was published */
    uint32_t *came, *marked, *linked, *left;
    size_t came_count, marked_count, linked_count, left_count;
    bool faulted;
    char fault[2048];

    struct recording_inside *inside;
};

/* NULL with an error: not there, or no recording. */
struct recording *recording_open(const char *path, struct error *error);
void recording_close(struct recording *recording); /* NULL is accepted */

/* The next frame: false at the end, with an error ("" where it is simply over, or where the process
 * that wrote it was cut off: nothing but the last moment is missing then). After an error there may
 * be more: from the next file's begin. After a STEP `cells` are as they came in; recording_publish
 * makes them what was published. */
bool recording_next(struct recording *recording, enum record_kind *kind, struct error *error);
void recording_publish(struct recording *recording);

/* The keeps of the last SNAPSHOT, before the next frame. False with an error. */
bool recording_keeps(const struct recording *recording, struct keeps *keeps, struct error *error);
