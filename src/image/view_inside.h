#pragma once
/* A view from the inside, for view*.c only. */

#include "image/inside.h"
#include "image/view.h"

struct view {
    struct image *image;
    struct dirty dirty;
    uint16_t *work, *latched;
    struct mark *marks;
    struct chain assigned;
    struct chain_link *links; /* by point */
    uint64_t sequence;        /* of the image when latched */
    struct link_status *status;

    /* view_follow.c */
    uint64_t latches;         /* counts them */
    uint64_t *stamps;         /* by page: the latch in which it was last copied or followed */
    uint64_t followed_at;     /* the latch that was last followed; 0: all has to be looked at */
    bool followed_fault;      /* whether that was in a fault */
    bool followed;            /* the quality of followers is to be published */
    struct chain told;        /* followers whose quality has changed */
    struct chain_link *tells; /* by point */
};

/* With the image's mutex held: gives the quality of followers to the image. */
void view_publish_followers(struct view *view);
