#pragma once
/* What the files of tcp.h share: tcp.c is the thread, tcp_change.c has another program take over.
 */

#include "modbus/tcp.h"

#include <pthread.h>
#include <stdatomic.h>
#include "base/hold.h"
#include "base/loop.h"
#include "base/waker.h"
#include "modbus/dialer.h"
#include "modbus/listener.h"

struct tcp {
    struct waker wish;
    struct hold hold;
    struct loop *loop;
    struct dialer *dialer;
    struct listener **listeners; /* in the order of the plan's servers */
    size_t listener_count;
    struct listener **resting; /* of programs before, bound, not in the loop */
    size_t resting_count;
    struct connection_timeouts timeouts;
    atomic_size_t connections;
    bool ticking;
    bool running;
    pthread_t thread;
};

/* Knows no server and has no socket yet. */
struct listener *tcp_listener_create(struct tcp *tcp);
void tcp_listener_destroy(struct listener *listener); /* NULL is accepted */

/* Ticks, as often as the present timeouts want it. On the loop's thread, or while it stands. */
void tcp_tick(struct tcp *tcp);
