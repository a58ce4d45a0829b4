/* Another program takes over. Sockets are bound before anybody stands still, so that a port which
 * cannot be had refuses the change; where it is one of our own that stands in the way, which goes
 * with its program, the new one is bound at the commit, after that one was closed. The listener of
 * a server that matches goes on as it is, only that others answer; what nobody serves any more
 * rests with its socket, so that the old program finds it when it comes back. */

#include "modbus/tcp_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "image/plan_match.h"

struct post {
    struct listener *listener;
    struct server *server;
    bool made; /* the change's own, until the commit */
};

struct tcp_change {
    struct tcp *tcp;
    const struct plan_match *match;
    struct dialer_change *dialing;
    struct post *posts; /* in the order of the plan's servers */
    size_t count;
    struct listener **listeners, **resting; /* room for those after the commit */
};

/* ---- which listener goes on ---- */

static bool is_posted(const struct tcp_change *change, const struct listener *listener)
{
    for (size_t i = 0; i < change->count; i++)
        if (change->posts[i].listener == listener)
            return true;
    return false;
}

static struct listener *find_serving(const struct tcp *tcp, const struct server_spec *spec)
{
    for (size_t i = 0; i < tcp->listener_count; i++)
        if (server_spec(tcp->listeners[i]->connections.server) == spec)
            return tcp->listeners[i];
    return NULL;
}

static struct listener *find_resting(const struct tcp *tcp, const struct server_spec *spec)
{
    for (size_t i = 0; i < tcp->resting_count; i++)
        if (tcp->resting[i]->asked == spec->port && strcmp(tcp->resting[i]->bind, spec->bind) == 0)
            return tcp->resting[i];
    return NULL;
}

static struct listener *find_old(const struct tcp_change *change, size_t number)
{
    const struct plan_match *match = change->match;
    uint32_t before = match->servers[number];
    struct listener *listener = NULL;
    if (before != MATCH_NONE)
        listener = find_serving(change->tcp, &match->from->servers[before]);
    if (!listener)
        listener = find_resting(change->tcp, &match->to->servers[number]);
    return listener && !is_posted(change, listener) ? listener : NULL;
}

static void post_old(struct tcp_change *change, struct server *const *servers)
{
    const struct plan *to = change->match->to;
    for (size_t i = 0; i < to->server_count; i++) {
        if (to->servers[i].line)
            continue;
        struct listener *listener = find_old(change, i);
        change->posts[change->count++] = (struct post){listener, servers[i], false};
    }
}

/* ---- sockets for the others ---- */

static bool has_port(const struct listener *listener, uint16_t port)
{
    return listener->source.fd >= 0 && listener->port == port;
}

/* Whether the port is taken by one of ours that goes, or rests. */
static bool gets_free(const struct tcp_change *change, uint16_t port)
{
    const struct tcp *tcp = change->tcp;
    for (size_t i = 0; i < tcp->listener_count; i++)
        if (has_port(tcp->listeners[i], port) && !is_posted(change, tcp->listeners[i]))
            return true;
    for (size_t i = 0; i < tcp->resting_count; i++)
        if (has_port(tcp->resting[i], port) && !is_posted(change, tcp->resting[i]))
            return true;
    return false;
}

static bool bind_post(struct tcp_change *change, struct post *post, struct error *error)
{
    const struct server_spec *spec = server_spec(post->server);
    post->listener = tcp_listener_create(change->tcp);
    post->made = true;
    if (listener_bind(post->listener, spec, error) ||
        (errno == EADDRINUSE && gets_free(change, spec->port)))
        return true;
    return error_prefix(error, "%s: ", spec->where);
}

static bool bind_others(struct tcp_change *change, struct error *error)
{
    for (size_t i = 0; i < change->count; i++)
        if (!change->posts[i].listener && !bind_post(change, &change->posts[i], error))
            return false;
    return true;
}

/* While the loop stands, because a link may be stopped or started at any moment. */
static bool prepare_sockets(struct tcp_change *change, struct server *const *servers,
                            struct error *error)
{
    struct tcp *tcp = change->tcp;
    tcp_hold(tcp);
    post_old(change, servers);
    bool ok = dialer_open(tcp->dialer, change->match->to, error) && bind_others(change, error);
    tcp_release(tcp);
    return ok;
}

