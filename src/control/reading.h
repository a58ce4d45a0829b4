#pragma once
/* What those who ask read: one private copy of the present program's image for all of them, so that
 * an answer shows values of one moment. Main thread. */

#include "base/error.h"
#include "control/host.h"
#include "image/view.h"

struct reading {
    const struct control_host *host;
    struct image *image; /* whose copy it is; NULL: none is made yet */
    struct plan *plan;   /* its plan */
    struct view *view;
    int64_t now; /* monotonic ns, of the copy */
};

struct reading *reading_create(const struct control_host *host); /* NULL when memory is short */
void reading_destroy(struct reading *reading);                   /* NULL is accepted */

/* Lets go of the image: before it goes, and after it was replaced. */
void reading_forget(struct reading *reading);

/* Brings the copy up to date, of the image that is now the host's. False when memory is short. */
bool reading_look(struct reading *reading, struct error *error);
