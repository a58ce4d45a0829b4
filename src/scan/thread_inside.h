#pragma once
/* The scan's thread from the inside, for thread*.c only. */

#include <pthread.h>
#include <stdatomic.h>
#include "scan/thread.h"

struct watchdog;

struct scan_thread {
    struct scan_thread_options options;
    pthread_t thread;
    atomic_int owners; /* who started it, and itself: the last one frees */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool go, stop, done, abandoned; /* with the lock, as … */
    struct scan_job *jobs;          /* … these, in the order in which they were posted */
    struct scan_job *later;         /* likewise; wait for the end of a step */
    struct scan *scan;              /* changed by the thread, with the lock */
    struct watchdog *watchdog;      /* the thread's; NULL where the system gave none */
    char priority[128];
};

/* What waited for the end of a step is next. With the lock. */
void scan_thread_recall(struct scan_thread *thread);

/* Starts `run` on a thread of its own, at real-time priority where that is permitted, and notes in
 * `priority` what became of it. Returns an error number, or 0. */
int scan_thread_create(struct scan_thread *thread, void *(*run)(void *argument));