struct tcp_change *tcp_prepare(struct tcp *tcp, struct image *to, struct server *const *servers,
                               const struct plan_match *match, struct error *error)
{
    struct tcp_change *change = memory_zeroed(1, sizeof *change);
    size_t most = match->to->server_count + 1;
    change->tcp = tcp;
    change->match = match;
    change->posts = memory_zeroed(most, sizeof *change->posts);
    change->listeners = memory_zeroed(most, sizeof(struct listener *));
    change->resting =
        memory_zeroed(tcp->resting_count + tcp->listener_count + 1, sizeof(struct listener *));
    if (prepare_sockets(change, servers, error))
        change->dialing = dialer_prepare(tcp->dialer, to, error);
    if (change->dialing)
        return change;
    tcp_discard(change);
    return NULL;
}

static void finish(struct tcp_change *change)
{
    free(change->posts);
    free(change->listeners);
    free(change->resting);
    free(change);
}

void tcp_discard(struct tcp_change *change)
{
    if (!change)
        return;
    dialer_discard(change->dialing);
    for (size_t i = 0; i < change->count; i++)
        if (change->posts[i].made)
            tcp_listener_destroy(change->posts[i].listener);
    finish(change);
}

void tcp_hold(struct tcp *tcp)
{
    hold_take(&tcp->hold);
}

void tcp_release(struct tcp *tcp)
{
    hold_give(&tcp->hold);
}

/* ---- the commit ---- */

/* Nobody answers behind it any more. One whose link was stopped has no socket to keep. */
static void retire(struct tcp_change *change, struct listener *listener, size_t *resting)
{
    listener_rest(listener);
    listener->connections.server = NULL;
    listener->failing = false;
    if (listener->source.fd >= 0)
        change->resting[(*resting)++] = listener;
    else
        tcp_listener_destroy(listener);
}

static void retire_others(struct tcp_change *change)
{
    struct tcp *tcp = change->tcp;
    size_t resting = 0;
    for (size_t i = 0; i < tcp->resting_count; i++)
        if (!is_posted(change, tcp->resting[i]))
            change->resting[resting++] = tcp->resting[i];
    for (size_t i = 0; i < tcp->listener_count; i++) {
        listener_leave(tcp->listeners[i]);
        if (!is_posted(change, tcp->listeners[i]))
            retire(change, tcp->listeners[i], &resting);
    }
    free(tcp->resting);
    tcp->resting = change->resting;
    tcp->resting_count = resting;
    change->resting = NULL;
}

static void free_port(struct tcp *tcp, uint16_t port)
{
    size_t left = 0;
    for (size_t i = 0; i < tcp->resting_count; i++) {
        if (has_port(tcp->resting[i], port))
            tcp_listener_destroy(tcp->resting[i]);
        else
            tcp->resting[left++] = tcp->resting[i];
    }
    tcp->resting_count = left;
}

static void man(struct tcp *tcp, const struct post *post)
{
    if (post->made && post->listener->source.fd < 0)
        free_port(tcp, server_spec(post->server)->port);
    listener_serve(post->listener, post->server);
}

/* All have their server before the first is obeyed: it may want the tick, which looks at all. */
static void man_all(struct tcp_change *change)
{
    struct tcp *tcp = change->tcp;
    for (size_t i = 0; i < change->count; i++) {
        man(tcp, &change->posts[i]);
        change->listeners[i] = change->posts[i].listener;
    }
    free(tcp->listeners);
    tcp->listeners = change->listeners;
    tcp->listener_count = change->count;
    change->listeners = NULL;
    for (size_t i = 0; i < tcp->listener_count; i++)
        listener_obey(tcp->listeners[i]);
    tcp_tick(tcp);
}

void tcp_commit(struct tcp_change *change, int64_t now)
{
    retire_others(change);
    man_all(change);
    dialer_commit(change->dialing, change->match, now);
    finish(change);
}

void tcp_settle(struct tcp *tcp)
{
    for (size_t i = 0; i < tcp->resting_count; i++)
        tcp_listener_destroy(tcp->resting[i]);
    tcp->resting_count = 0;
}
