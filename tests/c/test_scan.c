/* Proves the logic cycle's time by driving scan_step by hand: who runs when, with which dt, in
 * which order, and what is an overrun. test_scan_image.c proves what scans do to values,
 * test_scan_end.c how a scan ends. */

#include "scan_bed.h"

static bool start_before_tasks(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(f->run_count, 0);
    assign(f, "A", 7);
    assert_int_equal(remote_read(f, "A"), 0); /* published with the first scan, not before */
    return true;
}

static bool sees_start(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(value(f, "A"), 7);
    return true;
}

static void starts_once_before_the_tasks(void **state)
{
    struct fixture *f = *state;
    begin_one(f, sees_start);
    f->start = start_before_tasks;
    assert_int_equal(scan_state(f->scan), SCAN_READY);
    assert_int_equal(due_ms(f), 0);
    step(f, 0);
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
    assert_int_equal(remote_read(f, "A"), 7);
    step(f, 100);
    assert_int_equal(f->starts, 1);
    assert_int_equal(f->run_count, 2);
    assert_int_equal(f->rests, 2);
}

/* cold start: tasks first run at scan.time 0. */
static void all_tasks_first_run_at_time_0(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 10000 * MS}, 2);
    step(f, 0);
    assert_int_equal(f->run_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(f->runs[i].task, i);
        assert_close(f->runs[i].cycle.time, 0);
        assert_int_equal(f->runs[i].cycle.count, 1);
    }
    assert_close(f->runs[0].dt, 0.1);
    assert_close(f->runs[1].dt, 10);
}

/* Getting ready may take longer than a period; that is no overrun and no time of the program. */
static void a_late_first_step_is_the_beginning(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 730);
    assert_close(f->runs[0].cycle.time, 0);
    assert_close(f->runs[0].dt, 0.1);
    assert_int_equal(due_ms(f), 830);
    assert_int_equal(overruns(f), 0);
}

static void due_tasks_run_in_the_order_declared(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){250 * MS, 100 * MS, 500 * MS}, 3);
    run_until(f, 500);
    static const size_t order[] = {0, 1, 2, 1, 1, 0, 1, 1, 0, 1, 2};
    static const double times[] = {0, 0, 0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.5, 0.5};
    assert_int_equal(f->run_count, 11);
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(f->runs[i].task, order[i]);
        assert_close(f->runs[i].cycle.time, times[i]);
    }
    assert_int_equal(f->runs[10].cycle.count, 7);
    assert_int_equal(overruns(f), 0);
}

static bool count_up(struct fixture *f, size_t task)
{
    assert_int_equal(value(f, "A"), task);
    assert_int_equal(remote_read(f, "A"), 0); /* nobody else sees a scan half done */
    assign(f, "A", (uint16_t)(task + 1));
    return true;
}

static void later_tasks_see_earlier_writes(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 100 * MS, 100 * MS}, 3);
    f->task = count_up;
    step(f, 0);
    assert_int_equal(f->run_count, 3);
    assert_int_equal(remote_read(f, "A"), 3);
}

static void late_steps_do_not_shift_due_times(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    step(f, 103);
    assert_int_equal(due_ms(f), 200);
    step(f, 250);
    assert_int_equal(due_ms(f), 300);
    step(f, 300);
    assert_int_equal(due_ms(f), 400);
    assert_close(f->runs[1].dt, 0.103); /* dt is what passed, not what should have passed */
    assert_close(f->runs[2].dt, 0.147);
    assert_close(f->runs[3].dt, 0.05);
    assert_int_equal(overruns(f), 0);
}

static void nothing_due_runs_nothing(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    remote_write(f, "A", 4);
    step(f, 50);
    assert_int_equal(f->run_count, 1);
    assert_int_equal(due_ms(f), 100);
    assert_int_equal(value(f, "A"), 4); /* but latches */
}

static void overruns_are_counted_and_skipped(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step_taking(f, 0, 350); /* 100, 200 and 300 pass */
    assert_int_equal(overruns(f), 3);
    assert_int_equal(due_ms(f), 400);
    step_taking(f, 400, 99);
    assert_int_equal(overruns(f), 3);
    step_taking(f, 500, 100); /* a due time at the very end is missed too: never back to back */
    assert_int_equal(overruns(f), 4);
    assert_int_equal(due_ms(f), 700);
    step(f, 700);
    assert_int_equal(f->runs[3].cycle.overruns, 4);
    assert_close(f->runs[1].dt, 0.4);
}

