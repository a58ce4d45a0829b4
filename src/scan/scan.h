#pragma once
/* The logic cycle, without waiting and without a clock: at each due time latch, run the due
 * tasks in the order declared, publish. Time comes in as an argument, so that tests and replays
 * drive the very code that runs on the plant. Knows function pointers, not Lua.
 *
 * A task is next due at due + period: no drift. A due time that passed while the task itself ran is
 * an overrun: counted, skipped, never run back to back. One that passed while others ran is late.
 * Without tasks an idle scan runs at 10 Hz, and also beside slow ones where variables follow
 * others.
 *
 * A task that needs memories (task_spec) runs only while the clients of all of them are online and
 * complete. While it is held its due times go on; when it runs again its dt is one period, and a
 * remote write that came meanwhile is still news to it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/cycle.h"
#include "base/error.h"
#include "image/view.h"
#include "scan/stats.h"

enum scan_state { SCAN_READY, SCAN_RUN, SCAN_FAULT, SCAN_STOPPED };

/* The program as the scan knows it. All are called on the scan's thread, without any lock. All
 * are required. A false return is a fault with its error. */
struct scan_hooks {
    void *context;
    bool (*start)(void *context, const struct cycle *cycle, struct error *error);
    bool (*task)(void *context, size_t task, double dt, const struct cycle *cycle,
                 struct error *error);
    bool (*stop)(void *context, const struct cycle *cycle, struct error *error);
    bool (*stop_wanted)(void *context); /* program.stop() was called */
    void (*rest)(void *context);        /* after publish: garbage */
    void (*fault)(void *context,
                  const struct error *error); /* told once, after the outputs are safe */
};

struct scan;

/* Makes a scan over its own view of the image. Tasks come from the image's plan. The first due
 * time of all of them is `start`, which is also scan.time 0; a first step that comes later moves
 * both to its own moment. The image must outlive it. NULL with an error. */
struct scan *scan_create(struct image *image, const struct scan_hooks *hooks, struct instant start,
                         struct error *error);
void scan_destroy(struct scan *scan); /* NULL is accepted */
struct view *scan_view(struct scan *scan);

/* When scan_step wants to be called next, monotonic ns. */
int64_t scan_due(const struct scan *scan);

/* One scan at `now`: runs the tasks that are due (none: only latch and publish). The first one
 * calls hooks->start before the tasks. A fault publishes nothing, takes the cells back to what
 * was latched, makes the outputs safe and ends the running of tasks; from there steps count, and
 * keep up what follows other variables (`from`). Never sleeps, never reads a clock. */
void scan_step(struct scan *scan, struct instant now);

/* Says when the step that began at scan_step's `now` ended: duration and wake-up latency go to
 * the statistics, due times that passed are counted as overruns and skipped. */
void scan_ended(struct scan *scan, int64_t end);

/* The end by the truth table: hooks->stop (not after a fault, nor before the first step) with latch
 * and publish around it, then safe values. Once; later calls and steps do nothing. */
void scan_stop(struct scan *scan, struct instant now);

/* State and statistics: any thread. */
enum scan_state scan_state(const struct scan *scan);
bool scan_stop_wanted(const struct scan *scan);
struct scan_stats scan_statistics(const struct scan *scan);
