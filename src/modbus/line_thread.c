/* A line's life: the port, its loop and its thread, started and ended, and the users that come and
 * go with programs. What the thread does lies in line_work.c. */

#include "modbus/line_thread.h"
#include <stdlib.h>
#include "base/thread.h"
#include "modbus/line_inside.h"

enum { STACK = 256 * 1024 };

/* Called by anybody who has something for one of our links. */
static void wake(void *context)
{
    waker_wake(&((struct line_thread *)context)->wake);
}

static void woken(void *context)
{
    line_work(context);
}

/* ---- making ---- */

static bool make_loop(struct line_thread *t, struct error *error)
{
    t->loop = loop_create(error);
    if (!t->loop || !waker_open(&t->wake, t->loop, woken, t, error) ||
        !hold_open(&t->hold, t->loop, error))
        return false;
    hold_pass(&t->hold, true);
    return true;
}

struct line_thread *line_thread_create(struct image *image, const struct line_spec *line,
                                       struct server *const *servers, struct error *error)
{
    struct line_thread *t = calloc(1, sizeof *t);
    if (!t) {
        error_set(error, "not enough memory for %s", line->name);
        return NULL;
    }
    t->port = (struct loop_source){-1, line_port_ready};
    t->timer.fire = line_timer_fired;
    if (!make_loop(t, error)) {
        error_prefix(error, "%s: ", line->name);
        line_thread_destroy(t);
        return NULL;
    }
    t->users = line_users_create(image, line, servers, error);
    if (!t->users) {
        line_thread_destroy(t);
        return NULL;
    }
    line_users_attach(t->users, wake, t);
    return t;
}

struct line_users *line_thread_users(const struct line_thread *t)
{
    return t->users;
}

/* ---- another program takes over ---- */

void line_thread_hold(struct line_thread *t)
{
    hold_take(&t->hold);
    t->held = true;
}

void line_thread_release(struct line_thread *t)
{
    if (t->held)
        hold_give(&t->hold);
    t->held = false;
}

struct line_users *line_thread_change(struct line_thread *t, struct line_users *users,
                                      const struct plan_match *match, int64_t now)
{
    struct line_users *before = t->users;
    line_users_follow(users, before, match, now);
    line_users_leave(before, now);
    line_users_attach(users, wake, t);
    t->users = users;
    wake(t);
    return before;
}

void line_thread_end(struct line_thread *t, int64_t now)
{
    t->ended = true;
    line_users_leave(t->users, now);
    line_thread_stop(t);
}

/* ---- running ---- */

static void *run(void *context)
{
    struct line_thread *t = context;
    line_work(t); /* opens the port: its retry is 0 */
    loop_run(t->loop);
    hold_pass(&t->hold, true);
    return NULL;
}

bool line_thread_start(struct line_thread *t, struct error *error)
{
    if (t->running)
        return true;
    hold_pass(&t->hold, false);
    t->running = thread_start(&t->thread, "msm-line", STACK, run, t, error);
    if (t->running)
        return true;
    hold_pass(&t->hold, true);
    return error_prefix(error, "cannot start the thread of %s: ", t->users->line->name);
}

void line_thread_stop(struct line_thread *t)
{
    if (t->running)
        loop_stop(t->loop);
}

void line_thread_join(struct line_thread *t)
{
    if (t->running)
        pthread_join(t->thread, NULL);
    t->running = false;
}

void line_thread_destroy(struct line_thread *t)
{
    if (!t)
        return;
    line_close_port(t);
    line_users_destroy(t->users);
    hold_close(&t->hold);
    waker_close(&t->wake);
    loop_destroy(t->loop);
    free(t);
}
