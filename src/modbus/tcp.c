/* The thread, and what belongs to all listeners: the loop, the timeouts, the tick, and the wish to
 * stop or start one, which may come from any thread. The tick runs only while there is a connection
 * to time out, so that an idle program does not wake up. */

#include "modbus/tcp.h"
#include <pthread.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/loop.h"
#include "base/thread.h"
#include "base/waker.h"
#include "image/link.h"
#include "modbus/dialer.h"
#include "modbus/listener.h"

enum { STACK = 256 * 1024, TICK_MAX_MS = 250, TICK_MIN_MS = 10 };

struct tcp {
    struct waker wish;
    struct loop *loop;
    struct dialer *dialer;
    struct listener **listeners;
    size_t listener_count;
    struct connection_timeouts timeouts;
    bool ticking;
    bool running;
    pthread_t thread;
};

/* From any thread. */
static void wished(void *context)
{
    waker_wake(&((struct tcp *)context)->wish);
}

static void obey(void *context)
{
    const struct tcp *tcp = context;
    for (size_t i = 0; i < tcp->listener_count; i++)
        listener_obey(tcp->listeners[i]);
}

static bool open_wishes(struct tcp *tcp, struct error *error)
{
    return waker_open(&tcp->wish, tcp->loop, obey, tcp, error) ||
           error_prefix(error, "the TCP servers cannot be woken: ");
}

struct tcp *tcp_create(struct error *error)
{
    struct tcp *tcp = calloc(1, sizeof *tcp);
    if (!tcp) {
        error_set(error, "not enough memory for the TCP servers");
        return NULL;
    }
    tcp->loop = loop_create(error);
    if (!tcp->loop || !open_wishes(tcp, error)) {
        tcp_destroy(tcp);
        return NULL;
    }
    tcp_set_timeouts(tcp, TCP_FRAME_TIMEOUT_MS, TCP_SEND_TIMEOUT_MS);
    return tcp;
}

static void stop(struct tcp *tcp)
{
    if (!tcp->running)
        return;
    loop_stop(tcp->loop);
    pthread_join(tcp->thread, NULL);
    tcp->running = false;
}

static void attach(const struct listener *listener, void (*wake)(void *context), void *context)
{
    if (listener->link >= 0)
        link_attach(server_image(listener->connections.server), (size_t)listener->link, wake,
                    context);
}

void tcp_destroy(struct tcp *tcp)
{
    if (!tcp)
        return;
    stop(tcp);
    dialer_destroy(tcp->dialer);
    for (size_t i = 0; i < tcp->listener_count; i++) {
        attach(tcp->listeners[i], NULL, NULL);
        listener_close(tcp->listeners[i]);
        free(tcp->listeners[i]);
    }
    waker_close(&tcp->wish);
    loop_destroy(tcp->loop);
    free(tcp->listeners);
    free(tcp);
}

void tcp_set_timeouts(struct tcp *tcp, int frame_ms, int send_ms)
{
    tcp->timeouts.frame = (int64_t)frame_ms * NS_PER_MS;
    tcp->timeouts.send = (int64_t)send_ms * NS_PER_MS;
}

static void tick(void *context)
{
    struct tcp *tcp = context;
    bool busy = false;
    for (size_t i = 0; i < tcp->listener_count; i++)
        busy |= listener_tick(tcp->listeners[i]);
    if (!busy) {
        tcp->ticking = false;
        loop_tick(tcp->loop, 0, NULL, NULL);
    }
}

static int64_t shorter(int64_t a, int64_t b)
{
    return b && b < a ? b : a;
}

/* Often enough that no timeout is overrun by more than a quarter. */
static int tick_ms(const struct tcp *tcp)
{
    int64_t least = shorter(tcp->timeouts.frame, tcp->timeouts.send);
    for (size_t i = 0; i < tcp->listener_count; i++)
        least = shorter(least, server_spec(tcp->listeners[i]->connections.server)->idle_timeout);
    int64_t ms = least / NS_PER_MS / 4;
    return ms < TICK_MIN_MS ? TICK_MIN_MS : ms > TICK_MAX_MS ? TICK_MAX_MS : (int)ms;
}

static void busy(void *context)
{
    struct tcp *tcp = context;
    if (tcp->ticking)
        return;
    tcp->ticking = true;
    loop_tick(tcp->loop, tick_ms(tcp), tick, tcp);
}

static struct listener *listener_for(struct tcp *tcp, struct server *server)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return NULL;
    listener->connections.loop = tcp->loop;
    listener->connections.server = server;
    listener->connections.timeouts = &tcp->timeouts;
    listener->busy = busy;
    listener->context = tcp;
    return listener;
}

bool tcp_listen(struct tcp *tcp, struct server *server, struct error *error)
{
    size_t size = (tcp->listener_count + 1) * sizeof *tcp->listeners;
    struct listener **listeners = realloc(tcp->listeners, size);
    if (!listeners)
        return error_set(error, "not enough memory for the TCP servers");
    tcp->listeners = listeners;
    struct listener *listener = listener_for(tcp, server);
    if (!listener)
        return error_set(error, "not enough memory for the TCP servers");
    if (!listener_open(listener, error)) {
        free(listener);
        return false;
    }
    listeners[tcp->listener_count++] = listener;
    attach(listener, wished, tcp);
    return true;
}

bool tcp_dial(struct tcp *tcp, struct image *image, struct error *error)
{
    tcp->dialer = dialer_create(tcp->loop, image, error);
    return tcp->dialer != NULL;
}

uint16_t tcp_port(const struct tcp *tcp, size_t listener)
{
    return tcp->listeners[listener]->port;
}

static void *serve(void *context)
{
    struct tcp *tcp = context;
    loop_run(tcp->loop);
    return NULL;
}

bool tcp_start(struct tcp *tcp, struct error *error)
{
    tcp->running = thread_start(&tcp->thread, "msm-tcp", STACK, serve, tcp, error);
    return tcp->running || error_prefix(error, "cannot start the thread of the TCP links: ");
}

size_t tcp_connections(const struct tcp *tcp)
{
    size_t count = 0;
    for (size_t i = 0; i < tcp->listener_count; i++)
        count += atomic_load(&tcp->listeners[i]->connections.count);
    return count;
}
