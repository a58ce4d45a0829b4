/* Differences of links and tasks. A link that stays is told when what it does changes, by the names
 * of the options; one that has another partner is one that is new and one that is gone. */

#include "image/plan_match_inside.h"

#include <stdio.h>
#include <string.h>
#include "base/duration.h"

static void say_changed(const struct match_list *list, const char *where, const char *name,
                        const char *words)
{
    if (*words)
        match_say(list, DIFFERENCE_LINK_CHANGED, where, "%s stays connected; what changes: %s",
                  name, words);
}

/* Whether other points are exchanged, or in other company. */
static bool exchanges_others(const struct plan_match *match, uint32_t to)
{
    struct run groups = plan_client_groups(match->to, to);
    uint32_t had = plan_client_groups(match->from, match->clients[to]).count;
    for (uint32_t g = groups.first; g < groups.first + groups.count; g++) {
        if (match->groups[g] == MATCH_NONE)
            return true;
    }
    return groups.count != had;
}

static void list_client(const struct match_list *list, uint32_t number)
{
    const struct plan_match *match = list->match;
    const struct client_spec *to = &match->to->clients[number], *from;
    char words[WORDS_MAX] = "";
    if (match->clients[number] == MATCH_NONE) {
        match_say(list, DIFFERENCE_LINK_NEW, to->where, "client %s of memory %s is new", to->name,
                  match->to->memories[to->memory].name);
        return;
    }
    from = &match->from->clients[match->clients[number]];
    match_add_word(words, strcmp(from->name, to->name) != 0, "name");
    match_add_word(words, from->period != to->period, "period");
    match_add_word(words, from->timeout != to->timeout, "timeout");
    match_add_word(words, from->delay != to->delay, "delay");
    match_add_word(words, from->stale_after != to->stale_after, "stale_after");
    match_add_word(words, from->depth != to->depth, "depth");
    match_add_word(words, from->max_read != to->max_read, "max_read");
    match_add_word(words, from->max_write != to->max_write, "max_write");
    match_add_word(words, from->max_gap != to->max_gap, "max_gap");
    match_add_word(words, exchanges_others(match, number), "the variables that are exchanged");
    say_changed(list, to->where, to->name, words);
}

static bool same_allowed(const struct server_spec *a, const struct server_spec *b)
{
    return a->allow_count == b->allow_count &&
           (!a->allow_count || memcmp(a->allow, b->allow, a->allow_count * sizeof *a->allow) == 0);
}

static void list_server(const struct match_list *list, uint32_t number)
{
    const struct plan_match *match = list->match;
    const struct server_spec *to = &match->to->servers[number], *from;
    char words[WORDS_MAX] = "";
    if (match->servers[number] == MATCH_NONE) {
        match_say(list, DIFFERENCE_LINK_NEW, to->where, "server %s is new", to->name);
        return;
    }
    from = &match->from->servers[match->servers[number]];
    match_add_word(words, strcmp(from->name, to->name) != 0, "name");
    match_add_word(words, !plan_match_same_units(match, from, to), "units and memories");
    match_add_word(words, from->read_only != to->read_only, "read_only");
    match_add_word(words, from->serve_stale != to->serve_stale, "stale");
    match_add_word(words, from->max_connections != to->max_connections, "max_connections");
    match_add_word(words, from->max_connections_per_address != to->max_connections_per_address,
                   "max_connections_per_address");
    match_add_word(words, from->idle_timeout != to->idle_timeout, "idle_timeout");
    match_add_word(words, !same_allowed(from, to), "allow");
    say_changed(list, to->where, to->name, words);
}

void plan_match_list_links(const struct match_list *list)
{
    for (uint32_t i = 0; i < list->match->to->client_count; i++)
        list_client(list, i);
    for (uint32_t i = 0; i < list->match->to->server_count; i++)
        list_server(list, i);
}

void plan_match_list_gone_links(const struct match_list *list)
{
    const struct plan_match *match = list->match;
    for (uint32_t i = 0; i < match->from->client_count; i++) {
        const struct client_spec *client = &match->from->clients[i];
        if (!match_is_heir(match->clients, match->to->client_count, i))
            match_say(list, DIFFERENCE_LINK_GONE, client->where, "client %s of memory %s is gone",
                      client->name, match->from->memories[client->memory].name);
    }
    for (uint32_t i = 0; i < match->from->server_count; i++) {
        const struct server_spec *server = &match->from->servers[i];
        if (!match_is_heir(match->servers, match->to->server_count, i))
            match_say(list, DIFFERENCE_LINK_GONE, server->where, "server %s is gone", server->name);
    }
}

/* ---- tasks ---- */

static void list_task(const struct match_list *list, uint32_t number)
{
    const struct task_spec *from = &list->match->from->tasks[number];
    const struct task_spec *to = &list->match->to->tasks[number];
    char was[32], is[32];
    if (from->period != to->period)
        match_say(list, DIFFERENCE_TASKS, to->where, "task %u runs every %s instead of every %s",
                  number + 1, duration_format(to->period, is, sizeof is),
                  duration_format(from->period, was, sizeof was));
}

void plan_match_list_tasks(const struct match_list *list)
{
    const struct plan *from = list->match->from, *to = list->match->to;
    size_t had = from->task_count, has = to->task_count;
    for (uint32_t i = 0; i < had && i < has; i++)
        list_task(list, i);
    if (had != has)
        match_say(list, DIFFERENCE_TASKS, has > had ? to->tasks[had].where : from->tasks[has].where,
                  "the program has %zu task%s instead of %zu", has, has == 1 ? "" : "s", had);
}
