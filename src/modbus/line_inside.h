#pragma once
/* What line_thread.c (making and running) and line_work.c (what the thread does) share. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/hold.h"
#include "base/loop.h"
#include "base/waker.h"
#include "modbus/line_thread.h"
#include "modbus/line_users.h"
#include "modbus/serial.h"

struct line_thread {
    struct line_users *users;
    struct loop *loop;
    struct waker wake;
    struct hold hold;
    bool held;  /* by lines.c */
    bool ended; /* another program has its line, or nobody: what still comes is not looked at */
    struct loop_source port;
    struct loop_timer timer;
    struct serial *serial; /* NULL: not open */
    int64_t opened, retry; /* when it was opened, or is to be */
    unsigned attempt;
    bool said; /* that it is not there */
    pthread_t thread;
    bool running;
};

/* Does what is due, and sets the timer to when something is due again. */
void line_work(struct line_thread *t);
void line_close_port(struct line_thread *t);

/* The functions of the port and of the timer. */
void line_port_ready(struct loop_source *source, uint32_t events);
void line_timer_fired(struct loop_timer *timer);
