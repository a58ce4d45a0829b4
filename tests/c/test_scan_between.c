/* Proves a call between two steps: it sees memory as it is and changes it as a task would, but it
 * is no scan, its failure is no fault, and it takes no news from the tasks. */

#include "scan_bed.h"

static struct error refusal;

static bool call(void *context, const struct cycle *cycle, struct error *error)
{
    struct fixture *f = context;
    f->cycle = *cycle;
    f->seen[7]++;
    return f->stop(f, 0) || error_set(error, "the call broke");
}

/* `what` stands where the fixture keeps on_stop, which is given back. */
static enum scan_between try_between(struct fixture *f, int64_t ms, hook *what)
{
    hook *before = f->stop;
    f->now = START + ms * MS;
    f->stop = what;
    enum scan_between result =
        scan_between(f->scan, call, f, (struct instant){f->now, f->utc + ms * MS}, &refusal);
    f->stop = before;
    return result;
}

static bool between(struct fixture *f, int64_t ms, hook *what)
{
    enum scan_between result = try_between(f, ms, what);
    assert_int_not_equal(result, SCAN_EARLY);
    return result == SCAN_CALLED;
}

static bool see_and_set(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(value(f, "B"), 6);
    assert_true(written(f, "B"));
    assign(f, "A", 4);
    assert_int_equal(remote_read(f, "A"), 0);
    return true;
}

static void it_latches_and_publishes(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    remote_write(f, "B", 6);
    assert_true(between(f, 40, see_and_set));
    assert_int_equal(remote_read(f, "A"), 4);
    assert_int_equal(f->rests, 2);
}

static bool nothing(struct fixture *f, size_t task)
{
    (void)f, (void)task;
    return true;
}

static void it_is_no_scan(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    assert_true(between(f, 40, nothing));
    assert_int_equal(f->cycle.count, 1);
    assert_close(f->cycle.time, 0.04);
    assert_int_equal(due_ms(f), 100);
    step(f, 100);
    assert_int_equal(f->run_count, 2);
    assert_int_equal(f->runs[1].cycle.count, 2);
    assert_close(f->runs[1].dt, 0.1);
    assert_int_equal(scan_statistics(f->scan).count, 2);
}

static bool set_and_break(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 4);
    assign(f, "VALVE", 1);
    return false;
}

static void its_failure_is_no_fault(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    assert_false(between(f, 40, set_and_break));
    assert_string_equal(refusal.text, "the call broke");
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
    assert_int_equal(f->faults, 0);
    assert_false(image_in_fault(f->image));
    step(f, 100);
    assert_int_equal(remote_read(f, "A"), 0); /* nor is it published later */
    assert_int_equal(remote_read(f, "VALVE"), 0);
}

static bool count_written(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "A");
    return true;
}

static bool note_written(struct fixture *f, size_t task)
{
    (void)task;
    f->seen[5] = written(f, "A");
    return true;
}

static void news_is_still_news_to_the_tasks_and_the_stop(void **state)
{
    struct fixture *f = *state;
    begin_one(f, count_written);
    f->stop = note_written;
    step(f, 0);
    remote_write(f, "A", 1);
    assert_true(between(f, 40, nothing));
    step(f, 100);
    assert_int_equal(f->seen[0], 1);
    remote_write(f, "A", 1);
    assert_true(between(f, 140, nothing));
    stop(f, 150);
    assert_int_equal(f->seen[5], 1);
}

static bool see_pulse(struct fixture *f, size_t task)
{
    f->seen[task] += value(f, "PULSE");
    return true;
}

/* pulse: a master's 1 is seen once, which a call that saw it before the tasks would prevent. */
static void it_takes_no_pulse_from_the_tasks(void **state)
{
    struct fixture *f = *state;
    begin_one(f, see_pulse);
    step(f, 0);
    remote_write(f, "PULSE", 1);
    assert_int_equal(try_between(f, 40, nothing), SCAN_EARLY);
    assert_int_equal(f->seen[7], 0);
    step(f, 100);
    assert_int_equal(f->seen[0], 1);
    assert_true(between(f, 140, nothing));
    step(f, 200);
    assert_int_equal(f->seen[0], 1);
}

static void assert_refused(struct fixture *f, const char *why)
{
    assert_false(between(f, 700, nothing));
    assert_non_null(strstr(refusal.text, why));
    assert_int_equal(f->seen[7], 0);
}

static bool fail_now(struct fixture *f, size_t task)
{
    (void)f, (void)task;
    return false;
}

static void it_is_refused_unless_the_program_runs(void **state)
{
    struct fixture *f = *state;
    begin_one(f, fail_now);
    assert_int_equal(try_between(f, 0, nothing), SCAN_EARLY);
    step(f, 0);
    assert_refused(f, "FAULT");
    stop(f, 30);
    assert_refused(f, "stopped");
}

static bool wish_to_stop(struct fixture *f, size_t task)
{
    (void)task;
    return f->stop_wanted = true;
}

static void it_may_stop_the_program(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    assert_true(between(f, 40, wish_to_stop));
    assert_true(scan_stop_wanted(f->scan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_latches_and_publishes),         TEST(it_is_no_scan),
        TEST(its_failure_is_no_fault),          TEST(news_is_still_news_to_the_tasks_and_the_stop),
        TEST(it_takes_no_pulse_from_the_tasks), TEST(it_is_refused_unless_the_program_runs),
        TEST(it_may_stop_the_program),
    };
    return cmocka_run_group_tests_name("scan_between", tests, NULL, NULL);
}
