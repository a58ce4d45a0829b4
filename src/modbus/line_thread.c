/* A line's life: its clients and servers are gathered from the plan, its thread started and ended.
 * What the thread does lies in line_work.c. */

#include "modbus/line_thread.h"
#include <stdlib.h>
#include "base/clock.h"
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

static bool add_client(struct line_thread *t, uint32_t number, struct error *error)
{
    struct client *client = client_create(t->image, number, clock_monotonic(), error);
    if (!client)
        return false;
    t->clients[t->client_count] = client;
    t->client_links[t->client_count++] = number;
    return line_client_add(t->client_side, client, error);
}

static bool add_clients(struct line_thread *t, struct error *error)
{
    const struct plan *plan = image_plan(t->image);
    t->clients = calloc(plan->client_count + 1, sizeof(struct client *));
    t->client_links = calloc(plan->client_count + 1, sizeof *t->client_links);
    if (!t->clients || !t->client_links)
        return error_set(error, "not enough memory for the clients of %s", t->line->name);
    for (size_t i = 0; i < plan->client_count; i++) {
        if (plan->clients[i].line != t->line)
            continue;
        if (!t->client_side && !(t->client_side = line_client_create(t->line, error)))
            return false;
        if (!add_client(t, (uint32_t)i, error))
            return false;
    }
    return true;
}

static bool add_servers(struct line_thread *t, struct server *const *servers, struct error *error)
{
    const struct plan *plan = image_plan(t->image);
    t->served = calloc(plan->server_count + 1, sizeof *t->served);
    if (!t->served)
        return error_set(error, "not enough memory for the servers of %s", t->line->name);
    for (size_t i = 0; i < plan->server_count; i++) {
        if (plan->servers[i].line != t->line)
            continue;
        if (!t->server_side && !(t->server_side = line_server_create(t->line, error)))
            return false;
        if (!line_server_add(t->server_side, servers[i], error))
            return false;
        t->served[t->served_count++].link = plan->client_count + i;
    }
    return true;
}

static void attach(struct line_thread *t, void (*function)(void *context), void *context)
{
    for (size_t i = 0; i < t->client_count; i++)
        link_attach(t->image, t->client_links[i], function, context);
    for (size_t i = 0; i < t->served_count; i++)
        link_attach(t->image, t->served[i].link, function, context);
}

static bool make_loop(struct line_thread *t, struct error *error)
{
    t->loop = loop_create(error);
    return t->loop && (waker_open(&t->wake, t->loop, woken, t, error) ||
                       error_prefix(error, "%s: ", t->line->name));
}

struct line_thread *line_thread_create(struct image *image, const struct line_spec *line,
                                       struct server *const *servers, struct error *error)
{
    struct line_thread *t = calloc(1, sizeof *t);
    if (!t) {
        error_set(error, "not enough memory for %s", line->name);
        return NULL;
    }
    t->image = image;
    t->line = line;
    t->port = (struct loop_source){-1, line_port_ready};
    t->timer.fire = line_timer_fired;
    if (!make_loop(t, error) || !add_clients(t, error) || !add_servers(t, servers, error)) {
        line_thread_destroy(t);
        return NULL;
    }
    attach(t, wake, t);
    return t;
}

/* ---- running ---- */

static void *run(void *context)
{
    struct line_thread *t = context;
    line_work(t); /* opens the port: its retry is 0 */
    loop_run(t->loop);
    return NULL;
}

bool line_thread_start(struct line_thread *t, struct error *error)
{
    t->running = thread_start(&t->thread, "msm-line", STACK, run, t, error);
    return t->running || error_prefix(error, "cannot start the thread of %s: ", t->line->name);
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
    attach(t, NULL, NULL);
    line_close_port(t);
    for (size_t i = 0; i < t->client_count; i++)
        client_destroy(t->clients[i]);
    line_client_destroy(t->client_side);
    line_server_destroy(t->server_side);
    waker_close(&t->wake);
    loop_destroy(t->loop);
    free(t->clients);
    free(t->client_links);
    free(t->served);
    free(t);
}
