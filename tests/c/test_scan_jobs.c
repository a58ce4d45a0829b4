/* Proves what others may have done on the scan's thread: jobs between two scans, at once and in
 * order, whatever the scan is doing, and another scan in the place of the one it steps. Nothing
 * waits for time to pass, but for what happens. */

#include "scan_thread_bed.h"

/* Again and again, because the first ones may find it awake. */
static void a_job_runs_while_the_scan_sleeps(void **state)
{
    struct note note = new_note();
    begin_thread(*state, LONG);
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 100; k++)
            sched_yield();
        scan_thread_post(talk.thread, &note.job);
        wait_for(&talk.done);
    }
    assert_true(note.on_thread);
    assert_int_equal(note.state, SCAN_RUN);
    assert_int_equal(talk.runs, 1);
}

static void jobs_before_go_wait_for_it_and_come_first(void **state)
{
    struct note notes[] = {new_note(), new_note(), new_note()};
    prepare(*state, LONG);
    for (size_t i = 0; i < 3; i++)
        scan_thread_post(talk.thread, &notes[i].job);
    for (int i = 0; i < 2000; i++)
        sched_yield();
    assert_int_equal(talk.order, 0);
    scan_thread_go(talk.thread);
    for (size_t i = 0; i < 3; i++)
        wait_for(&talk.done);
    for (int i = 0; i < 3; i++)
        assert_int_equal(notes[i].place, i + 1);
    assert_int_equal(notes[0].state, SCAN_READY);
}

static void run_again(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    if (scan_state(scan_thread_scan(thread)) == SCAN_READY)
        scan_thread_again(thread, job);
    else
        take_note(job, thread, now);
}

/* The first step is not due before a while; nor does who waits for it keep the others out. */
static void a_job_may_wait_for_the_next_step(void **state)
{
    struct note notes[] = {new_note(), new_note(), new_note()};
    prepare(*state, LONG);
    notes[0].job.run = run_again;
    notes[2].job.run = run_again;
    for (size_t i = 0; i < 3; i++)
        scan_thread_post(talk.thread, &notes[i].job);
    scan_thread_go(talk.thread);
    for (size_t i = 0; i < 3; i++)
        wait_for(&talk.done);
    assert_int_equal(notes[0].state, SCAN_RUN);
    assert_int_equal(notes[2].state, SCAN_RUN);
    assert_true(notes[0].place < notes[2].place);
}

static void what_is_withdrawn_does_not_run(void **state)
{
    struct note notes[] = {new_note(), new_note(), new_note()};
    prepare(*state, LONG);
    for (size_t i = 0; i < 3; i++)
        scan_thread_post(talk.thread, &notes[i].job);
    assert_true(scan_thread_withdraw(talk.thread, &notes[1].job));
    assert_false(scan_thread_withdraw(talk.thread, &notes[1].job));
    assert_true(scan_thread_withdraw(talk.thread, &notes[2].job));
    scan_thread_post(talk.thread, &notes[2].job);
    scan_thread_go(talk.thread);
    wait_for(&talk.done);
    wait_for(&talk.done);
    assert_false(scan_thread_withdraw(talk.thread, &notes[0].job)); /* it has run */
    end_thread();
    assert_int_equal(notes[0].place, 1);
    assert_int_equal(notes[1].place, 0);
    assert_int_equal(notes[2].place, 2);
}

static void jobs_run_in_fault(void **state)
{
    struct note note = new_note();
    talk.breaks = 1;
    begin_thread(*state, LONG);
    wait_for(&talk.over);
    scan_thread_post(talk.thread, &note.job);
    wait_for(&talk.done);
    assert_int_equal(note.state, SCAN_FAULT);
}

/* The scan takes longer than its period: it never sleeps. */
static void jobs_run_between_overruns(void **state)
{
    struct note note = new_note();
    talk.slow = true;
    begin_thread(*state, MS);
    for (int i = 0; i < 20; i++) {
        scan_thread_post(talk.thread, &note.job);
        wait_for(&talk.done);
        assert_false(note.in_task);
    }
}

static void post_again(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    (void)now;
    if (talk.runs < 10)
        scan_thread_post(thread, job);
    else
        sem_post(&talk.done);
}

static void jobs_without_end_do_not_keep_the_scan_from_running(void **state)
{
    struct scan_job job = {.run = post_again};
    begin_thread(*state, MS);
    scan_thread_post(talk.thread, &job);
    wait_for(&talk.done);
    assert_true(talk.runs >= 10);
}

static void wait_for_the_stop(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    (void)job, (void)now;
    sem_post(&talk.done);
    for (bool stop = false; !stop;) {
        pthread_mutex_lock(&thread->lock);
        stop = thread->stop;
        pthread_mutex_unlock(&thread->lock);
        sched_yield();
    }
}

static void what_waits_at_the_stop_is_not_run(void **state)
{
    struct scan_job first = {.run = wait_for_the_stop};
    struct note note = new_note();
    begin_thread(*state, LONG);
    scan_thread_post(talk.thread, &first);
    scan_thread_post(talk.thread, &note.job);
    wait_for(&talk.done);
    end_thread();
    assert_int_equal(note.place, 0);
}

static void what_comes_after_the_end_is_the_owners_again(void **state)
{
    struct note note = new_note();
    talk.stop_wanted = true;
    begin_thread(*state, LONG);
    wait_for(&talk.over);
    scan_thread_post(talk.thread, &note.job);
    assert_true(scan_thread_withdraw(talk.thread, &note.job));
}

static void change(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    (void)job, (void)now;
    scan_thread_change(thread, talk.next);
    assert_ptr_equal(scan_thread_scan(thread), talk.next);
    sem_post(&talk.done);
}

static void another_scan_takes_its_place(void **state)
{
    struct fixture *f = *state;
    struct scan_job job = {.run = change};
    begin_thread(f, LONG);
    talk.next = new_scan(f, true);
    scan_thread_post(talk.thread, &job);
    wait_for(&talk.done);
    wait_for(&talk.ran); /* due at once */
    end_thread();
    assert_int_equal(talk.runs, 1);
    assert_int_equal(talk.next_runs, 1);
    assert_int_equal(talk.next_stops, 1);
    assert_int_equal(scan_state(f->scan), SCAN_RUN); /* nobody stopped that one */
    assert_int_equal(scan_state(talk.next), SCAN_STOPPED);
    assert_int_equal(talk.begun, 3); /* a step of each, and the stop */
    assert_int_equal(talk.dogs_closed, 1);
}

static void without_a_watchdog_it_goes_on(void **state)
{
    struct note note = new_note();
    talk.no_dog = true;
    begin_thread(*state, MS);
    scan_thread_post(talk.thread, &note.job);
    wait_for(&talk.done);
    wait_for(&talk.ran);
    end_thread();
    assert_int_equal(talk.begun, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK(a_job_runs_while_the_scan_sleeps),
        TALK(jobs_before_go_wait_for_it_and_come_first),
        TALK(a_job_may_wait_for_the_next_step),
        TALK(what_is_withdrawn_does_not_run),
        TALK(jobs_run_in_fault),
        TALK(jobs_run_between_overruns),
        TALK(jobs_without_end_do_not_keep_the_scan_from_running),
        TALK(what_waits_at_the_stop_is_not_run),
        TALK(what_comes_after_the_end_is_the_owners_again),
        TALK(another_scan_takes_its_place),
        TALK(without_a_watchdog_it_goes_on),
    };
    return cmocka_run_group_tests_name("scan_jobs", tests, NULL, NULL);
}
