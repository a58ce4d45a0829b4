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

struct plan_match;
struct watchdog;

enum scan_state { SCAN_READY, SCAN_RUN, SCAN_FAULT, SCAN_STOPPED };

/* The program as the scan knows it. All are called on the scan's thread, without any lock. All
 * but settle are required. A false return is a fault with its error. */
struct scan_hooks {
    void *context;
    bool (*start)(void *context, const struct cycle *cycle, struct error *error);
    bool (*task)(void *context, size_t task, double dt, const struct cycle *cycle,
                 struct error *error);
    /* After the tasks of each step, before it publishes; NULL: nothing. */
    bool (*settle)(void *context, const struct cycle *cycle, struct error *error);
    bool (*stop)(void *context, const struct cycle *cycle, struct error *error);
    bool (*stop_wanted)(void *context); /* program.stop() was called */
    void (*rest)(void *context);        /* after publish: garbage */
    void (*fault)(void *context,
                  const struct error *error); /* told once, after the outputs are safe … */
    void (*late)(void *context);  /* in a signal handler, while one of the first three runs, … */
    void (*stuck)(void *context); /* … as base/watchdog.h says; NULL for none */
};

struct scan;

/* Makes a scan over its own view of the image. Tasks come from the image's plan. The first due
 * time of all of them is `start`, which is also scan.time 0; a first step that comes later moves
 * both to its own moment. The image must outlive it. NULL with an error. */
struct scan *scan_create(struct image *image, const struct scan_hooks *hooks, struct instant start,
                         struct error *error);
void scan_destroy(struct scan *scan); /* NULL is accepted */
struct view *scan_view(struct scan *scan);

/* Before the first step: goes on where another scan, which will not step again, has been: time,
 * count and statistics, the phase of tasks that match; remote writes that a task of the old one has
 * not seen in a completed step are news to its successor, and what came after the old one's last
 * completed step is news to new tasks. The image has adopted the old one's. `now` is where new
 * tasks are due first. Their first dt is one period, and out of a fault everybody's. */
void scan_continue(struct scan *scan, const struct scan *before, const struct plan_match *match,
                   int64_t now);

/* Before the first step: scan.time, scan.count and what is news to tasks as they are in another
 * scan, which goes on: to see what a program would do in its place. Any thread. */
void scan_imitate(struct scan *scan, struct scan *running, const struct plan_match *match);

/* What the scan would know at `now` of a step that goes on from the last one: for the body of a
 * program that is to take its place. Any thread. */
struct cycle scan_between_steps(struct scan *scan, struct instant now);

/* On trial a fault makes no output safe and refuses no master: the scan stops where it is, as it
 * was after its last completed step, and hooks->fault is told; whoever put it on trial brings
 * another program back, or ends the trial, which then makes the outputs safe after all. So does a
 * stop. Scan thread, before it runs, or who abandoned it. */
void scan_try(struct scan *scan, bool on_trial, int64_t now);

enum scan_between {
    SCAN_REFUSED, /* the call failed, or the program does not run; with an error */
    SCAN_CALLED,
    SCAN_EARLY /* nothing was called; after the next step: there was none yet, or a master's pulse
                  that no task has seen waits for it */
};

/* Between two steps: latch, `call`, publish; what it assigned when it fails is taken back, and the
 * error is the caller's: it is no fault. It is no scan either: it has the number of the last one,
 * and what was written since is still news to the tasks. Scan thread. */
enum scan_between scan_between(struct scan *scan,
                               bool (*call)(void *context, const struct cycle *cycle,
                                            struct error *error),
                               void *context, struct instant now, struct error *error);

/* What watches the hooks from here on (base/watchdog.h; the scan's thread has opened it) with
 * plan_watchdog's deadline. NULL: nobody. Scan thread, or before it runs. */
void scan_watch(struct scan *scan, struct watchdog *watchdog);

/* Another thread takes the image over, because this scan's thread does not come back: the state is
 * FAULT and the outputs are made safe (on trial when the trial ends, as after any fault), the scan
 * touches neither image nor hooks again but for `late`, which still ends what never ends, and if
 * its hook ever returns, scan_step returns at once. Its memory stays, and what the hook uses. Any
 * other thread. */
void scan_abandon(struct scan *scan, int64_t now);
/* The same, where the hook of which hooks->stuck was told is still under way. False: it has come
 * back by itself, and nothing is abandoned. */
bool scan_abandon_stuck(struct scan *scan, int64_t now);
bool scan_is_abandoned(const struct scan *scan);

/* Before the first step: begins in FAULT, for what follows an abandoned one; the image is left as
 * it is. */
void scan_begin_faulted(struct scan *scan);

/* Who records what a program sees and does, in each step of one that runs. All are called on the
 * scan's thread, with its custody: they must neither wait nor allocate. */
struct scan_observer {
    void *context;
    /* It has latched; nothing has run yet. */
    void (*latched)(void *context, struct scan *scan, struct instant now);
    /* It has published; or with its fault, and the cells are as they were latched. */
    void (*published)(void *context, struct scan *scan, const struct error *fault);
    /* scan_ended was told so. */
    void (*ended)(void *context, struct scan *scan, int64_t end);
};

/* The observer outlives the scan; NULL: nobody. Scan thread, or before it runs. */
void scan_observe(struct scan *scan, const struct scan_observer *observer);

/* Where a scan stands in time: what a step that has latched, and run nothing yet, began with. */
struct scan_place {
    int64_t origin; /* monotonic ns of scan.time 0 */
    uint64_t count; /* of the step before */
    uint64_t latched, overruns;
    bool started; /* there was such a step, or another scan before */
};

struct scan_task_place {
    int64_t due, last; /* monotonic ns */
    uint64_t seen;     /* image sequence */
    bool rested;
};

/* From an observer's `latched`, and before the first step of another scan, which goes on from there
 * if it has as many tasks; with another number of them all are due at once. */
void scan_get_place(const struct scan *scan, struct scan_place *place,
                    struct scan_task_place *tasks);
void scan_set_place(struct scan *scan, const struct scan_place *place,
                    const struct scan_task_place *tasks, size_t count, int64_t now);

/* hooks->context. */
void *scan_context(const struct scan *scan);

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

/* Whether it ever ran since scan.time 0. Scan thread. */
bool scan_has_run(const struct scan *scan, size_t task);

/* State and statistics: any thread. */
enum scan_state scan_state(const struct scan *scan);
bool scan_stop_wanted(const struct scan *scan);
struct scan_stats scan_statistics(const struct scan *scan);
