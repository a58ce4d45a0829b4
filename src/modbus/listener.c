/* The socket from being bound to being closed. It is in the loop only while somebody may come in:
 * one that is bound before its program runs, or rests after it, keeps its port and is served
 * nothing. What the image knows of it is the server's link, so that it changes with the server. */

#include "modbus/listener.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/log.h"
#include "image/link.h"
#include "modbus/address.h"
#include "modbus/listener_accept.h"

static void publish(struct listener *listener)
{
    listener->published = listener->connections.heard;
    if (listener->link < 0)
        return;
    struct link_status status = {
        .online = listener->listening,
        .complete = listener->listening,
        .answered = listener->published,
    };
    link_publish(server_image(listener->connections.server), (size_t)listener->link, &status,
                 false);
}

/* ---- the socket ---- */

bool listener_bind(struct listener *listener, const struct server_spec *spec, struct error *error)
{
    uint16_t port = listener->port ? listener->port : spec->port;
    int fd = address_listen(spec->bind, port, &listener->port, error);
    listener->source = (struct loop_source){fd, listener_accept};
    if (fd < 0)
        return false;
    snprintf(listener->bind, sizeof listener->bind, "%s", spec->bind);
    listener->asked = spec->port;
    listener->spare = listener_open_spare();
    return true;
}

static void shut(struct listener *listener)
{
    if (listener->source.fd < 0)
        return;
    close(listener->source.fd);
    if (listener->spare >= 0)
        close(listener->spare);
    listener->source.fd = -1;
}

bool listener_start(struct listener *listener, struct error *error)
{
    const struct server_spec *spec = server_spec(listener->connections.server);
    if (listener->source.fd < 0 && !listener_bind(listener, spec, error))
        return false;
    if (!loop_add(listener->connections.loop, &listener->source, EPOLLIN, error)) {
        shut(listener);
        return false;
    }
    listener->listening = true;
    publish(listener);
    return true;
}

void listener_rest(struct listener *listener)
{
    if (!listener->listening)
        return;
    connections_close(&listener->connections);
    loop_remove(listener->connections.loop, &listener->source);
    listener->listening = listener->pausing = false;
}

void listener_close(struct listener *listener)
{
    listener_rest(listener);
    shut(listener);
}

/* ---- the server behind it ---- */

static void attach(const struct listener *listener, void (*wake)(void *context), void *context)
{
    if (listener->link >= 0)
        link_attach(server_image(listener->connections.server), (size_t)listener->link, wake,
                    context);
}

void listener_leave(struct listener *listener)
{
    attach(listener, NULL, NULL);
    listener->link = -1;
}

void listener_serve(struct listener *listener, struct server *server)
{
    const struct server_spec *spec = server_spec(server);
    listener_leave(listener);
    connections_serve(&listener->connections, server, listener_most(spec),
                      listener_most_per_address(spec));
    listener->link = server_link(server);
    attach(listener, listener->wake, listener->context);
    publish(listener);
}

/* ---- as it is wanted ---- */

static bool is_wanted(const struct listener *listener)
{
    return listener->link < 0 ||
           link_wanted(server_image(listener->connections.server), (size_t)listener->link);
}

static void start_again(struct listener *listener)
{
    const char *name = server_spec(listener->connections.server)->name;
    struct error error;
    if (listener_start(listener, &error)) {
        if (listener->failing)
            log_line("%s: listening again", name);
        listener->failing = false;
        return;
    }
    if (!listener->failing)
        log_line("%s: %s; trying again until it works", name, error.text);
    listener->failing = true;
    listener->busy(listener->context);
}

static void stop(struct listener *listener)
{
    bool listened = listener->listening;
    listener_close(listener);
    listener->failing = false;
    if (listened)
        publish(listener);
}

void listener_obey(struct listener *listener)
{
    bool wanted = is_wanted(listener);
    if (wanted && !listener->listening)
        start_again(listener);
    else if (!wanted)
        stop(listener);
}

bool listener_tick(struct listener *listener)
{
    connections_tick(&listener->connections);
    if (listener->connections.heard != listener->published)
        publish(listener);
    if (listener->failing)
        listener_obey(listener);
    bool paused = listener->pausing;
    if (paused)
        listener_accept_again(listener);
    return paused || listener->failing || listener->connections.first != NULL;
}