static void each_task_counts_its_own_overruns(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 150 * MS}, 2);
    step_taking(f, 0, 310); /* 100, 200, 300 and 150, 300 */
    assert_int_equal(overruns(f), 5);
    assert_int_equal(due_ms(f), 400);
    run_until(f, 450);
    assert_int_equal(f->runs[2].task, 0);
    assert_int_equal(f->runs[3].task, 1);
    assert_close(f->runs[3].cycle.time, 0.45);
}

/* Two tasks that fit one after the other: the one whose time came while the other ran is late, and
 * runs; only what is two periods late is given up. */
static void a_time_that_passes_while_others_run_is_late_not_missed(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 150 * MS}, 2);
    step(f, 0);
    step_taking(f, 100, 60); /* 150 passes meanwhile */
    assert_int_equal(overruns(f), 0);
    assert_int_equal(due_ms(f), 150);
    step(f, 160);
    assert_int_equal(f->runs[f->run_count - 1].task, 1);
    assert_close(f->runs[f->run_count - 1].dt, 0.16);
    step_taking(f, 200, 290); /* 300 and 450 pass for the second, 300 and 400 for the first */
    assert_int_equal(overruns(f), 3);
    assert_int_equal(due_ms(f), 450);
}

/* A suspended machine: millions of due times, passed over at once. */
static void a_long_gap_costs_no_time(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){1000}, 1); /* 1 us */
    step_taking(f, 0, INT64_C(30) * 24 * 3600 * 1000);
    assert_int_equal(overruns(f), UINT64_C(30) * 24 * 3600 * 1000000);
    assert_int_equal(scan_due(f->scan), f->now + 1000);
}

static void without_tasks_it_idles_at_10_hz(void **state)
{
    struct fixture *f = *state;
    begin(f, NULL, 0);
    f->start = start_before_tasks;
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 7);
    assert_int_equal(due_ms(f), 100);
    step_taking(f, 100, 1000);
    assert_int_equal(overruns(f), 0);
    assert_int_equal(due_ms(f), 1200);
    assert_int_equal(f->run_count, 0);
    assert_int_equal(f->rests, 2);
    assert_int_equal(scan_statistics(f->scan).period, 100 * MS);
}

static void tells_the_calendar_time(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    assert_true(f->cycle.clock_ok);
    assert_close(f->cycle.utc, 1735689600);
    f->utc -= 1000 * MS; /* somebody set the clock back to 2024 */
    step(f, 100);
    assert_false(f->cycle.clock_ok);
    assert_close(f->cycle.utc, 1735689599.1);
    assert_close(f->cycle.time, 0.1);
}

static void statistics_tell_duration_and_latency(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){500 * MS, 100 * MS}, 2);
    step_taking(f, 0, 10);
    step_taking(f, 107, 30);
    step_taking(f, 200, 20);
    struct scan_stats s = scan_statistics(f->scan);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.period, 100 * MS);
    assert_int_equal(s.duration.last, 20 * MS);
    assert_int_equal(s.duration.mean, 20 * MS);
    assert_int_equal(s.duration.max, 30 * MS);
    assert_int_equal(s.latency.max, 7 * MS);
    assert_int_equal(s.latency.last, 0);
}

static void a_task_without_a_period_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error error;
    f->plan = make_plan((int64_t[]){0}, 1);
    f->image = image_create(f->plan, START, &error);
    struct scan_hooks hooks = bed_hooks(f);
    assert_null(scan_create(f->image, &hooks, (struct instant){START, 0}, &error));
    assert_non_null(strstr(error.text, "test.lua:9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(starts_once_before_the_tasks),
        TEST(all_tasks_first_run_at_time_0),
        TEST(a_late_first_step_is_the_beginning),
        TEST(due_tasks_run_in_the_order_declared),
        TEST(later_tasks_see_earlier_writes),
        TEST(late_steps_do_not_shift_due_times),
        TEST(nothing_due_runs_nothing),
        TEST(overruns_are_counted_and_skipped),
        TEST(each_task_counts_its_own_overruns),
        TEST(a_time_that_passes_while_others_run_is_late_not_missed),
        TEST(a_long_gap_costs_no_time),
        TEST(without_tasks_it_idles_at_10_hz),
        TEST(tells_the_calendar_time),
        TEST(statistics_tell_duration_and_latency),
        TEST(a_task_without_a_period_is_refused),
    };
    return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
