#pragma once
/* What line_thread.c (making and running) and line_work.c (what the thread does) share. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/loop.h"
#include "base/waker.h"
#include "image/link.h"
#include "modbus/line_client.h"
#include "modbus/line_server.h"
#include "modbus/line_thread.h"
#include "modbus/serial.h"

struct served_link {
    size_t link;
    struct link_status status;
};

struct line_thread {
    struct image *image;
    const struct line_spec *line;
    struct loop *loop;
    struct waker wake;
    struct loop_source port;
    struct loop_timer timer;
    struct serial *serial; /* NULL: not open */
    int64_t opened, retry; /* when it was opened, or is to be */
    unsigned attempt;
    bool said; /* that it is not there */
    struct line_client *client_side;
    struct client **clients;
    size_t *client_links;
    size_t client_count;
    struct line_server *server_side;
    struct served_link *served;
    size_t served_count;
    pthread_t thread;
    bool running;
};

/* Does what is due, and sets the timer to when something is due again. */
void line_work(struct line_thread *t);
void line_close_port(struct line_thread *t);

/* The functions of the port and of the timer. */
void line_port_ready(struct loop_source *source, uint32_t events);
void line_timer_fired(struct loop_timer *timer);
