#pragma once
/* A scan from the inside, for scan*.c only. */

#include <pthread.h>
#include <stdatomic.h>
#include "scan/scan.h"

struct pace {
    int64_t period, due;
    int64_t last;         /* when it last ran; before that, one period before its first due time */
    uint64_t seen;        /* what the latch of that scan returned; 0 before */
    uint64_t seen_before; /* the same, before the scan number `ran` */
    uint64_t ran;         /* number of the scan in which it was last due */
    bool rested;          /* ran in another program, or was held: its dt starts anew */
};

struct scan {
    struct image *image;
    struct view *view;
    struct scan_hooks hooks;
    const struct plan *plan;

    /* scan_guard.c */
    pthread_mutex_t custody; /* of everything here and of the image: never held while a hook runs */
    atomic_bool abandoned;   /* set with it */
    atomic_bool signalled;   /* the watchdog's handler is in a hook */
    unsigned calls;          /* of hooks, so far */
    atomic_uint calling;     /* number of the one under way, 0 between them; … */
    atomic_uint stuck_in; /* … and of the one of which the watchdog last said that it is stuck */
    struct watchdog *watchdog;
    const struct scan_observer *observer; /* or NULL */
    bool observed;                        /* the step under way, or just over */
    int64_t deadline;
    bool watched; /* it is under way */

    int64_t origin; /* monotonic ns of scan.time 0 */
    int64_t began;  /* `now` of the last step */
    int64_t late;   /* how long after the due time it began */
    bool continued; /* the origin is another scan's */
    bool on_trial;
    bool under_way; /* a step of a program that runs has latched, and not published */
    uint64_t count;
    uint64_t latched;        /* sequence of the last latch of such a step … */
    uint64_t latched_before; /* … and of the one before it */
    _Atomic enum scan_state state;
    atomic_bool stop_wanted;
    atomic_uint_fast64_t ran, overruns; /* for other threads to read; ran is the last count */
    struct stats duration, latency;     /* likewise */
    size_t task_count;                  /* of them; one more pace may be idle */
    size_t pace_count;
    struct pace paces[];
};

/* ---- scan.c ---- */

/* What a hook is told: of the scan number `count`. */
struct cycle scan_cycle(const struct scan *scan, struct instant now);

/* Copies in what changed, and what follows it; returns the image's sequence. */
uint64_t scan_latch(struct scan *scan);

/* Asks the program whether it wants to stop, and lets it collect its garbage. */
void scan_rest(struct scan *scan);

/* ---- scan_pace.c ---- */

/* One for each task, and an idle one where there is none, or where what follows another variable
 * would otherwise wait for slow tasks. */
size_t scan_count_paces(const struct plan *plan);
bool scan_set_paces(struct scan *scan, int64_t start, struct error *error);

/* All tasks first run at scan.time 0: before the first step, which may come late. */
void scan_begin_time(struct scan *scan, int64_t now);

/* The due times that passed until `end` are given up, and counted while the program runs. */
void scan_skip_missed(struct scan *scan, int64_t end);

/* What the step under way has seen, if there is one, is news again to whoever a trial leads back
 * to. */
void scan_forget_seen(struct scan *scan);

/* ---- scan_observe.c ---- */

/* The observer, if there is one, is shown a step. */
void scan_show_latched(struct scan *scan, struct instant now);
void scan_show_published(struct scan *scan, const struct error *fault);
void scan_show_ended(struct scan *scan, int64_t end);

/* ---- scan_guard.c ---- */

/* Takes custody. False, without it, when the scan is abandoned. */
bool scan_enter(struct scan *scan);
void scan_leave(struct scan *scan);

/* Around every hook, which is called without custody. False when the scan was abandoned meanwhile:
 * image and view are somebody else's then. */
void scan_call_begin(struct scan *scan);
bool scan_call_end(struct scan *scan);

/* The watchdog, once around all hooks of a step: begins with the first of them. */
void scan_watch_begin(struct scan *scan);
void scan_watch_end(struct scan *scan);

/* ---- scan_end.c ---- */

/* Nothing, once the scan is abandoned. */
void scan_fail(struct scan *scan, const struct error *error, int64_t now);
