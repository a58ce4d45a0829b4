/* Gathered from the plan, and handed over from one program's to the next one's: first what each
 * client knows, then what is on the wire. */

#include "modbus/line_users.h"

#include <stdlib.h>
#include "base/clock.h"

/* ---- making ---- */

static bool add_client(struct line_users *users, uint32_t number, struct error *error)
{
    struct client *client = client_create(users->image, number, clock_monotonic(), error);
    if (!client)
        return false;
    users->clients[users->client_count] = client;
    users->client_links[users->client_count++] = number;
    return line_client_add(users->client_side, client, error);
}

static bool add_clients(struct line_users *users, struct error *error)
{
    const struct plan *plan = image_plan(users->image);
    users->clients = calloc(plan->client_count + 1, sizeof(struct client *));
    users->client_links = calloc(plan->client_count + 1, sizeof *users->client_links);
    if (!users->clients || !users->client_links)
        return error_set(error, "not enough memory for the clients of %s", users->line->name);
    for (size_t i = 0; i < plan->client_count; i++) {
        if (plan->clients[i].line != users->line)
            continue;
        if (!users->client_side && !(users->client_side = line_client_create(users->line, error)))
            return false;
        if (!add_client(users, (uint32_t)i, error))
            return false;
    }
    return true;
}

/* A status that was never published differs from every other one. */
static bool add_servers(struct line_users *users, struct server *const *servers,
                        struct error *error)
{
    const struct plan *plan = image_plan(users->image);
    users->served = calloc(plan->server_count + 1, sizeof *users->served);
    if (!users->served)
        return error_set(error, "not enough memory for the servers of %s", users->line->name);
    for (size_t i = 0; i < plan->server_count; i++) {
        if (plan->servers[i].line != users->line)
            continue;
        if (!users->server_side && !(users->server_side = line_server_create(users->line, error)))
            return false;
        if (!line_server_add(users->server_side, servers[i], error))
            return false;
        users->served[users->served_count].status.answered = -1;
        users->served[users->served_count++].link = plan->client_count + i;
    }
    return true;
}

struct line_users *line_users_create(struct image *image, const struct line_spec *line,
                                     struct server *const *servers, struct error *error)
{
    struct line_users *users = calloc(1, sizeof *users);
    if (!users) {
        error_set(error, "not enough memory for %s", line->name);
        return NULL;
    }
    users->image = image;
    users->line = line;
    if (!add_clients(users, error) || !add_servers(users, servers, error)) {
        line_users_destroy(users);
        return NULL;
    }
    return users;
}

void line_users_destroy(struct line_users *users)
{
    if (!users)
        return;
    if (users->attached)
        line_users_attach(users, NULL, NULL);
    for (size_t i = 0; i < users->client_count; i++)
        client_destroy(users->clients[i]);
    line_client_destroy(users->client_side);
    line_server_destroy(users->server_side);
    free(users->clients);
    free(users->client_links);
    free(users->served);
    free(users);
}

void line_users_attach(struct line_users *users, void (*wake)(void *context), void *context)
{
    for (size_t i = 0; i < users->client_count; i++)
        link_attach(users->image, users->client_links[i], wake, context);
    for (size_t i = 0; i < users->served_count; i++)
        link_attach(users->image, users->served[i].link, wake, context);
    users->attached = wake != NULL;
}

/* ---- handed over ---- */

void line_users_inherit(struct line_users *users, const struct line_users *before,
                        const struct plan_match *match, int64_t now)
{
    for (size_t i = 0; i < users->client_count; i++) {
        uint32_t old = match->clients[users->client_links[i]];
        for (size_t k = 0; k < before->client_count && old != MATCH_NONE; k++)
            if (before->client_links[k] == old)
                client_inherit(users->clients[i], before->clients[k], match, now);
    }
}

static void follow_served(struct line_users *users, const struct line_users *before,
                          const struct plan_match *match)
{
    for (size_t i = 0; i < users->served_count; i++) {
        uint32_t old = match->servers[users->served[i].link - match->to->client_count];
        for (size_t k = 0; k < before->served_count && old != MATCH_NONE; k++)
            if (before->served[k].link == match->from->client_count + old)
                line_server_set_answered(users->server_side, i,
                                         line_server_answered(before->server_side, k));
    }
    line_server_inherit(users->server_side, before->server_side);
}

/* A client that is new on the line finds the port as the others know it. */
static void connect_new(struct line_users *users, const struct plan_match *match, int64_t now)
{
    for (size_t i = 0; i < users->client_count; i++)
        if (match->clients[users->client_links[i]] == MATCH_NONE)
            client_connected(users->clients[i], now);
}

void line_users_follow(struct line_users *users, struct line_users *before,
                       const struct plan_match *match, int64_t now)
{
    if (!users->client_side) {
        follow_served(users, before, match);
        return;
    }
    line_client_inherit(users->client_side, before->client_side, now);
    if (line_client_is_open(users->client_side))
        connect_new(users, match, now);
}

void line_users_leave(struct line_users *users, int64_t now)
{
    if (users->client_side)
        line_client_abandon(users->client_side, "another program has taken over", now);
    line_users_attach(users, NULL, NULL);
}
