/* Proves that a scan's thread that does not come back is let go: demoted, ended quietly if it ever
 * does, its jobs and what comes after it untouched; another thread goes on meanwhile. */

#include "scan_thread_bed.h"

static void abandon(void)
{
    scan_thread_abandon(talk.thread, clock_monotonic());
    talk.thread = NULL;
}

/* The last thing that it does before it is gone. */
static void wait_for_the_end(void)
{
    while (talk.dogs_closed < talk.dog_count)
        sched_yield();
}

static void come_back(void)
{
    sem_post(&talk.let_back);
    wait_for_the_end();
}

static void one_that_is_let_go_ends_quietly(void **state)
{
    struct fixture *f = *state;
    struct note note = new_note();
    talk.hangs = true;
    talk.stop_wanted = true;
    begin_thread(f, LONG);
    scan_thread_post(talk.thread, &note.job);
    abandon();
    assert_true(scan_is_abandoned(f->scan));
    assert_true(image_in_fault(f->image));
    come_back();
    assert_int_equal(talk.policy, SCHED_IDLE);
    assert_int_equal(note.place, 0);
    assert_int_equal(sem_trywait(&talk.over), -1); /* it did not say that it ended */
    assert_int_equal(talk.dogs_closed, 1);
}

static bool hang(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    sem_post(&talk.done);
    wait_for(&talk.let_back);
    return true;
}

static void call_between(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct error error;
    (void)job;
    assert_false(scan_between(scan_thread_scan(thread), hang, NULL, now, &error));
}

static void a_job_may_be_what_does_not_come_back(void **state)
{
    struct fixture *f = *state;
    struct scan_job job = {.run = call_between};
    begin_thread(f, LONG);
    scan_thread_post(talk.thread, &job);
    wait_for(&talk.done);
    abandon();
    assert_true(image_in_fault(f->image));
    come_back();
    assert_int_equal(talk.runs, 1);
}

static void a_stop_may_be_what_does_not_come_back(void **state)
{
    talk.stop_hangs = true;
    talk.stop_wanted = true;
    begin_thread(*state, LONG);
    wait_for(&talk.done);
    abandon();
    come_back();
    assert_int_equal(sem_trywait(&talk.over), -1);
}

static void change_late(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    (void)job, (void)now;
    sem_post(&talk.done);
    wait_for(&talk.let_back);
    scan_thread_change(thread, talk.next);
}

/* A job that was under way when nobody waited for it any more. */
static void what_it_changes_to_then_is_not_touched(void **state)
{
    struct fixture *f = *state;
    struct scan_job job = {.run = change_late};
    begin_thread(f, LONG);
    talk.next = new_scan(f, true);
    scan_thread_post(talk.thread, &job);
    wait_for(&talk.done);
    abandon();
    come_back();
    assert_int_equal(talk.next_runs + talk.next_stops, 0);
    assert_int_equal(scan_state(talk.next), SCAN_READY);
}

/* While the old one hangs: its view is the image's no longer, and a stop waits for nobody. */
static void another_thread_goes_on_in_fault(void **state)
{
    struct fixture *f = *state;
    struct error error;
    struct note note = new_note();
    talk.hangs = true;
    begin_thread(f, LONG);
    abandon();
    talk.next = new_scan(f, true);
    scan_begin_faulted(talk.next);
    talk.thread =
        scan_thread_start(talk.next, &(struct scan_thread_options){.priority = 0}, &error);
    assert_non_null(talk.thread);
    scan_thread_post(talk.thread, &note.job);
    scan_thread_go(talk.thread);
    wait_for(&talk.done);
    assert_int_equal(note.state, SCAN_FAULT);
    end_thread();
    assert_int_equal(talk.next_runs + talk.next_stops, 0);
    come_back();
}

static void one_that_came_back_meanwhile_is_let_go_too(void **state)
{
    struct fixture *f = *state;
    begin_thread(f, LONG);
    abandon();
    wait_for_the_end();
    assert_true(image_in_fault(f->image));
    assert_int_equal(talk.runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK(one_that_is_let_go_ends_quietly),
        TALK(a_job_may_be_what_does_not_come_back),
        TALK(a_stop_may_be_what_does_not_come_back),
        TALK(what_it_changes_to_then_is_not_touched),
        TALK(another_thread_goes_on_in_fault),
        TALK(one_that_came_back_meanwhile_is_let_go_too),
    };
    return cmocka_run_group_tests_name("scan_letting_go", tests, NULL, NULL);
}
