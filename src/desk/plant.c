/* The real rooms of a run without its threads: what they do side by side is done here in turns. At
 * one moment devices come first, then the scan, then the devices again with what it has written. */

#include "desk/plant.h"

#include "desk/plant_inside.h"
#include "image/link.h"
#include "image/mirror.h"
#include "program/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    struct plant *plant = context;
    const struct settings *settings = &generation->plan->settings;
    plant->fault = *error;
    if (settings->restarts)
        plant->restart_at = plant->now.monotonic + settings->restart_after;
}

static void note_stuck(void *context, const struct generation *generation)
{
    const struct plant *plant = context;
    if (plant->stuck)
        plant->stuck(NULL, program_where(generation->program));
}

struct generation_events plant_events(struct plant *plant)
{
    return (struct generation_events){plant, note_fault, note_stuck};
}

static struct program_options first_options(const struct plant *plant)
{
    return (struct program_options){.path = plant->path,
                                    .lua_root = plant->lua_root,
                                    .quiet = plant->quiet,
                                    .now = plant->now,
                                    .why = "cold",
                                    .watchdog = plant->watchdog,
                                    .stuck = plant->stuck};
}

/* Servers have nobody before them here, but are there for who asks. */
void plant_listen(struct image *image)
{
    const struct plan *plan = image_plan(image);
    for (size_t i = 0; i < plan->server_count; i++)
        link_publish(image, plan->client_count + i, &(struct link_status){.online = true}, false);
}

bool plant_begin(struct plant *plant, struct generation *next, struct error *error)
{
    const struct generation_events events = plant_events(plant);
    if (!generation_begin(next, &events, plant->now, error) || !program_keep(next->program, error))
        return false;
    scan_watch(next->scan, plant->watchdog);
    plant_listen(next->image);
    return true;
}

struct plant *plant_load(const struct plant_options *options, struct error *error)
{
    struct plant *plant = memory_zeroed(1, sizeof *plant);
    plant->path = memory_string(options->path);
    plant->lua_root = options->lua_root;
    plant->watchdog = options->watchdog;
    plant->quiet = options->quiet;
    plant->strict = options->strict;
    plant->remembers = options->remembers;
    plant->stuck = options->stuck;
    plant->restart_at = INT64_MAX;
    plant->now = options->begin;
    const struct program_options first = first_options(plant);
    plant->keeps = keeps_create(error);
    if (plant->keeps)
        plant->current = generation_load(&first, plant->keeps, NULL, NULL, NULL, error);
    if (plant->current && plant_begin(plant, plant->current, error))
        plant->wire = wire_create(plant->current->image, plant->now.monotonic, error);
    if (plant->wire)
        plant->hand = view_create(plant->current->image, error);
    if (plant->hand)
        return plant;
    plant_destroy(plant);
    return NULL;
}

void plant_destroy(struct plant *plant)
{
    if (!plant)
        return;
    view_destroy(plant->hand);
    wire_destroy(plant->wire);
    generation_destroy(plant->current);
    generation_destroy(plant->former);
    keeps_destroy(plant->keeps);
    free(plant->path);
    free(plant);
}

/* ---- time ---- */

static void move_to(struct plant *plant, int64_t monotonic)
{
    if (monotonic <= plant->now.monotonic)
        return;
    int64_t passed = monotonic - plant->now.monotonic;
    plant->now.monotonic += passed;
    plant->now.utc += passed;
}

void plant_run_devices(struct plant *plant, int64_t until)
{
    int64_t due;
    while ((due = wire_due(plant->wire)) <= until) {
        move_to(plant, due);
        wire_run(plant->wire, plant->now.monotonic);
    }
}

static int64_t fastest(const struct plan *plan)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < plan->task_count; i++)
        least = plan->tasks[i].period < least ? plan->tasks[i].period : least;
    return least;
}

static bool refuse_slow(const struct plant *plant, int64_t spent, int64_t period,
                        struct error *error)
{
    const struct plan *plan = plant->current->plan;
    size_t task = 0;
    while (plan->tasks[task].period != period)
        task++;
    return error_set(
        error,
        "%s: scan %llu took %.1f ms of processor time here, and this task is due every "
        "%.1f ms: an overrun",
        plan->tasks[task].where, (unsigned long long)scan_statistics(plant->current->scan).count,
        (double)spent / NS_PER_MS, (double)period / NS_PER_MS);
}

