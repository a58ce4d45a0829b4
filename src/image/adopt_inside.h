#pragma once
/* What an image held at one moment, and where that goes, for the files of adopt only. */

#include "image/adopt.h"
#include "image/inside.h"

struct snapshot {
    const struct plan *plan;
    uint16_t *cells, *force_mask, *beneath;
    struct mark *marks;
    int64_t *arrived; /* by group */
    uint32_t *queued; /* groups that wait to be collected, of each client the oldest first … */
    int64_t *times;   /* … and since when, likewise */
    size_t queued_count;
    struct link_status *links;
    char (*errors)[LINK_ERROR_MAX]; /* by link, as the next */
    bool *wanted;
    uint64_t sequence, conflicts;
};

bool snapshot_init(struct snapshot *snapshot, const struct plan *plan); /* false: no memory */
void snapshot_finish(struct snapshot *snapshot);
void snapshot_take(struct snapshot *snapshot, struct image *image); /* takes its lock */

/* What somebody last wrote into a point, without any force. Room for VARIABLE_MAX_WORDS. */
void snapshot_written(const struct snapshot *snapshot, uint32_t point, uint16_t *words);

/* One adoption; under way `to` is locked. */
struct adoption {
    struct image *to, *source;
    const struct plan_match *match;
    struct snapshot from;
    int64_t now;
    uint16_t *own;   /* cells of `to`, as they were before */
    bool *refused;   /* by point of `to` */
    uint32_t *heirs; /* groups of `to` by group of `from` */
};

/* Values and forces (adopt_values.c). */
void adopt_values(struct adoption *x);

/* Quality, times, what is to be delivered, links (adopt_marks.c). */
void adopt_marks(struct adoption *x);
void adopt_links(struct adoption *x);
