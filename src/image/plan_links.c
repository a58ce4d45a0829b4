/* Links: rows of serial lines, servers and clients. What two of them cannot share is refused when
 * the second one is declared, so that its line is the user's line: a port, a device, a line's role,
 * a unit, a memory. What only the whole program shows is checked by sealing. */

#include "image/plan_inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "base/memory.h"

/* ---- serial lines ---- */

int plan_line(struct plan *plan, const struct line_spec *line, struct error *error)
{
    struct building *b = building(plan);
    for (size_t i = 0; i < plan->line_count; i++) {
        const struct line_spec *other = plan->lines[i];
        if (strcmp(other->device, line->device) != 0)
            continue;
        error_set(error,
                  "serial: %s is already opened at %s; one line carries all its units, so give "
                  "that one to every client or server on it",
                  line->device, other->where);
        return -1;
    }
    struct line_spec *row = plan_alloc(plan, sizeof *row);
    *row = *line;
    b->lines = memory_grow(b->lines, plan->line_count, sizeof *b->lines);
    b->lines[plan->line_count] = row;
    plan->lines = b->lines;
    return (int)plan->line_count++;
}

/* ---- servers ---- */

/* As IPv6, where an IPv4 address stands behind 80 bits of 0 and 16 of 1. */
static bool parse_address(const char *text, struct in6_addr *address)
{
    static const uint8_t prefix[12] = {[10] = 0xFF, [11] = 0xFF};
    memcpy(address, prefix, sizeof prefix);
    return inet_pton(AF_INET, text, address->s6_addr + sizeof prefix) == 1 ||
           inet_pton(AF_INET6, text, address) == 1;
}

/* "::" takes every address, "0.0.0.0" every one of IPv4. */
static bool takes(const struct in6_addr *wide, const struct in6_addr *other)
{
    static const uint8_t zeros[4];
    if (IN6_IS_ADDR_UNSPECIFIED(wide))
        return true;
    return IN6_IS_ADDR_V4MAPPED(wide) && IN6_IS_ADDR_V4MAPPED(other) &&
           memcmp(wide->s6_addr + 12, zeros, sizeof zeros) == 0;
}

/* Whether two sockets could not listen on one port of these addresses. */
static bool addresses_clash(const char *a, const char *b)
{
    struct in6_addr first, second;
    if (!parse_address(a, &first) || !parse_address(b, &second))
        return strcmp(a, b) == 0;
    return memcmp(&first, &second, sizeof first) == 0 || takes(&first, &second) ||
           takes(&second, &first);
}

/* Without a line: whether two servers want one port. */
static bool check_port(const struct server_spec *server, const struct server_spec *other,
                       struct error *error)
{
    if (other->line || !server->port || other->port != server->port ||
        !addresses_clash(other->bind, server->bind))
        return true;
    return error_set(error,
                     "server.tcp: port %u is already served at %s; one server answers for several "
                     "memories with units = { [1] = …, [2] = … }",
                     server->port, other->where);
}

/* On one line each unit is one device. Unit 0 speaks to all of them and belongs to none. */
static bool check_units(const struct server_spec *server, const struct server_spec *other,
                        struct error *error)
{
    for (int unit = 1; other->line == server->line && unit < UNIT_IDS; unit++) {
        if (server->memory_of[unit] == UNIT_NONE || other->memory_of[unit] == UNIT_NONE)
            continue;
        return error_set(error,
                         "server.rtu: unit %d of %s is already answered at %s; give each server "
                         "on a line other units",
                         unit, server->line->name, other->where);
    }
    return true;
}

static bool check_masters(const struct plan *plan, const struct server_spec *server,
                          struct error *error)
{
    for (size_t i = 0; server->line && i < plan->client_count; i++) {
        if (plan->clients[i].line == server->line)
            return error_set(error,
                             "server.rtu: %s is used by the client at %s; a line has either "
                             "clients or servers",
                             server->line->name, plan->clients[i].where);
    }
    return true;
}

int plan_server(struct plan *plan, const struct server_spec *server, struct error *error)
{
    struct building *b = building(plan);
    if (!check_masters(plan, server, error))
        return -1;
    for (size_t i = 0; i < plan->server_count; i++) {
        const struct server_spec *other = &plan->servers[i];
        if (!(server->line ? check_units : check_port)(server, other, error))
            return -1;
    }
    b->servers = memory_grow(b->servers, plan->server_count, sizeof *b->servers);
    b->servers[plan->server_count] = *server;
    plan->servers = b->servers;
    names_put(b->names, SCOPE_LINKS, server->name, (int)plan->server_count * 2 + 1);
    return (int)plan->server_count++;
}

