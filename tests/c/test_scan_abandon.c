/* Proves that who abandons a scan has the image for himself: the outputs are safe at once, and the
 * hook that comes back at last reaches neither image nor program any more. */

#include "abandon_bed.h"

static void the_outputs_are_safe_at_once(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    pthread_t thread = begin_stuck_task(f);
    assert_false(scan_is_abandoned(f->scan));
    scan_abandon(f->scan, f->now);
    assert_true(scan_is_abandoned(f->scan));
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_safe(f);
    scan_abandon(f->scan, f->now); /* once is enough */
    come_back(thread);
}

static void what_comes_back_touches_nothing(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    int rests = f->rests;
    pthread_t thread = begin_stuck_task(f);
    scan_abandon(f->scan, f->now);
    image_clear_fault(f->image); /* somebody else has it now */
    remote_write(f, "SPEED", 33);
    come_back(thread);
    assert_int_equal(f->run_count, 3); /* the second task did not run */
    assert_int_equal(f->rests, rests);
    assert_int_equal(f->faults, 0);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 33);
    assert_int_equal(scan_statistics(f->scan).count, 1);
    assert_int_equal(talk.dog.begun, 1);
    assert_int_equal(talk.dog.ended, 1); /* its thread has it back */
}

static void nor_does_an_error_that_comes_back(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->task = get_stuck_and_break;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    image_clear_fault(f->image);
    come_back(thread);
    assert_int_equal(f->faults, 0);
    assert_false(image_in_fault(f->image));
}

static void it_steps_and_stops_no_more(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    pthread_t thread = begin_stuck_task(f);
    scan_abandon(f->scan, f->now);
    come_back(thread);
    image_clear_fault(f->image);
    remote_write(f, "SPEED", 33);
    f->task = open_all;
    step(f, 300);
    stop(f, 320);
    assert_int_equal(f->run_count, 3);
    assert_int_equal(f->stops, 0);
    assert_int_equal(remote_read(f, "SPEED"), 33);
    assert_false(image_in_fault(f->image));
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
}

/* The stop itself may be what hangs. */
static void a_stop_may_be_abandoned(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->stop = get_stuck_and_break;
    pthread_t thread = begin_stuck(f, stop_there);
    scan_abandon(f->scan, f->now);
    assert_safe(f);
    image_clear_fault(f->image);
    come_back(thread);
    assert_int_equal(f->faults, 0);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_false(image_in_fault(f->image));
}

static void a_call_between_may_be_abandoned(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    pthread_t thread = begin_stuck(f, call_there);
    scan_abandon(f->scan, f->now);
    assert_safe(f);
    come_back(thread);
    assert_non_null(strstr(f->fault.text, "given up"));
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(talk.dog.ended, 1);
}

/* fault in probation: who abandons it brings another program back; if not, the outputs are made
 * safe when the trial ends. */
static void on_trial_the_outputs_stay(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    scan_try(f->scan, true, f->now);
    pthread_t thread = begin_stuck_task(f);
    scan_abandon(f->scan, f->now);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    assert_false(image_in_fault(f->image));
    scan_try(f->scan, false, f->now);
    assert_safe(f);
    come_back(thread);
}

static void the_image_lets_go_of_its_view(void **state)
{
    struct fixture *f = *state;
    struct error error;
    struct view *views[8]; /* as many as an image has room for */
    begin_open(f);
    scan_abandon(f->scan, f->now);
    for (size_t i = 0; i < 8; i++) {
        views[i] = view_create(f->image, &error);
        assert_non_null(views[i]);
    }
    for (size_t i = 0; i < 8; i++)
        view_destroy(views[i]);
}

static bool count_written(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "B");
    return true;
}

/* How often the tasks of another scan, which goes on where this one was, see it written. */
static uint64_t news_to_successor(struct fixture *f)
{
    struct plan_match match = {.tasks = (uint32_t[]){0, 1}};
    struct scan *before = f->scan;
    f->scan = make_scan(f, START);
    scan_continue(f->scan, before, &match, START);
    f->task = count_written;
    step(f, 200);
    scan_destroy(f->scan);
    f->scan = before;
    return f->seen[0] + f->seen[1];
}

/* A command that broke a program is not carried out when somebody has mended that. */
static void what_it_has_seen_in_vain_is_old(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    remote_write(f, "B", 1);
    pthread_t thread = begin_stuck_task(f);
    scan_abandon(f->scan, f->now);
    come_back(thread);
    assert_int_equal(news_to_successor(f), 0);
}

static void on_trial_it_is_news_again(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    scan_try(f->scan, true, f->now);
    remote_write(f, "B", 1);
    pthread_t thread = begin_stuck_task(f);
    scan_abandon(f->scan, f->now);
    come_back(thread);
    assert_int_equal(news_to_successor(f), 2);
}

static void what_a_completed_step_has_seen_is_not(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    remote_write(f, "B", 1);
    step(f, 100);
    scan_abandon(f->scan, f->now);
    assert_int_equal(news_to_successor(f), 0);
}

static void *abandon_soon(void *context)
{
    struct fixture *f = context;
    wait_for(&talk.inside);
    scan_abandon(f->scan, START);
    remote_write(f, "B", 77); /* nobody else writes from here on */
    talk.waited = true;
    return NULL;
}

static bool write_b(struct fixture *f, size_t task)
{
    (void)task;
    if (f->run_count == 1)
        sem_post(&talk.inside);
    assign(f, "B", (uint16_t)f->cycle.count);
    f->run_count = 2;
    return true;
}

/* At no moment do both have the image: whatever the step is doing when it is abandoned. */
static void it_may_come_at_any_moment(void **state)
{
    struct fixture *f = *state;
    pthread_t patience;
    begin_one(f, write_b);
    assert_int_equal(pthread_create(&patience, NULL, abandon_soon, f), 0);
    for (int64_t i = 0; !talk.waited; i++) {
        scan_step(f->scan, (struct instant){START + i * 100 * MS, f->utc});
        scan_ended(f->scan, START + i * 100 * MS);
    }
    pthread_join(patience, NULL);
    assert_int_equal(remote_read(f, "B"), 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(the_outputs_are_safe_at_once),
        KEPT(what_comes_back_touches_nothing),
        KEPT(nor_does_an_error_that_comes_back),
        KEPT(it_steps_and_stops_no_more),
        KEPT(a_stop_may_be_abandoned),
        KEPT(a_call_between_may_be_abandoned),
        KEPT(on_trial_the_outputs_stay),
        KEPT(the_image_lets_go_of_its_view),
        KEPT(what_it_has_seen_in_vain_is_old),
        KEPT(on_trial_it_is_news_again),
        KEPT(what_a_completed_step_has_seen_is_not),
        KEPT(it_may_come_at_any_moment),
    };
    return cmocka_run_group_tests_name("scan_abandon", tests, NULL, NULL);
}
