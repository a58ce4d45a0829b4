#pragma once
/* What the recorder compares a program with: a copy of all that its scan has seen and left. Filled
 * and compared on the scan's thread, which allocates nothing here: each step goes over all cells
 * twice, and over the marks once. A snapshot of it is written down by the recorder's thread, as
 * long as `busy`. */

#include <stdatomic.h>
#include "image/keeps.h"
#include "image/link.h"
#include "record/form.h"
#include "base/packed.h"
#include "record/recorder.h"

struct tape {
    struct tape *next; /* of those that found no room for their end */
    struct plan *plan; /* referenced */
    struct image *image;
    char *script, *why;
    struct instant body;
    uint32_t text;

    uint16_t *cells; /* as last recorded */
    struct mark *marks;
    struct link_status *links;
    struct instant now;
    uint64_t sequence;

    struct {
        atomic_bool busy; /* filled, and not yet written down */
        enum record_reason reason;
        bool starts;   /* on_start is still to come */
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

/* What the file shall say of a program. */
struct tape_label {
    const char *script;  /* its path */
    const char *why;     /* what its on_start is going to be told; "": it was called */
    struct instant body; /* the time that its body saw */
    uint32_t text;       /* packed_sum of its sources, one behind the other */
};

/* Room for the program of this image. NULL with an error. */
struct tape *tape_create(struct image *image, const struct tape_label *label, struct error *error);
void tape_destroy(struct tape *tape); /* NULL is accepted */

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
