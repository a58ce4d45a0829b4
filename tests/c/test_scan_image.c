/* Proves the lines of the truth table (DESIGN.md, "What happens to a value") that a running scan
 * decides: what of a script's assignments is published, who wins against a master, what is seen as
 * written, and what a force holds. Each test names its line. */

#include "scan_bed.h"

static bool assign_twice(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 1);
    assign(f, "A", 2);
    return true;
}

/* script assigns: the last value in a scan counts. */
static void the_last_value_counts(void **state)
{
    struct fixture *f = *state;
    begin_one(f, assign_twice);
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 2);
}

static bool there_and_back(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 9);
    assign(f, "A", 0);
    assign(f, "B", value(f, "B"));
    remote_write(f, "A", 4);
    remote_write(f, "B", 5);
    return true;
}

/* script assigns: equal, and back again, is no write, so there is nothing to conflict. */
static void assigning_the_same_is_no_write(void **state)
{
    struct fixture *f = *state;
    begin_one(f, there_and_back);
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 4);
    assert_int_equal(remote_read(f, "B"), 5);
    assert_int_equal(image_conflicts(f->image), 0);
}

static bool assign_parts(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "WIDE", 0x1234);
    assign(f, "BIT0", 1);
    remote_write(f, "BIT1", 2); /* a master changes the neighbour in the same word */
    remote_write(f, "B", 3);    /* and something that the script did not touch */
    return true;
}

/* end of the scan: what was written is published, whole variables, bits under their mask; what
 * was not stays the master's. */
static void only_what_was_written_is_published(void **state)
{
    struct fixture *f = *state;
    begin_one(f, assign_parts);
    step(f, 0);
    assert_int_equal(remote_read(f, "WIDE"), 0x1234);
    assert_int_equal(remote_read(f, "BIT0"), 1);
    assert_int_equal(remote_read(f, "BIT1"), 2);
    assert_int_equal(remote_read(f, "B"), 3);
    assert_int_equal(image_conflicts(f->image), 0);
}

static bool both_write(struct fixture *f, size_t task)
{
    (void)task;
    if (f->run_count > 1)
        return true;
    assign(f, "A", 1);
    assign(f, "OURS", 1);
    assert_int_equal(remote_write(f, "A", 2), EXCEPTION_NONE);
    assert_int_equal(remote_write(f, "OURS", 2), EXCEPTION_NONE);
    assert_int_equal(value(f, "A"), 1); /* time is frozen, and so are values */
    return true;
}

/* remote wrote the same variable during that scan: the remote value stays, the script sees it
 * next scan, the conflict is counted; wins = "program" turns it. */
static void a_remote_write_during_the_scan_wins(void **state)
{
    struct fixture *f = *state;
    begin_one(f, both_write);
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 2);
    assert_int_equal(remote_read(f, "OURS"), 1);
    assert_int_equal(image_conflicts(f->image), 1);
    step(f, 100);
    assert_int_equal(value(f, "A"), 2);
    assert_int_equal(value(f, "OURS"), 1);
    assert_true(written(f, "A"));
}

static bool count_written(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "A");
    return true;
}

/* written: true for each task in its first run after a remote write, same value or not, and for
 * no other run. */
static void written_is_seen_once_by_each_task(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 300 * MS}, 2);
    f->task = count_written;
    run_until(f, 0);
    assert_int_equal(f->seen[0] + f->seen[1], 0);
    remote_write(f, "A", 0); /* the same value */
    run_until(f, 100);
    assert_int_equal(f->seen[0], 1);
    run_until(f, 200);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 0);
    run_until(f, 600);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 1);
    remote_write(f, "A", 1);
    remote_write(f, "A", 2);
    run_until(f, 1200);
    assert_int_equal(f->seen[0], 2);
    assert_int_equal(f->seen[1], 2);
}

/* written: a master that came before the first scan is news to the first run. */
static void the_first_run_sees_writes_since_the_start(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 300 * MS}, 2);
    f->task = count_written;
    remote_write(f, "A", 1);
    run_until(f, 600);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 1);
}

static bool write_during_own_scan(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "A");
    if (f->run_count == 1)
        remote_write(f, "A", 1);
    return true;
}

static void a_write_during_the_scan_is_news_in_the_next(void **state)
{
    struct fixture *f = *state;
    begin_one(f, write_during_own_scan);
    step(f, 0);
    assert_int_equal(f->seen[0], 0);
    step(f, 100);
    assert_int_equal(f->seen[0], 1);
    step(f, 200);
    assert_int_equal(f->seen[0], 1);
}

static bool read_forced(struct fixture *f, size_t task)
{
    (void)task;
    f->seen[0] = value(f, "SPEED");
    assign(f, "SPEED", 33);
    return true;
}

/* force: the script reads the forced value; over safe, over script; stop does not lift it. */
static void force_stays_over_script_and_safe(void **state)
{
    struct fixture *f = *state;
    begin_one(f, read_forced);
    image_force(f->image, find(f, "SPEED")->point, (uint16_t[]){99}, NULL, f->now);
    step(f, 0);
    step(f, 100);
    assert_int_equal(f->seen[0], 99);
    assert_int_equal(remote_read(f, "SPEED"), 99);
    stop(f, 150);
    assert_int_equal(remote_read(f, "SPEED"), 99);
    image_unforce(f->image, find(f, "SPEED")->point, true, NULL, f->now);
    assert_int_equal(remote_read(f, "SPEED"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_value_counts),
        TEST(assigning_the_same_is_no_write),
        TEST(only_what_was_written_is_published),
        TEST(a_remote_write_during_the_scan_wins),
        TEST(written_is_seen_once_by_each_task),
        TEST(the_first_run_sees_writes_since_the_start),
        TEST(a_write_during_the_scan_is_news_in_the_next),
        TEST(force_stays_over_script_and_safe),
    };
    return cmocka_run_group_tests_name("scan_image", tests, NULL, NULL);
}