/* Once. */
static bool report_fault(struct plant *plant, struct error *error)
{
    if (!*plant->fault.text || plant->fault_said)
        return true;
    plant->fault_said = true;
    *error = plant->fault;
    return false;
}

/* The scan's own clock stands still, so what it took is looked at beside it. */
static bool scan_once(struct plant *plant, struct error *error)
{
    int64_t began = plant->strict ? clock_processor() : 0;
    scan_step(plant->current->scan, plant->now);
    int64_t spent = plant->strict ? clock_processor() - began : 0;
    scan_ended(plant->current->scan, plant->now.monotonic);
    if (!report_fault(plant, error))
        return false;
    int64_t period = plant->strict ? fastest(plant->current->plan) : INT64_MAX;
    return spent <= period || refuse_slow(plant, spent, period, error);
}

bool plant_is_over(const struct plant *plant)
{
    return scan_state(plant->current->scan) == SCAN_STOPPED;
}

static bool restarts_by(const struct plant *plant, int64_t moment)
{
    return plant->restart_at <= moment && !plant_is_over(plant);
}

static void revive_by(struct plant *plant, int64_t moment)
{
    while (restarts_by(plant, moment)) {
        plant_run_devices(plant, plant->restart_at);
        move_to(plant, plant->restart_at);
        plant_revive(plant);
    }
}

/* Up to a moment at which nothing has happened yet. */
static void pass(struct plant *plant, int64_t until)
{
    revive_by(plant, until - 1);
    plant_run_devices(plant, until - 1);
    move_to(plant, until);
}

bool plant_stop(struct plant *plant, struct error *error)
{
    const struct image *image = plant->current->image;
    int64_t until = plant->now.monotonic + plant->current->plan->settings.stop_timeout, due;
    scan_stop(plant->current->scan, plant->now);
    plant_run_devices(plant, plant->now.monotonic);
    while (mirror_pending(image, true, NULL, 0) && (due = wire_due(plant->wire)) <= until)
        plant_run_devices(plant, due > plant->now.monotonic ? due : plant->now.monotonic);
    return report_fault(plant, error);
}

bool plant_late(struct plant *plant, int64_t moment, struct error *error)
{
    if (plant_is_over(plant))
        return error_set(error, "%s: the program has stopped itself at %s; restart begins it anew",
                         plant->path, program_stop_where(plant->current->program));
    revive_by(plant, moment);
    plant_run_devices(plant, moment);
    move_to(plant, moment);
    bool ok = scan_once(plant, error);
    plant_run_devices(plant, plant->now.monotonic);
    if (!ok || !scan_stop_wanted(plant->current->scan))
        return ok;
    return plant_stop(plant, error);
}

bool plant_next(struct plant *plant, struct error *error)
{
    revive_by(plant, plant_due(plant));
    return plant_late(plant, plant_due(plant), error);
}

bool plant_step(struct plant *plant, struct error *error)
{
    if (!plant_next(plant, error))
        return false;
    if (!plant_is_over(plant))
        pass(plant, plant_due(plant));
    return true;
}

static bool is_due_before(struct plant *plant, int64_t until)
{
    int64_t due = plant_due(plant);
    revive_by(plant, due < until ? due : until - 1);
    return !plant_is_over(plant) && plant_due(plant) < until;
}

bool plant_run(struct plant *plant, int64_t until, struct error *error)
{
    while (is_due_before(plant, until))
        if (!plant_late(plant, plant_due(plant), error))
            return false;
    pass(plant, until);
    return true;
}

int64_t plant_due(const struct plant *plant)
{
    int64_t due = scan_due(plant->current->scan);
    return due > plant->now.monotonic ? due : plant->now.monotonic;
}

struct instant plant_now(const struct plant *plant)
{
    return plant->now;
}

void plant_set_clock(struct plant *plant, int64_t utc)
{
    plant->now.utc = utc;
}

/* ---- what it consists of ---- */

struct image *plant_image(const struct plant *plant)
{
    return plant->current->image;
}

struct scan *plant_scan(const struct plant *plant)
{
    return plant->current->scan;
}

struct view *plant_hand(const struct plant *plant)
{
    return plant->hand;
}

struct device *plant_device(const struct plant *plant, uint32_t client)
{
    return wire_device(plant->wire, client);
}

uint64_t plant_restarts(const struct plant *plant)
{
    return plant->restarts;
}

const char *plant_fault(const struct plant *plant)
{
    return *plant->fault.text ? plant->fault.text : NULL;
}
