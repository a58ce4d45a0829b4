/* Proves what goes on when a scan takes another one's place: time, count, statistics, the phase of
 * tasks that match, and what of a master's writes is news to whom; and that a fault in between is
 * as if its step had never been. The two scans have one image here, which is what adopting makes
 * of two. */

#include "image/plan_match.h"
#include "scan_bed.h"

enum { NONE = -1 };

/* Another scan on the same image follows at `ms`; `tasks` gives the old number of each task. */
static void follow(struct fixture *f, int64_t ms, const int *tasks)
{
    uint32_t matched[8] = {0};
    for (size_t i = 0; i < f->plan->task_count; i++)
        matched[i] = tasks[i] == NONE ? MATCH_NONE : (uint32_t)tasks[i];
    struct plan_match match = {.from = f->plan, .to = f->plan, .tasks = matched};
    struct scan *before = f->scan;
    f->scan = make_scan(f, START + ms * MS);
    scan_continue(f->scan, before, &match, START + ms * MS);
    scan_destroy(before);
}

static const struct task_run *last(const struct fixture *f)
{
    return &f->runs[f->run_count - 1];
}

static void time_count_and_statistics_go_on(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step_taking(f, 0, 30);
    step_taking(f, 100, 250); /* two overruns */
    follow(f, 390, (int[]){0});
    struct scan_stats s = scan_statistics(f->scan);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.overruns, 2);
    assert_int_equal(s.duration.max, 250 * MS);
    assert_int_equal(s.duration.last, 250 * MS);
    step_taking(f, 400, 10);
    assert_close(last(f)->cycle.time, 0.4);
    assert_int_equal(last(f)->cycle.count, 3);
    assert_int_equal(last(f)->cycle.overruns, 2);
    assert_int_equal(scan_statistics(f->scan).duration.mean, 290 * MS / 3);
}

static bool remember_start(struct fixture *f, size_t task)
{
    (void)task;
    f->seen[0] = f->cycle.count;
    assert_close(f->cycle.time, 0.2);
    return true;
}

/* on_start is for the new program to hear: it begins, and time does not. */
static void it_starts_in_its_first_step(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    step(f, 100);
    follow(f, 150, (int[]){0});
    assert_int_equal(scan_state(f->scan), SCAN_READY);
    f->start = remember_start;
    step(f, 200);
    assert_int_equal(f->starts, 2);
    assert_int_equal(f->seen[0], 3);
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
}

static void a_late_first_step_moves_nothing(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    follow(f, 10, (int[]){0});
    step(f, 170);
    assert_close(last(f)->cycle.time, 0.17);
    assert_int_equal(due_ms(f), 200);
}

static void the_phase_of_a_task_that_matches_stays(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 250 * MS}, 2);
    run_until(f, 300);
    f->run_count = 0;
    follow(f, 310, (int[]){0, 1});
    assert_int_equal(due_ms(f), 400);
    run_until(f, 500);
    assert_int_equal(f->run_count, 3);
    assert_int_equal(f->runs[2].task, 1);
    assert_close(f->runs[2].cycle.time, 0.5);
}

static void its_dt_goes_on_from_its_last_run(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    step(f, 103);
    follow(f, 150, (int[]){0});
    step(f, 200);
    assert_close(last(f)->dt, 0.097);
}

static void a_new_task_begins_at_once_with_one_period(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 250 * MS}, 2);
    run_until(f, 300);
    follow(f, 310, (int[]){0, NONE});
    assert_int_equal(due_ms(f), 310);
    step(f, 317);
    assert_int_equal(last(f)->task, 1);
    assert_close(last(f)->dt, 0.25);
    step(f, 400);
    step(f, 560);
    assert_int_equal(last(f)->task, 1);
    assert_close(last(f)->dt, 0.243);
}

static bool count_written(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "A");
    return true;
}

static void what_a_task_has_not_seen_is_news_to_its_successor(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 300 * MS}, 2);
    f->task = count_written;
    run_until(f, 0);
    remote_write(f, "A", 1);
    run_until(f, 200); /* the first task has seen it, the second did not run */
    follow(f, 210, (int[]){0, 1});
    run_until(f, 600);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 1);
}

