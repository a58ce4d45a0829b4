#pragma once
/* Who uses one serial line, in one program: its clients, or its servers, over line_client or
 * line_server. The port and its thread may outlive them. */

#include <stdbool.h>
#include <stddef.h>
#include "image/image.h"
#include "image/link.h"
#include "image/plan_match.h"
#include "modbus/line_client.h"
#include "modbus/line_server.h"

struct served_link {
    size_t link;
    struct link_status status;
};

struct line_users {
    struct image *image;
    const struct line_spec *line;
    struct line_client *client_side;
    struct client **clients;
    size_t *client_links;
    size_t client_count;
    struct line_server *server_side;
    struct served_link *served;
    size_t served_count;
    bool attached;
};

/* Clients of the plan on this line, or those of `servers` (by the plan's numbers) that are on it.
 * NULL with an error. */
struct line_users *line_users_create(struct image *image, const struct line_spec *line,
                                     struct server *const *servers, struct error *error);

/* Detached before, or by it. NULL is accepted. */
void line_users_destroy(struct line_users *users);

/* Whom their links wake from here on; NULL: nobody. */
void line_users_attach(struct line_users *users, void (*wake)(void *context), void *context);

/* Each client of ours that goes on with one of `before` inherits from it. */
void line_users_inherit(struct line_users *users, const struct line_users *before,
                        const struct plan_match *match, int64_t now);

/* After that, on a port that stays open. Both have clients, or both have servers. */
void line_users_follow(struct line_users *users, struct line_users *before,
                       const struct plan_match *match, int64_t now);

/* They will not run again: what is under way is lost, and their links wake nobody. */
void line_users_leave(struct line_users *users, int64_t now);
