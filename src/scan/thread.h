#pragma once
/* The waiting around a scan: a thread with real-time priority and locked memory where the system
 * permits, which sleeps until the next due time and can be woken at any moment (a condition
 * variable on the monotonic clock), because stop and reload must not wait for a period of 10 s. */

#include <stdbool.h>
#include "base/error.h"
#include "scan/scan.h"

struct scan_thread;

struct scan_thread_options {
    int priority;                 /* SCHED_FIFO 1..99; 0 asks for none */
    void (*ended)(void *context); /* the program stopped itself; scan thread, after scan_stop */
    void *context;
};

/* Makes the thread, which then waits for scan_thread_go: what is to be said of it can be said
 * before the program says anything. It opens a watchdog for what it steps (scan_watch); where the
 * system has none it says so and goes on. NULL with an error. */
struct scan_thread *scan_thread_start(struct scan *scan, const struct scan_thread_options *options,
                                      struct error *error);

/* Work that is to be done on the scan's thread between two scans, also while it sleeps. Lies with
 * who asks, until it has run. */
struct scan_job {
    void (*run)(struct scan_job *job, struct scan_thread *thread, struct instant now);
    struct scan_job *next; /* the thread's */
};

/* Any thread. Jobs run in the order in which they were posted, none before scan_thread_go; who must
 * know when says so in `run`. After a job comes a step that is due, so that jobs without end do not
 * keep the scan from running. A job that is still waiting at the end is not run. */
void scan_thread_post(struct scan_thread *thread, struct scan_job *job);

/* In the job: it runs again after the next step, before others that wait. */
void scan_thread_again(struct scan_thread *thread, struct scan_job *job);

/* True: it will not run. False: it has begun, or was never posted. */
bool scan_thread_withdraw(struct scan_thread *thread, struct scan_job *job);

/* In a job: the scan that this thread steps, and the one that it steps from now on. */
struct scan *scan_thread_scan(const struct scan_thread *thread);
void scan_thread_change(struct scan_thread *thread, struct scan *scan);

/* Lets go of a thread that does not come back from its scan: scan_abandon, lowest priority; it ends
 * itself should it ever return, and neither says so nor looks at a scan or at waiting jobs again.
 * What it uses stays, also the job that it runs. Nothing else may be done with `thread` then. */
void scan_thread_abandon(struct scan_thread *thread, int64_t now);

/* The same, but only of one that is still inside the hook that was said to be stuck: false when it
 * has come back by itself, and goes on. */
bool scan_thread_abandon_stuck(struct scan_thread *thread, int64_t now);

/* Lets the first scan begin. */
void scan_thread_go(struct scan_thread *thread);

/* Wakes it, has it call scan_stop, joins, frees; after two seconds of waiting for a script that
 * does not come back it says so in the log, and goes on waiting. NULL is accepted. */
void scan_thread_stop(struct scan_thread *thread);

/* The same, but waits no longer than `patience` (ns): false then, and the thread is still there, to
 * be abandoned. */
bool scan_thread_stop_within(struct scan_thread *thread, int64_t patience);

/* "real-time priority 80", or why not and what would permit it: for the line at start. Known as
 * soon as scan_thread_start returned; lives as long as the thread. */
const char *scan_thread_priority(const struct scan_thread *thread);

/* Locks the process's pages as they come to be used, where that cannot make later allocations
 * fail (CAP_IPC_LOCK, or no limit). Returns whether it did. Call once, before threads. */
bool scan_lock_memory(void);