static void to_a_new_task_only_what_comes_is_news(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 300 * MS}, 2);
    f->task = count_written;
    remote_write(f, "A", 1);
    run_until(f, 100);
    follow(f, 110, (int[]){NONE, NONE});
    step(f, 110);
    assert_int_equal(f->seen[0] + f->seen[1], 2); /* in the old program */
    remote_write(f, "A", 1);
    follow(f, 120, (int[]){NONE, NONE});
    step(f, 120);
    assert_int_equal(f->seen[0] + f->seen[1], 4);
}

static bool break_after(struct fixture *f, size_t task)
{
    count_written(f, task);
    return task == 0 || f->cycle.count != 2;
}

static void begin_rolled_back(struct fixture *f, const int *tasks)
{
    begin(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    scan_try(f->scan, true, START);
    f->task = break_after;
    step(f, 0);
    remote_write(f, "A", 1);
    step(f, 100); /* both tasks see it, and it is as if they had not */
    assert_int_equal(f->faults, 1);
    assert_int_equal(f->seen[0] + f->seen[1], 2);
    step(f, 200);
    f->task = count_written;
    follow(f, 230, tasks);
}

static void what_a_faulted_step_has_seen_is_news_again(void **state)
{
    struct fixture *f = *state;
    begin_rolled_back(f, (int[]){0, 1});
    step(f, 300);
    step(f, 400);
    assert_int_equal(f->seen[0], 2);
    assert_int_equal(f->seen[1], 2);
}

static void to_new_tasks_too(void **state)
{
    struct fixture *f = *state;
    begin_rolled_back(f, (int[]){NONE, NONE});
    step(f, 230);
    step(f, 330);
    assert_int_equal(f->seen[0], 2);
    assert_int_equal(f->seen[1], 2);
}

/* rollback: dt is one period, whenever it comes; the phase stays. */
static void out_of_a_fault_dt_is_one_period(void **state)
{
    struct fixture *f = *state;
    begin_rolled_back(f, (int[]){0, 1});
    assert_int_equal(due_ms(f), 300);
    step(f, 307);
    assert_close(f->runs[f->run_count - 2].dt, 0.1);
    assert_close(last(f)->dt, 0.1);
    step(f, 400);
    assert_close(last(f)->dt, 0.093);
}

/* One that never made a step has nothing that could go on. */
static void after_one_that_never_ran_all_begins(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    follow(f, 400, (int[]){0});
    step(f, 500);
    assert_close(last(f)->cycle.time, 0);
    assert_close(last(f)->dt, 0.1);
    assert_int_equal(last(f)->cycle.count, 1);
    assert_int_equal(due_ms(f), 600);
}

/* Two reloads between two steps. */
static void it_goes_on_through_one_that_never_ran(void **state)
{
    struct fixture *f = *state;
    begin_one(f, count_written);
    step(f, 0);
    remote_write(f, "A", 1);
    follow(f, 20, (int[]){0});
    follow(f, 40, (int[]){0});
    step(f, 130);
    assert_close(last(f)->cycle.time, 0.13);
    assert_close(last(f)->dt, 0.13);
    assert_int_equal(last(f)->cycle.count, 2);
    assert_int_equal(f->seen[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(time_count_and_statistics_go_on),
        TEST(it_starts_in_its_first_step),
        TEST(a_late_first_step_moves_nothing),
        TEST(the_phase_of_a_task_that_matches_stays),
        TEST(its_dt_goes_on_from_its_last_run),
        TEST(a_new_task_begins_at_once_with_one_period),
        TEST(what_a_task_has_not_seen_is_news_to_its_successor),
        TEST(to_a_new_task_only_what_comes_is_news),
        TEST(what_a_faulted_step_has_seen_is_news_again),
        TEST(to_new_tasks_too),
        TEST(out_of_a_fault_dt_is_one_period),
        TEST(after_one_that_never_ran_all_begins),
        TEST(it_goes_on_through_one_that_never_ran),
    };
    return cmocka_run_group_tests_name("scan_continue", tests, NULL, NULL);
}
