/* Which connections, sockets and ports of the old plan go on in the new one. There are few, so each
 * is compared with each; none is given away twice. */

#include "image/plan_match_inside.h"

#include <string.h>

static bool is_same_line(const struct line_spec *a, const struct line_spec *b)
{
    return strcmp(a->device, b->device) == 0 && a->baud == b->baud && a->parity == b->parity &&
           a->stop_bits == b->stop_bits && a->rs485 == b->rs485 && a->rts == b->rts &&
           a->rts_delay == b->rts_delay;
}

static void match_lines(struct plan_match *match)
{
    for (size_t i = 0; i < match->to->line_count; i++) {
        for (uint32_t k = 0; k < match->from->line_count; k++) {
            if (is_same_line(match->from->lines[k], match->to->lines[i]))
                match->lines[i] = k; /* a device is declared once */
        }
    }
}

static bool is_same_client(const struct plan_match *match, const struct client_spec *from,
                           const struct client_spec *to)
{
    if (match->memories[to->memory] != from->memory || from->unit != to->unit ||
        !from->line != !to->line)
        return false;
    if (to->line)
        return is_same_line(from->line, to->line);
    return strcmp(from->host, to->host) == 0 && from->port == to->port;
}

static void match_clients(struct plan_match *match)
{
    for (size_t i = 0; i < match->to->client_count; i++) {
        for (uint32_t k = 0; k < match->from->client_count; k++) {
            if (is_same_client(match, &match->from->clients[k], &match->to->clients[i]))
                match->clients[i] = k; /* a memory has one client */
        }
    }
}

static bool is_same_socket(const struct server_spec *from, const struct server_spec *to)
{
    if (!from->line != !to->line)
        return false;
    if (to->line)
        return is_same_line(from->line, to->line);
    return strcmp(from->bind, to->bind) == 0 && from->port == to->port;
}

bool plan_match_same_units(const struct plan_match *match, const struct server_spec *from,
                           const struct server_spec *to)
{
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        int memory = to->memory_of[unit];
        int before = memory < 0 ? UNIT_NONE : (int)match->memories[memory];
        if (before != from->memory_of[unit])
            return false;
    }
    return true;
}

static bool is_given_away(const struct plan_match *match, uint32_t server)
{
    for (size_t i = 0; i < match->to->server_count; i++) {
        if (match->servers[i] == server)
            return true;
    }
    return false;
}

/* Several servers may share a line, and port 0 may stand several times: those that answer the same
 * units find each other first. */
static void match_servers(struct plan_match *match, bool any_units)
{
    for (size_t i = 0; i < match->to->server_count; i++) {
        const struct server_spec *to = &match->to->servers[i];
        for (uint32_t k = 0; match->servers[i] == MATCH_NONE && k < match->from->server_count;
             k++) {
            const struct server_spec *from = &match->from->servers[k];
            if (is_same_socket(from, to) && !is_given_away(match, k) &&
                (any_units || plan_match_same_units(match, from, to)))
                match->servers[i] = k;
        }
    }
}

void plan_match_links(struct plan_match *match)
{
    match_lines(match);
    match_clients(match);
    match_servers(match, false);
    match_servers(match, true);
}
