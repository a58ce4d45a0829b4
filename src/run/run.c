/* msm run: starts everything (start.c), waits for a signal or the program's own stop, and takes it
 * down in reverse. */

#include "run/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/findings.h"
#include "control/place.h"
#include "image/mirror.h"
#include "run/dry.h"
#include "run/edit.h"
#include "run/eval.h"
#include "run/faults.h"
#include "run/notify.h"
#include "run/probation.h"
#include "run/pulse.h"
#include "run/reload.h"
#include "run/report.h"
#include "run/restart.h"
#include "run/runtime.h"
#include "run/start.h"
#include "run/stuck.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 5000, LOOK_AGAIN_MS = 5, STOP_GRACE = NS_PER_S };

const char *runtime_name(const struct runtime *runtime)
{
    return runtime->name;
}

/* ---- at work ---- */

static void look_after(void *context)
{
    struct runtime *runtime = context;
    runtime->overruns =
        report_overruns(runtime->current->plan, runtime->current->scan, runtime->overruns);
}

static void say(const char *line)
{
    log_text(line, strlen(line));
}

static void say_pages(const struct runtime *runtime)
{
    char address[96];
    if (!runtime->hmi)
        return;
    log_line("%s: pages at %s", runtime_name(runtime), hmi_address(runtime->hmi, address));
    hmi_say(runtime->hmi, say);
}

static void say_what_runs(struct runtime *runtime)
{
    const struct generation *now = runtime->current;
    report_scan(now->plan, now->scan, scan_thread_priority(runtime->thread), runtime->locked,
                store_status(runtime->store).restored);
    report_servers(now->plan, runtime->tcp);
    report_clients(now->plan);
    report_forced(now->image);
    say_pages(runtime);
    findings_orders(&(struct findings){.plan = now->plan, .say = say});
}

/* Who runs what is said first, then links may say what they meet. */
static bool serve(struct runtime *runtime, struct error *error)
{
    say_what_runs(runtime);
    runtime->lines = lines_start(runtime->current->image, runtime->current->servers, error);
    if (!runtime->lines || !tcp_start(runtime->tcp, error) ||
        (runtime->sim && !sim_start(runtime->sim, error)) ||
        (runtime->recorder && !recorder_start(runtime->recorder, error)) ||
        !store_start(runtime->store, runtime->current->image, runtime->audit, error))
        return false;
    audit_note(runtime->audit, AUDIT_START, &(struct origin){.peer = "msm"}, "%s", runtime->path);
    reload_watch(runtime);
    scan_thread_go(runtime->thread);
    runtime->proven = runtime->current; /* there is no other */
    probation_begin(runtime, NULL, NULL);
    pulse_start(runtime);
    notify_ready("running");
    loop_tick(runtime->loop, LOOK_MS, look_after, runtime);
    loop_run(runtime->loop);
    return true;
}

/* ---- the end ---- */

static void say_undelivered(void *context, const char *text)
{
    const struct plan *plan = context;
    log_line("%s: %s", plan->name, text);
}

static void name_undelivered(const struct generation *now)
{
    size_t most = now->plan->point_count;
    uint32_t *points = memory_zeroed(most + 1, sizeof *points);
    size_t count = mirror_pending(now->image, false, points, most);
    report_undelivered(now->plan, points, count, say_undelivered, now->plan);
    free(points);
}

/* What is on its way to devices that answer gets stop_timeout to arrive; what did not is named. */
static void deliver(const struct generation *now)
{
    int64_t until = clock_monotonic() + now->plan->settings.stop_timeout;
    while (mirror_pending(now->image, true, NULL, 0) && clock_monotonic() < until)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_MS * NS_PER_MS}, NULL);
    name_undelivered(now);
}

/* One that does not come back must not keep the outputs as they are. */
static void stop_scan(struct runtime *runtime)
{
    struct generation *now = runtime->current;
    struct error error;
    if (!runtime->thread ||
        scan_thread_stop_within(runtime->thread, 2 * plan_watchdog(now->plan) + STOP_GRACE))
        return;
    log_line("%s: the script does not come back; its thread is given up, and outputs are made safe",
             runtime_name(runtime));
    scan_thread_abandon(runtime->thread, clock_monotonic());
    runtime->abandoned++;
    generation_abandon(now, clock_now(), &error);
}

