/* The same rooms as a real run has, without links: what the script sees of its devices is that none
 * of them answers. */

#include "run/dry.h"

#include "base/clock.h"
#include "base/watchdog.h"
#include "control/findings.h"
#include "control/script.h"
#include "image/keeps.h"
#include "run/generation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCANS_MOST = 1000000000 };

struct dry {
    bool failed;
    struct error error;
};

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    struct dry *dry = context;
    (void)generation;
    dry->failed = true;
    dry->error = *error;
}

static void note_stuck(void *context, const struct generation *generation)
{
    script_give_up(context, program_where(generation->program));
}

static void say(const char *line)
{
    command_say("%s", line);
}

static bool is_over(const struct dry *dry, const struct scan *scan)
{
    return dry->failed || scan_stop_wanted(scan);
}

/* Time stands still within a scan, so that none is late. */
static unsigned long scan_all(const struct dry *dry, struct scan *scan, unsigned long scans,
                              struct instant now)
{
    unsigned long done = 0;
    while (done < scans && !is_over(dry, scan)) {
        scan_step(scan, now);
        scan_ended(scan, now.monotonic);
        int64_t wait = scan_due(scan) - now.monotonic;
        now.monotonic += wait;
        now.utc += wait;
        done++;
    }
    if (!dry->failed)
        scan_stop(scan, now);
    return done;
}

/* Without devices, what needs one never runs. */
static void say_needs(const struct plan *plan, const struct scan *scan)
{
    for (size_t i = 0; i < plan->task_count; i++)
        if (plan->tasks[i].need_count && !scan_has_run(scan, i))
            command_say("%s: this task did not run, because it needs %s, whose device is not here; "
                        "msm test simulates devices",
                        plan->tasks[i].where, plan->memories[plan->tasks[i].needs[0]].name);
}

/* ", but 2 of 3 tasks never ran: tank.lua:8, tank.lua:12" */
static void print_unrun(const struct plan *plan, const struct scan *scan)
{
    size_t unrun = 0;
    for (size_t i = 0; i < plan->task_count; i++)
        unrun += !scan_has_run(scan, i);
    if (unrun == 0)
        return;
    fprintf(stderr, ", but %zu of %zu task%s never ran", unrun, plan->task_count,
            plan->task_count == 1 ? "" : "s");
    const char *before = ": ";
    for (size_t i = 0; i < plan->task_count; i++) {
        if (scan_has_run(scan, i))
            continue;
        fprintf(stderr, "%s%s", before, plan->tasks[i].where);
        before = ", ";
    }
}

static void print_verdict(const struct dry *dry, const struct generation *generation,
                          unsigned long done)
{
    fprintf(stderr, "%s: %lu scan%s without a network: %s", generation->plan->name, done,
            done == 1 ? "" : "s", dry->failed ? "FAULT" : "no fault");
    print_unrun(generation->plan, generation->scan);
    fputc('\n', stderr);
}

static bool run(const struct program_options *options, unsigned long scans, struct dry *dry)
{
    const struct generation_events events = {dry, note_fault, note_stuck};
    struct keeps *keeps = keeps_create(&dry->error);
    struct generation *generation =
        keeps ? generation_load(options, keeps, NULL, NULL, NULL, &dry->error) : NULL;
    bool ok = generation && generation_begin(generation, &events, options->now, &dry->error) &&
              program_keep(generation->program, &dry->error);
    if (ok) {
        findings_orders(&(struct findings){.plan = generation->plan, .say = say});
        scan_watch(generation->scan, options->watchdog);
        unsigned long done = scan_all(dry, generation->scan, scans, options->now);
        say_needs(generation->plan, generation->scan);
        print_verdict(dry, generation, done);
        scan_watch(generation->scan, NULL);
    }
    generation_destroy(generation);
    keeps_destroy(keeps);
    return ok && !dry->failed;
}

static bool read_count(const char *text, unsigned long *count)
{
    char *end;
    errno = 0;
    *count = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *count >= 1 && *count <= SCANS_MOST;
}

int dry_run(const struct command *command, const char *path, const char *lua_root,
            const char *scans)
{
    struct dry dry = {.failed = false};
    struct program_options options = {.path = path,
                                      .lua_root = lua_root,
                                      .now = clock_now(),
                                      .why = "cold",
                                      .stuck = script_give_up};
    unsigned long count;
    if (!read_count(scans, &count)) {
        command_say("msm %s: --dry takes a number of scans, 1..%d, not \"%s\"", command->name,
                    SCANS_MOST, scans);
        return EXIT_USAGE;
    }
    options.watchdog = watchdog_open(&dry.error);
    bool ok = options.watchdog && run(&options, count, &dry);
    watchdog_close(options.watchdog);
    if (!ok)
        command_say("%s", dry.error.text);
    return ok ? EXIT_OK : EXIT_FAILED;
}
