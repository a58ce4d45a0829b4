/* What is asked of the scan's thread between two scans. The list is short, one job as a rule, so it
 * is walked. */

#include "scan/thread_inside.h"

void scan_thread_post(struct scan_thread *thread, struct scan_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&thread->lock);
    struct scan_job **at = &thread->jobs;
    while (*at)
        at = &(*at)->next;
    *at = job;
    pthread_cond_broadcast(&thread->wake);
    pthread_mutex_unlock(&thread->lock);
}

bool scan_thread_withdraw(struct scan_thread *thread, struct scan_job *job)
{
    pthread_mutex_lock(&thread->lock);
    struct scan_job **at = &thread->jobs;
    while (*at && *at != job)
        at = &(*at)->next;
    bool waiting = *at != NULL;
    if (waiting)
        *at = job->next;
    pthread_mutex_unlock(&thread->lock);
    return waiting;
}

struct scan *scan_thread_scan(const struct scan_thread *thread)
{
    return thread->scan;
}

void scan_thread_change(struct scan_thread *thread, struct scan *scan)
{
    scan_watch(thread->scan, NULL);
    scan_watch(scan, thread->watchdog);
    pthread_mutex_lock(&thread->lock);
    thread->scan = scan;
    pthread_mutex_unlock(&thread->lock);
}