static const struct origin *who_stopped(const struct runtime *runtime)
{
    static const struct origin OURS = {.peer = "msm"};
    return *runtime->stopped_by.peer ? &runtime->stopped_by : &OURS;
}

/* The scan first: its last act makes the outputs safe, which masters may still see, and which the
 * clients still have to deliver. */
static void stop(struct runtime *runtime)
{
    runtime->stopping = true;
    notify_stopping();
    if (runtime->loop)
        pulse_stop(runtime);
    signals_let_end(&runtime->signals);
    stop_scan(runtime);
    faults_tell_last(runtime);
    if (runtime->loop)
        reload_end(runtime);
    edit_close(runtime);
    if (runtime->thread && runtime->current->scan) {
        deliver(runtime->current);
        report_end(runtime->current->plan, runtime->current->scan, runtime->current->image,
                   clock_monotonic() - runtime->started.monotonic, runtime->fault[0]);
    }
    eval_close(runtime);
    watch_files_close(runtime->files);
    lines_stop(runtime->lines);
    tcp_destroy(runtime->tcp);
    sim_destroy(runtime->sim);
    recorder_close(runtime->recorder);
    audit_note(runtime->audit, AUDIT_STOP, who_stopped(runtime), "%s", runtime->path);
    /* after those who answer masters: what was accepted is saved */
    bool is_closed = store_close(runtime->store);
    if (runtime->audit)
        audit_listen(runtime->audit, NULL, NULL);
    history_close(runtime->history);
    runtime->history = NULL;
    lines_destroy(runtime->lines);
    hmi_close(runtime->hmi);
    socket_close(runtime->socket); /* who waits there for the end finds ports and files free */
    spin_stop(runtime->spin);
    restart_close(runtime);
    faults_close(runtime);
    stuck_close(runtime);
    generation_destroy(runtime->current);
    if (!runtime->abandoned) { /* or a thread may come back that looks for them */
        keeps_destroy(runtime->keeps);
        alarm_events_destroy(runtime->alarm_events);
        if (is_closed) {
            audit_destroy(runtime->audit);
            text_queue_destroy(runtime->texts);
        }
    }
    signals_close(&runtime->signals);
    loop_destroy(runtime->loop);
}

/* ---- the command ---- */

