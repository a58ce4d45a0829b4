/* Proves what of a step is watched, with a watchdog that only takes notes: all its hooks as one,
 * none where no hook runs, with the plan's deadline. */

#include "scan_watch_bed.h"

struct watchdog {
    struct watchdog_hooks hooks;
    int64_t deadline;
    int begun, ended;
    bool under_way;
};

void watchdog_begin(struct watchdog *watchdog, const struct watchdog_hooks *hooks, int64_t deadline)
{
    assert_false(watchdog->under_way);
    watchdog->hooks = *hooks;
    watchdog->deadline = deadline;
    watchdog->under_way = true;
    watchdog->begun++;
}

void watchdog_end(struct watchdog *watchdog)
{
    assert_true(watchdog->under_way);
    watchdog->under_way = false;
    watchdog->ended++;
}

static struct watchdog dog;
static int lates, stucks;

static void on_late(void *context)
{
    assert_non_null(context);
    lates++;
}

static void on_stuck(void *context)
{
    assert_non_null(context);
    stucks++;
}

static bool must_be_watched(struct fixture *f, size_t task)
{
    (void)f, (void)task;
    assert_true(dog.under_way);
    return true;
}

static void begin_watched(struct fixture *f, const int64_t *periods, size_t count)
{
    begin(f, periods, count);
    f->start = f->task = f->stop = must_be_watched;
    dog = (struct watchdog){.begun = 0};
    lates = stucks = 0;
    begin_watched_by(f, &dog, on_late, on_stuck);
}

static void a_step_is_watched_as_one(void **state)
{
    struct fixture *f = *state;
    begin_watched(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    step(f, 0);
    assert_int_equal(f->starts + (int)f->run_count, 3);
    assert_int_equal(dog.begun, 1);
    assert_int_equal(dog.ended, 1);
    assert_int_equal(dog.deadline, plan_watchdog(f->plan));
}

static void a_step_without_a_hook_is_not_watched(void **state)
{
    struct fixture *f = *state;
    begin_watched(f, (int64_t[]){100 * MS}, 1);
    step(f, 0);
    step(f, 50);
    assert_int_equal(dog.begun, 1);
    step(f, 100);
    assert_int_equal(dog.begun, 2);
    assert_int_equal(dog.ended, 2);
}

static bool fail_watched(struct fixture *f, size_t task)
{
    must_be_watched(f, task);
    return false;
}

static void a_fault_ends_the_watching(void **state)
{
    struct fixture *f = *state;
    begin_watched(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    f->task = fail_watched;
    step(f, 0);
    assert_int_equal(f->faults, 1);
    assert_int_equal(dog.ended, 1);
    run_until(f, 300);
    stop(f, 310);
    assert_int_equal(dog.begun, 1);
}

static void the_stop_is_watched(void **state)
{
    struct fixture *f = *state;
    begin_watched(f, (int64_t[]){100 * MS}, 1);
    step(f, 0);
    stop(f, 10);
    assert_int_equal(f->stops, 1);
    assert_int_equal(dog.begun, 2);
    assert_int_equal(dog.ended, 2);
}

static bool call(void *context, const struct cycle *cycle, struct error *error)
{
    (void)cycle;
    must_be_watched(context, 0);
    return error_set(error, "broken");
}

static void a_call_between_is_watched(void **state)
{
    struct fixture *f = *state;
    struct error error;
    begin_watched(f, (int64_t[]){100 * MS}, 1);
    scan_between(f->scan, call, f, (struct instant){f->now, f->utc}, &error);
    assert_int_equal(dog.begun, 0); /* refused */
    step(f, 0);
    scan_between(f->scan, call, f, (struct instant){f->now, f->utc}, &error);
    assert_string_equal(error.text, "broken");
    assert_int_equal(dog.begun, 2);
    assert_int_equal(dog.ended, 2);
}

static bool be_late(struct fixture *f, size_t task)
{
    (void)f, (void)task;
    dog.hooks.late(dog.hooks.context);
    dog.hooks.late(dog.hooks.context);
    dog.hooks.stuck(dog.hooks.context);
    return true;
}

static void the_hooks_are_told(void **state)
{
    struct fixture *f = *state;
    begin_watched(f, (int64_t[]){100 * MS}, 1);
    f->task = be_late;
    step(f, 0);
    assert_int_equal(lates, 2);
    assert_int_equal(stucks, 1);
}

static void nobody_watches_any_more(void **state)
{
    struct fixture *f = *state;
    begin_watched(f, (int64_t[]){100 * MS}, 1);
    scan_watch(f->scan, NULL);
    f->start = f->task = NULL;
    step(f, 0);
    assert_int_equal(f->run_count, 1);
    assert_int_equal(dog.begun, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_step_is_watched_as_one),  TEST(a_step_without_a_hook_is_not_watched),
        TEST(a_fault_ends_the_watching), TEST(the_stop_is_watched),
        TEST(a_call_between_is_watched), TEST(the_hooks_are_told),
        TEST(nobody_watches_any_more),
    };
    return cmocka_run_group_tests_name("scan_watch", tests, NULL, NULL);
}
