#pragma once
/* What the recorder compares a program with: a copy of all that its scan has seen and left. Filled
 * and compared on the scan's thread, which allocates nothing here; a snapshot of it is written down
 * by the recorder's, as long as `busy`. */

#include <stdatomic.h>
#include "image/keeps.h"
#include "image/link.h"
#include "record/form.h"
#include "record/packed.h"
#include "record/recorder.h"

struct tape {
    struct plan *plan; /* referenced */
    struct image *image;
    char *script;

    uint16_t *cells; /* as last recorded */
    struct mark *marks;
    struct link_status *links;
    struct instant now;
    uint64_t sequence;

    struct {
        atomic_bool busy; /* filled, and not yet written down */
        enum record_reason reason;
        uint64_t lost; /* scans before it */
        struct instant now;
        uint64_t sequence;
        struct scan_place place;
        struct scan_task_place *tasks;
        uint16_t *cells;
        struct mark *marks;
        struct link_status *links;
        struct keeps *keeps;
        bool has_keeps;
    } snapshot;
};

/* The present state of the scan, which has latched, into the copy; and into the snapshot. */
void tape_copy(struct tape *tape, struct scan *scan, struct instant now);
void tape_snapshot(struct tape *tape, const struct scan *scan, enum record_reason reason,
                   uint64_t lost);

/* Packs a step: how it began, what it published, how it ended. */
void tape_pack_latched(struct tape *tape, struct scan *scan, struct instant now,
                       struct packer *packer);
void tape_pack_published(struct tape *tape, struct scan *scan, const struct error *fault,
                         struct packer *packer);

void tape_pack_mark(const struct mark *mark, struct packer *packer);
void tape_pack_link(const struct link_status *link, struct packer *packer);

/* Packs frames, for the file. */
void tape_pack_plan(const struct tape *tape, struct packer *packer);
void tape_pack_snapshot(const struct tape *tape, struct packer *packer);
