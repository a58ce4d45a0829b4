#pragma once
/* The image from the inside, for the files of this room only. Everything here is called with the
 * mutex held, unless it says otherwise. */

#include <pthread.h>
#include <stdatomic.h>
#include "image/chain.h"
#include "image/dirty.h"
#include "image/image.h"
#include "image/link.h"

enum {
    IMAGE_CONSUMERS = 8,
    CELLS_IN_PAGE = 64,
    MARKS_IN_PAGE = 16, /* pages of marks are numbered after the pages of cells, … */
    LINKS_IN_PAGE = 16  /* … and pages of links' rows after those */
};

/* What was changed here and not yet collected by the client that mirrors it (outbox.c). */
struct outbox {
    struct chain *queues;     /* by client */
    atomic_bool *filled;      /* by client: looked at without the mutex, set and cleared with it */
    struct chain_link *links; /* by group */
    int64_t *times;           /* by group: of its last change */
    uint32_t *clients;        /* by group */
};

/* What is known of a link beside its status, which is latched (link.c, link_wake.c). */
struct link_row {
    char error[LINK_ERROR_MAX];
    _Atomic int64_t answered;   /* changes with every poll, so it is read when asked for */
    atomic_bool online, wanted; /* read without the mutex */
    atomic_bool called;         /* to be woken when the mutex is given back, and … */
    struct link_row *next;      /* … on the list of those */
    void (*wake)(void *context);
    void *context;
};

struct mailbox;

/* Points that hold their safe value until they go (image_retire.c). */
struct retired {
    uint32_t *points;
    size_t count;
    uint16_t *mask;    /* by cell: bits that are held, beneath any force … */
    uint16_t *beneath; /* … and what was written since */
};

struct image {
    pthread_mutex_t mutex;
    atomic_uint_fast64_t version; /* odd while somebody has the mutex and may change cells */
    struct plan *plan;
    struct keeps *keeps; /* these two outlive it */
    struct audit *audit;
    uint16_t *cells;         /* as everyone sees them: force applied */
    uint16_t *force_mask;    /* bits that are held; their values are in cells … */
    uint16_t *beneath;       /* … and here what was suppressed */
    struct retired *retired; /* NULL: nothing is */
    struct mark *marks;      /* by point */
    size_t cell_pages, mark_pages, link_pages;
    size_t dirtied[2]; /* page of cells, of marks, last marked since the mutex was taken */
    size_t forced;     /* points under force */
    size_t covered;    /* the same, and those retired: 0: what is written is what everyone sees */
    uint64_t sequence; /* counts remote writes */
    atomic_uint_fast64_t conflicts; /* this and fault: set under the mutex, read without */
    atomic_bool fault;
    struct dirty *consumers[IMAGE_CONSUMERS];

    _Atomic int64_t *arrived; /* by group: when it was last read; not latched */
    uint32_t *gates;          /* by point: memory + 1 that it can close to masters, or 0 */
    atomic_uint *closed;      /* by memory: such points that are stale or were never read */
    struct outbox outbox;
    struct link_row *links;
    struct link_status *link_status; /* `answered` is in the row */
    struct link_row *_Atomic called; /* links to be woken, the last one first */
    struct mailbox *mailbox;
};

/* image_unlock wakes the links that were called meanwhile, without the mutex. */
void image_lock(struct image *image);
void image_unlock(struct image *image);

/* The same for who changes no cell: readers beside it need not look again. Wakes nobody. */
void image_lock_still(struct image *image);
void image_unlock_still(struct image *image);

/* Reading without the mutex: false when somebody writes. What was read with acquire in between is
 * whole when image_is_same says so. Give up after IMAGE_TRIES. */
enum { IMAGE_TRIES = 32 };
bool image_look(const struct image *image, uint64_t *version);
bool image_is_same(const struct image *image, uint64_t version);

/* Gives the bits of `mask` of a cell a value that everyone sees. Returns whether it is another one.
 */
bool image_show_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask);

/* The same around what is forced or retired. */
bool image_write_cell(struct image *image, uint32_t cell, uint16_t value, uint16_t mask);

/* A cell's word, with what was last written in place of what is forced or retired. */
uint16_t image_uncover(const struct image *image, uint32_t cell, uint16_t word);

/* Writes a point's words, in place under its mask. */
bool image_write_point(struct image *image, const struct point *point, const uint16_t *words);

/* Gives an element its variable's default or safe words, which lie in place for the first one. */
bool image_write_stated(struct image *image, const struct point *point, const uint16_t *words);

void image_dirty_cell(struct image *image, uint32_t cell);
void image_dirty_mark(struct image *image, uint32_t point);
void image_dirty_link(struct image *image, size_t link);

/* Says that a point's value arrived or was published at `now`. What shares bits with it is left to
 * who asks (view_time): walking over it here would hold the lock for as long as it takes. */
void image_mark_time(struct image *image, uint32_t point, int64_t now);

/* Says that a remote wrote a point: the image's present sequence. */
void image_mark_written(struct image *image, uint32_t point, int64_t now);

bool image_is_mirrored(const struct point *point); /* whether a client exchanges it */

/* ---- image_retire.c ---- */

/* Whether all bits of a point are retired. */
bool image_is_retired(const struct image *image, const struct point *point);
void image_finish_retired(struct image *image);

static inline uint16_t image_retired_bits(const struct image *image, uint32_t cell)
{
    return image->retired ? image->retired->mask[cell] : 0;
}

/* ---- image_force.c ---- */

/* Force and its end, without time and outbox. Return whether what everyone sees has changed. */
bool image_hold(struct image *image, uint32_t point, const uint16_t *words);
bool image_let_go(struct image *image, uint32_t point, bool restore);

/* ---- image_quality.c ---- */

bool image_init_quality(struct image *image);
void image_finish_quality(struct image *image);
void image_set_quality(struct image *image, uint32_t point, enum quality quality);

/* Whether a master may be answered from these cells: nothing among them is stale or was never
 * read, or the request takes it as it is. With or without the mutex. */
bool image_may_read(const struct image *image, const struct request *request, uint32_t from);

/* Whether a master's write reaches who it is for: the memory's client is online, if it has one. */
bool image_may_forward(const struct image *image, const struct request *request);

/* ---- outbox.c ---- */

bool outbox_init(struct image *image);
void outbox_finish(struct image *image);

/* A point, or a group, was changed here at `now`: its client has to know. Nothing for what is not
 * mirrored, nor for what only the device writes. */
void outbox_list(struct image *image, uint32_t point, int64_t now);
void outbox_list_group(struct image *image, uint32_t group, int64_t now);

/* Shows a point's delivery; only touches the mark when it changes. */
void outbox_set_delivery(struct image *image, uint32_t point, uint8_t delivery, uint8_t reason);

/* ---- link.c ---- */

bool link_init(struct image *image);
void link_finish(struct image *image);
void link_call(struct image *image, size_t link); /* is woken by image_unlock */

/* Without the mutex: one link, and those that were called. */
void link_wake(struct image *image, size_t link);
void link_wake_called(struct image *image);

/* ---- mailbox.c ---- */

struct mailbox *mailbox_create(size_t clients); /* NULL when memory is short */
void mailbox_destroy(struct mailbox *mailbox);
