/* Proves the lines of the truth table (DESIGN.md, "What happens to a value") about a scan's end: a
 * fault publishes nothing, a stop publishes its last words, and either leaves what has a safe value
 * safe. Each test names its line. */

#include "scan_bed.h"

static bool open_then_break(struct fixture *f, size_t task)
{
    if (f->cycle.count == 2 && task == 1)
        return false;
    assign(f, "A", (uint16_t)f->cycle.count);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return true;
}

static void begin_faulted(struct fixture *f)
{
    begin(f, (int64_t[]){100 * MS, 100 * MS, 100 * MS}, 3);
    f->task = open_then_break;
    step(f, 0);
    assert_int_equal(remote_read(f, "VALVE"), 1);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    step(f, 100);
}

/* fault: the faulted scan publishes nothing; variables with `safe` take it. */
static void a_fault_publishes_nothing(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    assert_int_equal(f->run_count, 5); /* the third task no longer ran */
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(value(f, "A"), 1); /* nor is it left behind for whoever publishes next */
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(f->faults, 1);
    assert_true(f->safe_when_told);
    assert_string_equal(f->fault.text, "task 1 broke");
    assert_int_equal(f->rests, 1);
}

/* fault: masters' writes to safe "inout" get 04, to "out" 02 as always; links go on. */
static void a_fault_answers_masters(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    assert_int_equal(remote_write(f, "SPEED", 80), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(remote_write(f, "VALVE", 1), EXCEPTION_ADDRESS);
    assert_int_equal(remote_write(f, "B", 8), EXCEPTION_NONE);
    assert_int_equal(remote_read(f, "B"), 8);
}

/* fault: left by reload or restart only; until then steps keep time and nothing else. */
static void a_fault_ends_the_running(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    f->stop_wanted = true;
    for (int i = 2; i < 5; i++) {
        assert_int_equal(due_ms(f), 100 * i);
        step_taking(f, 100 * i, 1);
    }
    step_taking(f, 500, 320);
    assert_int_equal(due_ms(f), 900);
    assert_int_equal(f->run_count, 5);
    assert_int_equal(f->faults, 1);
    assert_int_equal(f->rests, 1);
    assert_false(scan_stop_wanted(f->scan));
    struct scan_stats s = scan_statistics(f->scan);
    assert_int_equal(s.overruns, 0);
    assert_int_equal(s.count, 6);
    assert_int_equal(s.duration.max, 0);
}

static bool assign_and_break(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 3);
    return false;
}

static void a_fault_in_start_is_a_fault(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    f->start = assign_and_break;
    step(f, 0);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(f->run_count, 0);
    assert_int_equal(remote_read(f, "A"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_string_equal(f->fault.text, "start broke");
    step(f, 100);
    assert_int_equal(f->starts, 1);
    assert_int_equal(f->faults, 1);
}

static bool open_valve(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return true;
}

static bool last_words(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(value(f, "B"), 6); /* latched for it */
    assert_true(written(f, "B"));
    assert_false(written(f, "OURS")); /* that was in the last scan already */
    assign(f, "A", 11);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 90);
    return true;
}

/* stop: on_stop's assignments are published, then safe values. */
static void stop_publishes_then_makes_safe(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_valve);
    f->stop = last_words;
    remote_write(f, "OURS", 1);
    step(f, 0);
    remote_write(f, "B", 6);
    stop(f, 30);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
    assert_close(f->cycle.time, 0.03);
    assert_int_equal(f->cycle.count, 2);
    assert_int_equal(remote_read(f, "A"), 11);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_true(image_in_fault(f->image)); /* masters cannot undo it while servers close */
}

static void stop_happens_once_and_ends_the_scan(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_valve);
    step(f, 0);
    stop(f, 30);
    stop(f, 40);
    step(f, 100);
    assert_int_equal(f->stops, 1);
    assert_int_equal(f->run_count, 1);
    assert_int_equal(remote_read(f, "VALVE"), 0);
}

/* stop: not the program's after a fault. */
static void a_fault_is_not_told_of_the_stop(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    stop(f, 200);
    assert_int_equal(f->stops, 0);
    assert_int_equal(f->faults, 1);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
    assert_int_equal(remote_read(f, "VALVE"), 0);
}

static void what_never_started_has_nothing_to_stop(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    stop(f, 0);
    assert_int_equal(f->stops, 0);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
    assert_int_equal(remote_read(f, "SPEED"), 5);
}

static void a_stop_that_breaks_is_safe_too(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_valve);
    f->stop = assign_and_break;
    step(f, 0);
    stop(f, 10);
    assert_int_equal(remote_read(f, "A"), 0);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(f->faults, 1);
    assert_string_equal(f->fault.text, "stop broke");
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
}

static bool wish_to_stop(struct fixture *f, size_t task)
{
    assign(f, "A", (uint16_t)(task + 1));
    f->stop_wanted = true;
    return true;
}

/* program.stop(): the scan in which it is said is completed and published. */
static void the_program_may_stop_itself(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    f->task = wish_to_stop;
    assert_false(scan_stop_wanted(f->scan));
    step(f, 0);
    assert_true(scan_stop_wanted(f->scan));
    assert_int_equal(f->run_count, 2);
    assert_int_equal(remote_read(f, "A"), 2);
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fault_publishes_nothing),       TEST(a_fault_answers_masters),
        TEST(a_fault_ends_the_running),        TEST(a_fault_in_start_is_a_fault),
        TEST(stop_publishes_then_makes_safe),  TEST(stop_happens_once_and_ends_the_scan),
        TEST(a_fault_is_not_told_of_the_stop), TEST(what_never_started_has_nothing_to_stop),
        TEST(a_stop_that_breaks_is_safe_too),  TEST(the_program_may_stop_itself),
    };
    return cmocka_run_group_tests_name("scan_end", tests, NULL, NULL);
}
