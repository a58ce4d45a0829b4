#pragma once
/* What is known about a link while it runs, and whether it shall run. Links publish it, scripts and
 * commands read it. A link's number: clients of the plan first, in their order, then its servers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

enum { LINK_ERROR_MAX = 160 };

struct link_status {
    bool online;   /* a client: its device answers. A server: it listens */
    bool complete; /* a client: nothing that it polls is stale or was never read */
    int64_t
        answered; /* monotonic ns of the last good answer; a server: of the last request; 0 never */
    uint64_t errors; /* requests that failed: timeouts, exceptions, bad answers, lost connections */
    uint64_t conflicts;   /* local changes that lost against the device's */
    uint64_t reconnected; /* image sequence of the first good poll after the last loss; 0: none */
};

size_t link_count(const struct plan *plan);
const char *link_name(const struct plan *plan, size_t link);

/* Link's side: one thread for each link, as it is its status that is compared. link_publish takes
 * everything but `errors` and `reconnected`, which are counted here; `returned` says that this is
 * the first good poll after a loss. link_error counts one and keeps its text (cut at
 * LINK_ERROR_MAX). */
void link_publish(struct image *image, size_t link, const struct link_status *status,
                  bool returned);
void link_error(struct image *image, size_t link, const char *text);

/* Everybody's side. link_last_error returns false while there was none; link_answered is `answered`
 * alone, without the mutex. */
int64_t link_answered(const struct image *image, size_t link);
struct link_status link_look(struct image *image, size_t link);
bool link_last_error(struct image *image, size_t link, char text[LINK_ERROR_MAX]);

/* Stop and start, as a script wishes: wakes the link. All start as wanted. */
void link_want(struct image *image, size_t link, bool running);
bool link_wanted(const struct image *image, size_t link);

/* Whom to wake when something waits for this link: a change to send, a request, a wish. `wake` is
 * called from any thread, without any lock, and must not block. NULL for none. Before the image is
 * shared, and after everybody else has let go of it. */
void link_attach(struct image *image, size_t link, void (*wake)(void *context), void *context);
