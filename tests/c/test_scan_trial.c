/* Proves what a fault does to a program on trial: the scan stops where it was, and neither outputs
 * nor masters notice, until another program takes its place or the trial ends. */

#include "scan_bed.h"

static bool open_then_break(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", (uint16_t)f->cycle.count);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return f->cycle.count < 2;
}

static void begin_on_trial(struct fixture *f)
{
    begin_one(f, open_then_break);
    scan_try(f->scan, true, START);
}

static void begin_failed(struct fixture *f)
{
    begin_on_trial(f);
    step(f, 0);
    step(f, 100);
    assert_int_equal(f->faults, 1);
}

/* fault in probation: no safe values, no 04; values are those of the last completed scan. */
static void a_fault_on_trial_leaves_all_as_it_was(void **state)
{
    struct fixture *f = *state;
    begin_failed(f);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_string_equal(f->fault.text, "task 0 broke");
    assert_false(f->safe_when_told);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(value(f, "A"), 1);
    assert_int_equal(remote_read(f, "VALVE"), 1);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    assert_int_equal(remote_write(f, "SPEED", 71), EXCEPTION_NONE);
    assert_false(image_in_fault(f->image));
}

static void nothing_runs_after_it(void **state)
{
    struct fixture *f = *state;
    begin_failed(f);
    run_until(f, 500);
    assert_int_equal(f->run_count, 2);
    assert_int_equal(f->faults, 1);
    assert_int_equal(f->rests, 1);
    assert_int_equal(remote_read(f, "VALVE"), 1);
}

static void the_end_of_the_trial_makes_it_safe_after_all(void **state)
{
    struct fixture *f = *state;
    begin_failed(f);
    scan_try(f->scan, false, f->now);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(remote_write(f, "SPEED", 71), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(f->faults, 1); /* told once */
}

static bool break_at_once(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 9);
    return false;
}

static void where_no_trial_was_none_ends(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_then_break);
    step(f, 0);
    step(f, 100);
    image_clear_fault(f->image); /* somebody else has it now */
    scan_try(f->scan, false, f->now);
    assert_false(image_in_fault(f->image));
}

static void a_fault_in_start_is_one_on_trial(void **state)
{
    struct fixture *f = *state;
    begin_on_trial(f);
    f->start = break_at_once;
    step(f, 0);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_string_equal(f->fault.text, "start broke");
    assert_int_equal(remote_read(f, "A"), 0);
    assert_false(image_in_fault(f->image));
}

static void who_passed_is_no_longer_on_trial(void **state)
{
    struct fixture *f = *state;
    begin_on_trial(f);
    step(f, 0);
    scan_try(f->scan, false, f->now);
    assert_int_equal(remote_read(f, "VALVE"), 1);
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
    step(f, 100);
    assert_true(f->safe_when_told);
    assert_true(image_in_fault(f->image));
}

/* Nobody will bring another program back. */
static void a_stop_makes_safe_what_failed_on_trial(void **state)
{
    struct fixture *f = *state;
    begin_failed(f);
    stop(f, 120);
    assert_int_equal(f->stops, 0);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_true(image_in_fault(f->image));
}

static void a_stop_that_breaks_on_trial_is_safe(void **state)
{
    struct fixture *f = *state;
    begin_on_trial(f);
    f->stop = break_at_once;
    step(f, 0);
    stop(f, 20);
    assert_int_equal(f->faults, 1);
    assert_true(f->safe_when_told);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
}

/* What follows one that was abandoned. */
static void one_may_begin_in_fault(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_then_break);
    scan_begin_faulted(f->scan);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    remote_write(f, "B", 3);
    run_until(f, 300);
    assert_int_equal(value(f, "B"), 3); /* it latches */
    assert_int_equal(f->starts + (int)f->run_count + f->rests + f->faults, 0);
    assert_int_equal(scan_statistics(f->scan).count, 4);
    stop(f, 320);
    assert_int_equal(f->stops, 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fault_on_trial_leaves_all_as_it_was),
        TEST(nothing_runs_after_it),
        TEST(the_end_of_the_trial_makes_it_safe_after_all),
        TEST(where_no_trial_was_none_ends),
        TEST(a_fault_in_start_is_one_on_trial),
        TEST(who_passed_is_no_longer_on_trial),
        TEST(a_stop_makes_safe_what_failed_on_trial),
        TEST(a_stop_that_breaks_on_trial_is_safe),
        TEST(one_may_begin_in_fault),
    };
    return cmocka_run_group_tests_name("scan_trial", tests, NULL, NULL);
}
