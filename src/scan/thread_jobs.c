/* What is asked of the scan's thread between two scans. The list is short, one job as a rule, so it
 * is walked. */

#include "scan/thread_inside.h"

static void append(struct scan_job **list, struct scan_job *job)
{
    while (*list)
        list = &(*list)->next;
    *list = job;
}

void scan_thread_post(struct scan_thread *thread, struct scan_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&thread->lock);
    append(&thread->jobs, job);
    pthread_cond_broadcast(&thread->wake);
    pthread_mutex_unlock(&thread->lock);
}

void scan_thread_again(struct scan_thread *thread, struct scan_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&thread->lock);
    append(&thread->later, job);
    pthread_mutex_unlock(&thread->lock);
}

void scan_thread_recall(struct scan_thread *thread)
{
    append(&thread->later, thread->jobs);
    thread->jobs = thread->later;
    thread->later = NULL;
}

static bool take_off(struct scan_job **list, const struct scan_job *job)
{
    while (*list && *list != job)
        list = &(*list)->next;
    if (!*list)
        return false;
    *list = job->next;
    return true;
}

bool scan_thread_withdraw(struct scan_thread *thread, struct scan_job *job)
{
    pthread_mutex_lock(&thread->lock);
    bool waited = take_off(&thread->jobs, job) || take_off(&thread->later, job);
    pthread_mutex_unlock(&thread->lock);
    return waited;
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