/* "tank" of "scripts/tank.lua" into `name`, and "scripts" into `folder`. */
static void take_apart(const char *path, char *name, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    size_t length = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    snprintf(name, size, "%.*s", (int)length, base);
    snprintf(folder, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

static bool is_unattended(void)
{
    return !isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO);
}

static int run_for_good(struct runtime *runtime)
{
    struct error error;
    bool ok = start_all(runtime, &error) && serve(runtime, &error);
    if (!ok)
        log_text(error.text, strlen(error.text));
    stop(runtime);
    log_stop();
    return ok && !runtime->failed ? EXIT_OK : EXIT_FAILED;
}

/* Where systemd gives a folder for that (StateDirectory=), it is taken. NULL: none is stated. */
static const char *stated_folder(const char *option)
{
    const char *given = getenv("STATE_DIRECTORY");
    return option ? option : given && *given ? given : NULL;
}

/* Before anything is opened that would be called so. */
static bool check_name(const struct command *command, const char *stated)
{
    struct error error;
    if (!stated || place_name_check(stated, &error))
        return true;
    command_say("msm %s: --name: %s", command->name, error.text);
    return false;
}

/* An empty text is a variable that was not set, rather than the folder one stands in. */
static bool check_state(const struct command *command, const char *stated)
{
    if (!stated || *stated)
        return true;
    command_say("msm %s: --state takes a folder, not \"\"", command->name);
    return false;
}

/* In MiB; as a file that grows over a night, its bound has to be one that a disk has. */
static bool read_record_size(const struct command *command, struct runtime *runtime,
                             const char *text)
{
    enum { MIB = 1 << 20, LEAST = RECORDER_SIZE_LEAST / MIB, MOST = 1 << 20 };
    char *end;
    runtime->record_size = RECORDER_SIZE;
    if (!text)
        return true;
    unsigned long mib = strtoul(text, &end, 10);
    runtime->record_size = (int64_t)mib * MIB;
    if (runtime->record && *text >= '0' && *text <= '9' && !*end && mib >= LEAST && mib <= MOST)
        return true;
    command_say("msm %s: --record-size takes MiB for --record FILE, %d..%d, not \"%s\"",
                command->name, LEAST, MOST, text);
    return false;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool read_http(const struct command *command, struct runtime *runtime, const char *text)
{
    struct error error;
    runtime->serves_pages = text;
    const struct hmi_settings *http = &runtime->http;
    if (!text && (http->root || http->name || http->tls || http->certificate || http->key))
        error_set(&error, "--http-name, --tls and --web-root are for --http");
    else if (!http->certificate != !http->key || (http->tls && http->key))
        error_set(&error, "--tls makes a certificate of its own; or --tls-cert and --tls-key say "
                          "where one is");
    else if (http->root && !is_folder(http->root))
        error_set(&error, "--web-root: %.200s is no folder", http->root);
    else if (!text || hmi_read_address(text, &runtime->http, &error))
        return true;
    command_say("msm %s: %s", command->name, error.text);
    return false;
}

static bool read_count(const struct command *command, const char *option, const char *text,
                       int least, int most, int *count)
{
    char *end;
    if (!text)
        return true;
    unsigned long given = strtoul(text, &end, 10);
    *count = (int)given;
    if (*text >= '0' && *text <= '9' && !*end && given >= (unsigned long)least &&
        given <= (unsigned long)most)
        return true;
    command_say("msm %s: --%s takes a number, %d..%d, not \"%s\"", command->name, option, least,
                most, text);
    return false;
}

static bool read_history(const struct command *command, struct runtime *runtime, const char *days,
                         const char *size)
{
    enum { DAYS_MOST = 3660, MIB_LEAST = 4, MIB_MOST = 1 << 20 };
    runtime->history_days = HISTORY_DAYS;
    runtime->history_mib = HISTORY_MIB;
    runtime->wants_history |= days || size || runtime->serves_pages;
    return read_count(command, "history-days", days, 1, DAYS_MOST, &runtime->history_days) &&
           read_count(command, "history-size", size, MIB_LEAST, MIB_MOST, &runtime->history_mib);
}

static bool is_without_world(const struct command *command, const struct runtime *runtime)
{
    const char *option = runtime->simulates       ? "--sim"
                         : runtime->record        ? "--record"
                         : runtime->serves_pages  ? "--http"
                         : runtime->wants_history ? "--history"
                                                  : NULL;
    if (option)
        command_say("msm %s: --dry N does not go with %s: a dry run has no world; msm test has a "
                    "simulated one",
                    command->name, option);
    return !option;
}

int run_run(const struct command *command, int argc, char **argv)
{
    struct runtime runtime = {.started = clock_now(), .unattended = is_unattended()};
    const char *dry = NULL, *state = NULL, *record_size = NULL, *http = NULL;
    const char *days = NULL, *history_size = NULL;
    struct command_operands operands = {.words = &runtime.path, .least = 1, .most = 1};
    const struct command_option options[] = {{"dry", NULL, &dry},
                                             {"history", &runtime.wants_history, NULL},
                                             {"history-days", NULL, &days},
                                             {"history-size", NULL, &history_size},
                                             {"http", NULL, &http},
                                             {"http-name", NULL, &runtime.http.name},
                                             {"lua-root", NULL, &runtime.lua_root},
                                             {"name", NULL, &runtime.name},
                                             {"record", NULL, &runtime.record},
                                             {"record-size", NULL, &record_size},
                                             {"sim", &runtime.simulates, NULL},
                                             {"spin", &runtime.wants_spin, NULL},
                                             {"state", NULL, &state},
                                             {"tls", &runtime.http.tls, NULL},
                                             {"tls-cert", NULL, &runtime.http.certificate},
                                             {"tls-key", NULL, &runtime.http.key},
                                             {"watch", &runtime.watches, NULL},
                                             {"web-root", NULL, &runtime.http.root},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (!check_name(command, runtime.name) || !check_state(command, state) ||
        !read_record_size(command, &runtime, record_size) || !read_http(command, &runtime, http) ||
        !read_history(command, &runtime, days, history_size))
        return EXIT_USAGE;
    if (dry && !is_without_world(command, &runtime))
        return EXIT_USAGE;
    if (dry)
        return dry_run(command, runtime.path, runtime.lua_root, dry);
    char name[PATH_MAX], folder[PATH_MAX];
    take_apart(runtime.path, name, folder, sizeof name);
    runtime.is_named = runtime.name;
    runtime.name = runtime.is_named ? runtime.name : name;
    runtime.state_folder = stated_folder(state);
    runtime.folder = folder;
    return run_for_good(&runtime);
}
