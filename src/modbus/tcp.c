/* The thread, and what belongs to all listeners: the loop, the timeouts, the tick, and the wish to
 * stop or start one, which may come from any thread. The tick runs only while there is a connection
 * to time out, so that an idle program does not wake up. */

#include "modbus/tcp_inside.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"

enum { STACK = 256 * 1024, TICK_MAX_MS = 250, TICK_MIN_MS = 10 };

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

/* Nobody runs the loop yet. */
static bool open_wishes(struct tcp *tcp, struct error *error)
{
    if (!waker_open(&tcp->wish, tcp->loop, obey, tcp, error) ||
        !hold_open(&tcp->hold, tcp->loop, error))
        return error_prefix(error, "the TCP servers cannot be woken: ");
    hold_pass(&tcp->hold, true);
    return true;
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
    tcp->dialer = dialer_create(tcp->loop);
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

void tcp_destroy(struct tcp *tcp)
{
    if (!tcp)
        return;
    stop(tcp);
    dialer_destroy(tcp->dialer);
    for (size_t i = 0; i < tcp->listener_count; i++)
        tcp_listener_destroy(tcp->listeners[i]);
    tcp_settle(tcp);
    hold_close(&tcp->hold);
    waker_close(&tcp->wish);
    loop_destroy(tcp->loop);
    free(tcp->listeners);
    free(tcp->resting);
    free(tcp);
}

void tcp_set_timeouts(struct tcp *tcp, int frame_ms, int send_ms)
{
    tcp->timeouts.frame = (int64_t)frame_ms * NS_PER_MS;
    tcp->timeouts.send = (int64_t)send_ms * NS_PER_MS;
}

/* ---- the tick ---- */

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

void tcp_tick(struct tcp *tcp)
{
    tcp->ticking = true;
    loop_tick(tcp->loop, tick_ms(tcp), tick, tcp);
}

static void busy(void *context)
{
    struct tcp *tcp = context;
    if (!tcp->ticking)
        tcp_tick(tcp);
}

/* ---- listeners and dials ---- */

struct listener *tcp_listener_create(struct tcp *tcp)
{
    struct listener *listener = memory_zeroed(1, sizeof *listener);
    listener->source.fd = -1;
    listener->link = -1;
    listener->connections.loop = tcp->loop;
    listener->connections.timeouts = &tcp->timeouts;
    listener->connections.total = &tcp->connections;
    listener->wake = wished;
    listener->busy = busy;
    listener->context = tcp;
    return listener;
}

void tcp_listener_destroy(struct listener *listener)
{
    if (!listener)
        return;
    listener_leave(listener);
    listener_close(listener);
    free(listener);
}

bool tcp_listen(struct tcp *tcp, struct server *server, struct error *error)
{
    struct listener *listener = tcp_listener_create(tcp);
    if (!listener_bind(listener, server_spec(server), error))
        goto failed;
    listener_serve(listener, server);
    if (!listener_start(listener, error))
        goto failed;
    tcp->listeners = memory_grow(tcp->listeners, tcp->listener_count, sizeof *tcp->listeners);
    tcp->listeners[tcp->listener_count++] = listener;
    return true;

failed:
    tcp_listener_destroy(listener);
    return false;
}

bool tcp_dial(struct tcp *tcp, struct image *image, struct error *error)
{
    if (!dialer_open(tcp->dialer, image_plan(image), error))
        return false;
    struct dialer_change *change = dialer_prepare(tcp->dialer, image, error);
    if (!change)
        return false;
    dialer_commit(change, NULL, clock_monotonic());
    return true;
}

uint16_t tcp_port(const struct tcp *tcp, size_t listener)
{
    return tcp->listeners[listener]->port;
}

/* ---- the thread ---- */

static void *serve(void *context)
{
    struct tcp *tcp = context;
    loop_run(tcp->loop);
    hold_pass(&tcp->hold, true);
    return NULL;
}

bool tcp_start(struct tcp *tcp, struct error *error)
{
    hold_pass(&tcp->hold, false);
    tcp->running = thread_start(&tcp->thread, "msm-tcp", STACK, serve, tcp, error);
    if (tcp->running)
        return true;
    hold_pass(&tcp->hold, true);
    return error_prefix(error, "cannot start the thread of the TCP links: ");
}

size_t tcp_connections(const struct tcp *tcp)
{
    return atomic_load(&tcp->connections);
}
