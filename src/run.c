/* msm run: creates the rooms in the order in which they depend on each other, connects them, waits
 * for a signal or the program's own stop, and takes them down in reverse. */

#include "run.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/loop.h"
#include "modbus/tcp.h"
#include "program/program.h"
#include "scan/scan.h"
#include "scan/spin.h"
#include "scan/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SCAN_PRIORITY = 80 };

/* Everything that runs, in the order of its creation. */
struct running {
    const char *path, *lua_root;
    bool wants_spin;
    bool locked; /* its pages cannot be swapped out */
    struct instant started;
    struct loop *loop;
    struct loop_source signals;
    struct program *program;
    struct plan *plan;
    struct image *image;
    struct server **servers;
    struct tcp *tcp;
    struct scan *scan;
    struct spin *spin;
    struct scan_thread *thread;
};

static void on_fault(void *context, const struct error *error)
{
    const struct running *running = context;
    log_text(error->text, strlen(error->text));
    log_line("%s: FAULT: the program has stopped and its outputs with a safe value have taken it; "
             "servers go on. Restart msm to run it again.",
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

static void on_signal(struct loop_source *source, uint32_t events)
{
    struct running *running =
        (struct running *)((char *)source - offsetof(struct running, signals));
    struct signalfd_siginfo info;
    (void)events;
    if (read(source->fd, &info, sizeof info) == sizeof info)
        loop_stop(running->loop);
}

/* A terminal that closes ends the program in order, too: its outputs have to become safe. */
static sigset_t ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

/* Signals come as events of the loop; all threads inherit the mask. */
static bool catch_signals(struct running *running, struct error *error)
{
    sigset_t set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    running->signals =
        (struct loop_source){.fd = signalfd(-1, &set, SFD_CLOEXEC), .ready = on_signal};
    if (running->signals.fd < 0)
        return error_set(error, "cannot wait for signals: %s", strerror(errno));
    return loop_add(running->loop, &running->signals, EPOLLIN, error);
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
    if (!running->tcp || !running->servers)
        return false;
    for (size_t i = 0; i < running->plan->server_count; i++) {
        running->servers[i] = server_create(running->image, &running->plan->servers[i]);
        if (!running->servers[i])
            return error_set(error, "out of memory for a server");
        if (!tcp_listen(running->tcp, running->servers[i], error))
            return error_prefix(error, "%s: ", running->plan->servers[i].where);
    }
    return true;
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
    if (!tcp_start(running->tcp, error))
        return false;
    running->thread =
        scan_thread_start(running->scan,
                          &(struct scan_thread_options){
                              .priority = SCAN_PRIORITY, .ended = on_ended, .context = running},
                          error);
    return running->thread != NULL;
}

static void say_scan(const struct running *running)
{
    char period[32];
    size_t variables = running->plan->variable_count;
    duration_format(scan_statistics(running->scan).period, period, sizeof period);
    log_line("%s: scan %s, %s%s, %zu variable%s", running->plan->name, period,
             scan_thread_priority(running->thread), running->locked ? "" : ", memory not locked",
             variables, variables == 1 ? "" : "s");
}

/* "all units", or "m1 as unit 1, m2 as unit 2". */
static void say_server(const struct running *running, size_t index)
{
    const struct server_spec *server = &running->plan->servers[index];
    char units[512] = "";
    size_t used = 0;
    int all = server->memory_of[0];
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        int memory = server->memory_of[unit];
        if (memory != all)
            all = UNIT_NONE;
        if (memory != UNIT_NONE && used < sizeof units)
            used += (size_t)snprintf(units + used, sizeof units - used, "%s%s as unit %d",
                                     used ? ", " : "", running->plan->memories[memory].name, unit);
    }
    bool v6 = strchr(server->bind, ':');
    log_line("%s: serving %s on %s%s%s:%u%s%s", running->plan->name,
             all == UNIT_NONE ? units : running->plan->memories[all].name, v6 ? "[" : "",
             server->bind, v6 ? "]" : "", tcp_port(running->tcp, index),
             all == UNIT_NONE ? "" : ", all units", server->read_only ? ", read only" : "");
}

static double us(int64_t nanoseconds)
{
    return (double)nanoseconds / NS_PER_US;
}

static void say_figures(const struct running *running)
{
    struct scan_stats stats = scan_statistics(running->scan);
    const struct scan_figures *scan = &stats.duration, *wake = &stats.latency;
    double seconds = (double)(clock_monotonic() - running->started.monotonic) / NS_PER_S;
    char figures[256] = "";
    if (scan->max)
        snprintf(figures, sizeof figures,
                 "; scan mean %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us; "
                 "wake-up mean %.1f us, p99 %.1f us, max %.1f us",
                 us(scan->mean), us(scan->p99), us(scan->p999), us(scan->max), us(wake->mean),
                 us(wake->p99), us(wake->max));
    log_line("%s: stopped after %.1f s: %llu scan%s, %llu overrun%s%s", running->plan->name,
             seconds, (unsigned long long)stats.count, stats.count == 1 ? "" : "s",
             (unsigned long long)stats.overruns, stats.overruns == 1 ? "" : "s", figures);
}

/* "inout": what a master wrote during the scan stays, and that has to be visible somewhere. */
static void say_conflicts(const struct running *running)
{
    unsigned long long conflicts = image_conflicts(running->image);
    if (conflicts)
        log_line("%s: %llu assignment%s of the program lost against a master's write of the same "
                 "variable in the same scan; wins = \"program\" would turn that",
                 running->plan->name, conflicts, conflicts == 1 ? "" : "s");
}

/* The scan first: its last act makes the outputs safe, which masters may still see. A script that
 * does not come to an end would hold this up for ever; then a second signal ends the process. */
static void stop(struct running *running)
{
    sigset_t set = ending_signals();
    signal(SIGINT, SIG_DFL); /* a shell's background job has it ignored */
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    scan_thread_stop(running->thread);
    if (running->thread) {
        say_figures(running);
        say_conflicts(running);
    }
    tcp_destroy(running->tcp);
    spin_stop(running->spin);
    scan_destroy(running->scan);
    for (size_t i = 0; running->servers && i < running->plan->server_count; i++)
        server_destroy(running->servers[i]);
    free(running->servers);
    image_destroy(running->image);
    program_destroy(running->program);
    if (running->signals.fd >= 0)
        close(running->signals.fd);
    loop_destroy(running->loop);
}

static bool begin(struct running *running, struct error *error)
{
    running->locked = scan_lock_memory();
    running->loop = loop_create(error);
    return running->loop && catch_signals(running, error) && log_start(error) &&
           load(running, error) && listen_all(running, error) && start(running, error);
}

int run_run(const struct command *command, int argc, char **argv)
{
    struct running running = {.started = clock_now(), .signals.fd = -1};
    const struct command_option options[] = {{"lua-root", NULL, &running.lua_root},
                                             {"spin", &running.wants_spin, NULL},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &running.path, 1);
    if (result >= 0)
        return result;
    struct error error;
    if (begin(&running, &error)) {
        say_scan(&running);
        for (size_t i = 0; i < running.plan->server_count; i++)
            say_server(&running, i);
        loop_run(running.loop);
        result = EXIT_OK;
    } else {
        log_text(error.text, strlen(error.text));
        result = EXIT_FAILED;
    }
    stop(&running);
    log_stop();
    return result;
}