bool plan_server_shows(const struct server_spec *server, uint32_t memory)
{
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        if (server->memory_of[unit] == (int)memory)
            return true;
    }
    return false;
}

/* ---- clients ---- */

static const char *client_kind(const struct client_spec *client)
{
    return client->line ? "client.rtu" : "client.tcp";
}

static bool check_client(const struct plan *plan, const struct client_spec *client,
                         struct error *error)
{
    const struct memory *memory = &plan->memories[client->memory];
    if (memory->client >= 0) {
        const struct client_spec *first = &plan->clients[memory->client];
        return error_set(error,
                         "%s: memory %s is already mirrored by %s, at %s; a memory has one client",
                         client_kind(client), memory->name, first->name, first->where);
    }
    for (size_t i = 0; client->line && i < plan->server_count; i++) {
        if (plan->servers[i].line == client->line)
            return error_set(error,
                             "client.rtu: %s is used by the server at %s; a line has either "
                             "clients or servers",
                             client->line->name, plan->servers[i].where);
    }
    return true;
}

int plan_client(struct plan *plan, const struct client_spec *client, struct error *error)
{
    struct building *b = building(plan);
    if (!check_client(plan, client, error))
        return -1;
    b->clients = memory_grow(b->clients, plan->client_count, sizeof *b->clients);
    b->clients[plan->client_count] = *client;
    plan->clients = b->clients;
    b->memories[client->memory].client = (int)plan->client_count;
    names_put(b->names, SCOPE_LINKS, client->name, (int)plan->client_count * 2);
    return (int)plan->client_count++;
}

/* The name map holds twice a client's index, and an odd number for a server. */
const char *plan_find_link(const struct plan *plan, const char *name)
{
    int found = names_find(building_const(plan)->names, SCOPE_LINKS, name);
    if (found < 0)
        return NULL;
    return found % 2 ? plan->servers[found / 2].where : plan->clients[found / 2].where;
}

/* ---- what the whole shows ---- */

static bool is_addressed(const struct memory *memory)
{
    for (int t = 0; t < TABLE_VAR; t++) {
        if (memory->table[t].mapped)
            return true;
    }
    return false;
}

/* Names of the memories that a link could reach, for the message about one that cannot. */
static const char *addressed_names(struct building *b)
{
    const char *names = "";
    for (size_t m = 0; m < b->plan.memory_count; m++) {
        if (!is_addressed(&b->memories[m]))
            continue;
        const char *name = b->memories[m].name;
        size_t size = strlen(names) + strlen(name) + 3;
        char *longer = arena_alloc(b->arena, size);
        strcpy(longer, names);
        strcat(longer, *names ? ", " : "");
        names = strcat(longer, name);
    }
    return names;
}

/* A link on what has no address would be there and do nothing. */
static bool check_addressed(struct building *b, const char *where, const char *kind,
                            uint32_t memory, const char *verb, struct error *error)
{
    if (is_addressed(&b->memories[memory]))
        return true;
    const char *others = addressed_names(b);
    return error_set(error, "%s: %s: nothing is addressed in %s, so there is nothing to %s; %s%s",
                     where, kind, b->memories[memory].name, verb,
                     *others ? "memories with addresses: "
                             : "declare a variable with an address, or a raw range",
                     others);
}

static bool check_served(struct building *b, const struct server_spec *server, struct error *error)
{
    const char *kind = server->line ? "server.rtu" : "server.tcp";
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        int memory = server->memory_of[unit];
        if (memory != UNIT_NONE &&
            !check_addressed(b, server->where, kind, (uint32_t)memory, "serve", error))
            return false;
    }
    return true;
}

static bool check_needs(const struct plan *plan, const struct task_spec *task, struct error *error)
{
    for (size_t i = 0; i < task->need_count; i++) {
        const struct memory *memory = &plan->memories[task->needs[i]];
        if (memory->client < 0)
            return error_set(error,
                             "%s: every: needs %s, which has no client and therefore is always "
                             "good; needs is for memories that a client mirrors",
                             task->where, memory->name);
    }
    return true;
}

bool plan_check_links(struct building *b, struct error *error)
{
    const struct plan *plan = &b->plan;
    for (size_t i = 0; i < plan->server_count; i++) {
        if (!check_served(b, &plan->servers[i], error))
            return false;
    }
    for (size_t i = 0; i < plan->client_count; i++) {
        const struct client_spec *client = &plan->clients[i];
        if (!check_addressed(b, client->where, client_kind(client), client->memory, "exchange",
                             error))
            return false;
    }
    for (size_t i = 0; i < plan->task_count; i++) {
        if (!check_needs(plan, &plan->tasks[i], error))
            return false;
    }
    return true;
}
