/* msm run: creates the rooms in the order in which they depend on each other, connects them, waits
 * for a signal or the program's own stop, and takes them down in reverse. */

#include "run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/signals.h"
#include "image/mirror.h"
#include "modbus/lines.h"
#include "modbus/tcp.h"
#include "program/program.h"
#include "scan/scan.h"
#include "control/findings.h"
#include "report.h"
#include "scan/spin.h"
#include "scan/thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SCAN_PRIORITY = 80, LOOK_MS = 5000 };

/* Everything that runs, in the order of its creation. */
struct running {
    const char *path, *lua_root;
    bool wants_spin;
    atomic_bool faulted;
    uint64_t overruns; /* that were reported */
    bool locked;       /* its pages cannot be swapped out */
    struct instant started;
    struct loop *loop;
    struct signals signals;
    struct program *program;
    struct plan *plan;
    struct image *image;
    struct server **servers;
    struct tcp *tcp;
    struct lines *lines;
    struct scan *scan;
    struct spin *spin;
    struct scan_thread *thread;
};

static void on_fault(void *context, const struct error *error)
{
    struct running *running = context;
    log_text(error->text, strlen(error->text));
    atomic_store(&running->faulted, true);
    log_line("%s: FAULT: the program has stopped, and outputs with a safe value have taken it; "
             "servers go on while msm runs. Restart msm to run the program again.",
             running->plan->name);
}

/* Everything the scan wants of the program goes through the running program. */
static bool start_hook(void *context, const struct cycle *cycle, struct error *error)
{
    return program_start(((struct running *)context)->program, cycle, error);
}

static bool task_hook(void *context, size_t task, double dt, const struct cycle *cycle,
                      struct error *error)
{
    return program_task(((struct running *)context)->program, task, dt, cycle, error);
}

static bool stop_hook(void *context, const struct cycle *cycle, struct error *error)
{
    return program_stop(((struct running *)context)->program, cycle, error);
}

static bool stop_wanted_hook(void *context)
{
    return program_stop_wanted(((struct running *)context)->program);
}

static void rest_hook(void *context)
{
    program_rest(((struct running *)context)->program);
}

static void on_ended(void *context)
{
    loop_stop(((struct running *)context)->loop);
}

static bool load(struct running *running, struct error *error)
{
    running->program = program_load(&(struct program_options){.path = running->path,
                                                              .lua_root = running->lua_root,
                                                              .now = running->started},
                                    error);
    if (!running->program)
        return false;
    running->plan = program_plan(running->program);
    running->image = image_create(running->plan, running->started.monotonic, error);
    if (!running->image)
        return false;
    program_apply(running->program, running->image, running->started.monotonic);
    return true;
}

static bool listen_all(struct running *running, struct error *error)
{
    running->tcp = tcp_create(error);
    running->servers = calloc(running->plan->server_count + 1, sizeof *running->servers);
    if (!running->tcp)
        return false;
    if (!running->servers)
        return error_set(error, "out of memory for the servers");
    for (size_t i = 0; i < running->plan->server_count; i++) {
        running->servers[i] = server_create(running->image, &running->plan->servers[i]);
        if (!running->servers[i])
            return error_set(error, "out of memory for a server");
        if (!running->plan->servers[i].line &&
            !tcp_listen(running->tcp, running->servers[i], error))
            return error_prefix(error, "%s: ", running->plan->servers[i].where);
    }
    return tcp_dial(running->tcp, running->image, error);
}

static bool start(struct running *running, struct error *error)
{
    const struct scan_hooks hooks = {
        .context = running,
        .start = start_hook,
        .task = task_hook,
        .stop = stop_hook,
        .stop_wanted = stop_wanted_hook,
        .rest = rest_hook,
        .fault = on_fault,
    };
    running->scan = scan_create(running->image, &hooks, clock_now(), error);
    if (!running->scan)
        return false;
    program_attach(running->program, scan_view(running->scan));
    if (running->wants_spin && !(running->spin = spin_start(error)))
        return false;
    running->thread =
        scan_thread_start(running->scan,
                          &(struct scan_thread_options){
                              .priority = SCAN_PRIORITY, .ended = on_ended, .context = running},
                          error);
    return running->thread != NULL;
}

enum { LOOK_AGAIN_MS = 5 };

static void name_undelivered(const struct running *running)
{
    size_t most = running->plan->point_count;
    uint32_t *points = memory_zeroed(most + 1, sizeof *points);
    size_t count = mirror_pending(running->image, false, points, most);
    report_undelivered(running->plan, points, count);
    free(points);
}

/* What is on its way to devices that answer gets stop_timeout to arrive; what did not is named. */
static void deliver(const struct running *running)
{
    int64_t until = clock_monotonic() + running->plan->stop_timeout;
    while (mirror_pending(running->image, true, NULL, 0) && clock_monotonic() < until)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_MS * NS_PER_MS}, NULL);
    name_undelivered(running);
}

/* The scan first: its last act makes the outputs safe, which masters may still see, and which the
 * clients still have to deliver. */
static void stop(struct running *running)
{
    signals_let_end(&running->signals);
    scan_thread_stop(running->thread);
    if (running->thread) {
        deliver(running);
        report_end(running->plan, running->scan, running->image,
                   clock_monotonic() - running->started.monotonic, running->faulted);
    }
    lines_stop(running->lines);
    tcp_destroy(running->tcp);
    lines_destroy(running->lines);
    spin_stop(running->spin);
    scan_destroy(running->scan);
    for (size_t i = 0; running->servers && i < running->plan->server_count; i++)
        server_destroy(running->servers[i]);
    free(running->servers);
    program_destroy(running->program);
    image_destroy(running->image);
    signals_close(&running->signals);
    loop_destroy(running->loop);
}

/* Signals are caught once there are outputs to make safe: a body that does not end is ended by
 * Ctrl-C as any program. */
static bool begin(struct running *running, struct error *error)
{
    running->locked = scan_lock_memory();
    signal(SIGPIPE, SIG_IGN);
    running->loop = loop_create(error);
    return running->loop && log_start(error) && load(running, error) &&
           signals_catch(&running->signals, running->loop, error) && listen_all(running, error) &&
           start(running, error);
}

static void look_after(void *context)
{
    struct running *running = context;
    running->overruns = report_overruns(running->plan, running->scan, running->overruns);
}

static void say(const char *line)
{
    log_text(line, strlen(line));
}

/* Who runs what is said first, then links may say what they meet. */
static bool serve(struct running *running, struct error *error)
{
    report_scan(running->plan, running->scan, scan_thread_priority(running->thread),
                running->locked);
    report_servers(running->plan, running->tcp);
    report_clients(running->plan);
    findings_orders(&(struct findings){.plan = running->plan, .say = say});
    running->lines = lines_start(running->image, running->servers, error);
    if (!running->lines || !tcp_start(running->tcp, error))
        return false;
    scan_thread_go(running->thread);
    loop_tick(running->loop, LOOK_MS, look_after, running);
    loop_run(running->loop);
    return true;
}

int run_run(const struct command *command, int argc, char **argv)
{
    struct running running = {.started = clock_now()};
    const struct command_option options[] = {{"lua-root", NULL, &running.lua_root},
                                             {"spin", &running.wants_spin, NULL},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &running.path, 1);
    if (result >= 0)
        return result;
    struct error error;
    result = EXIT_OK;
    if (!begin(&running, &error) || !serve(&running, &error)) {
        log_text(error.text, strlen(error.text));
        result = EXIT_FAILED;
    }
    stop(&running);
    log_stop();
    return result;
}
