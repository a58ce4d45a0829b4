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
    uint64_t status_version;
    bool followed; /* the quality of followers is to be published */
};

/* With the image's mutex held: gives the quality of followers to the image. */
void view_publish_followers(struct view *view);
