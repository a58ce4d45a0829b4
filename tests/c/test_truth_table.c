/* Proves the lines of the truth table (DESIGN.md, "What happens to a value") that concern script,
 * server, force, fault and stop and that test_scan_image.c and test_scan_end.c do not prove: each
 * test names its line and drives a scan by hand, with a master between and within the scans. */

#include "image_help.h"
#include "image/draft.h"
#include "scan/scan.h"

struct fixture {
    struct bed *bed;
    struct scan *scan;
    void (*task)(struct fixture *f);
    bool breaks; /* the task ends in an error */
    int64_t now;
    uint16_t seen[4]; /* free for the test */
    int runs;
    struct cycle cycle;
};

/* ---- the program as the scan knows it ---- */

static bool on_start(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    return true;
}

static bool on_task(void *context, size_t task, double dt, const struct cycle *cycle,
                    struct error *error)
{
    struct fixture *f = context;
    (void)task, (void)dt;
    f->runs++;
    f->cycle = *cycle;
    if (f->task)
        f->task(f);
    return !f->breaks || error_set(error, "broke");
}

static bool stop_wanted(void *context)
{
    (void)context;
    return false;
}

static void rest(void *context)
{
    (void)context;
}

static void fault(void *context, const struct error *error)
{
    (void)context, (void)error;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    bed_init((void **)&f->bed);
    *state = f;
    return 0;
}

/* The view that the bed's helpers use is the scan's. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    f->bed->view = NULL;
    scan_destroy(f->scan);
    bed_finish((void **)&f->bed);
    free(f);
    return 0;
}

static void begin(struct fixture *f, void (*task)(struct fixture *f))
{
    struct error error;
    struct scan_hooks hooks = {.context = f,
                               .start = on_start,
                               .task = on_task,
                               .stop = on_start,
                               .stop_wanted = stop_wanted,
                               .rest = rest,
                               .fault = fault};
    f->task = task;
    plan_task(f->bed->plan, &(struct task_spec){.period = NS_PER_S, .where = "t.lua:9"});
    bed_seal(f->bed);
    f->bed->image = image_create(f->bed->plan, 0, &error);
    f->scan = scan_create(f->bed->image, &hooks, (struct instant){0, 0}, &error);
    assert_non_null(f->scan);
    f->bed->view = scan_view(f->scan);
}

static void step(struct fixture *f)
{
    scan_step(f->scan, (struct instant){f->now, 0});
    scan_ended(f->scan, f->now);
    f->now += NS_PER_S;
}

static bool written(struct fixture *f, const char *name)
{
    return bed_mark(f->bed, name)->written > f->cycle.seen;
}

/* ---- the lines ---- */

static void see_the_start(struct fixture *f)
{
    f->seen[0] = bed_value(f->bed, "DEFAULTED");
    f->seen[1] = bed_value(f->bed, "ASSIGNED");
    f->seen[2] = written(f, "DEFAULTED") || written(f, "ASSIGNED");
}

/* cold start: default, then the body's assignments; what the first task sees is nobody's write. */
static void cold_start(void **state)
{
    struct fixture *f = *state;
    struct error error;
    struct draft *draft = draft_create(&error);
    bed_declare(f->bed, WORD("DEFAULTED", 0, DEFAULT(4)));
    bed_declare(f->bed, WORD("ASSIGNED", 1, DEFAULT(4)));
    int64_t cell = draft_cell(draft, 0, TABLE_HOLDING, 1, &error);
    draft_cells(draft)[cell] = 5;
    draft_assign(draft, (uint32_t)cell, 1, 0xFFFF);
    begin(f, see_the_start);
    draft_apply(draft, f->bed->image, 0);
    draft_destroy(draft);
    step(f);
    assert_int_equal(f->seen[0], 4);
    assert_int_equal(f->seen[1], 5);
    assert_false(f->seen[2]);
}

static void assign_one_element(struct fixture *f)
{
    bed_assign_point(f->bed, bed_point(f->bed, "ARRAY") + 1, WORDS(7));
    bed_assign_point(f->bed, bed_point(f->bed, "BYTES") + 1, WORDS(0x7700));
    assert_int_equal(bed_put(f->bed, 0, 1), EXCEPTION_NONE);
    assert_int_equal(bed_mask(f->bed, 2, 0xFF00, 0x0011), EXCEPTION_NONE);
}

/* end of the scan: bytes under their mask, each element of an array is a variable of its own. */
static void elements_are_variables_of_their_own(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("ARRAY", 0, .count = 2));
    bed_declare(f->bed, BYTE("BYTES", 2, 0, .count = 2));
    begin(f, assign_one_element);
    step(f);
    assert_int_equal(bed_get(f->bed, 0), 1);
    assert_int_equal(bed_get(f->bed, 1), 7);
    assert_int_equal(bed_get(f->bed, 2), 0x7711);
    assert_int_equal(image_conflicts(f->bed->image), 0);
}

static void write_to_an_output(struct fixture *f)
{
    bed_assign(f->bed, "OUT", 1);
    assert_int_equal(bed_put(f->bed, 0, 2), EXCEPTION_ADDRESS);
    assert_int_equal(image_set(f->bed->image, bed_point(f->bed, "OUT"), WORDS(2), NULL, 0),
                     EXCEPTION_ADDRESS);
}

/* remote wrote the same variable during that scan, "out": the script's value. */
static void an_output_is_the_scripts(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("OUT", 0, .direction = DIRECTION_OUT));
    begin(f, write_to_an_output);
    step(f);
    assert_int_equal(bed_get(f->bed, 0), 1);
    assert_int_equal(image_conflicts(f->bed->image), 0);
}

static void write_against_each_other(struct fixture *f)
{
    bed_assign(f->bed, "A", (uint16_t)(10 + f->runs));
    bed_write(f->bed, TABLE_HOLDING, 0, 1, WORDS(5));
}

/* the same, `wins = "program"` on the memory; and without it every conflict is counted. */
static void the_memory_may_say_who_wins(void **state)
{
    struct fixture *f = *state;
    ((struct memory *)f->bed->plan->memories)[0].wins = WINNER_PROGRAM;
    bed_declare(f->bed, WORD("A", 0));
    begin(f, write_against_each_other);
    step(f);
    assert_int_equal(bed_get(f->bed, 0), 11);
    assert_int_equal(image_conflicts(f->bed->image), 0);
}

static void every_conflict_is_counted(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("A", 0));
    begin(f, write_against_each_other);
    for (int i = 0; i < 3; i++)
        step(f);
    assert_int_equal(bed_get(f->bed, 0), 5);
    assert_int_equal(image_conflicts(f->bed->image), 3);
}

static void set_by_name(struct fixture *f)
{
    f->seen[0] = (uint16_t)(f->seen[0] + written(f, "A"));
    bed_assign(f->bed, "A", 1);
    if (f->runs == 1)
        image_set(f->bed->image, bed_point(f->bed, "A"), WORDS(9), NULL, 0);
}

/* `set` is a master's write by name: the same marks, the same conflict. */
static void set_is_a_masters_write(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("A", 0));
    begin(f, set_by_name);
    step(f);
    assert_int_equal(bed_get(f->bed, 0), 9);
    assert_int_equal(image_conflicts(f->bed->image), 1);
    step(f);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(bed_get(f->bed, 0), 1);
}

static void watch_the_pulse(struct fixture *f)
{
    f->seen[0] = (uint16_t)(f->seen[0] + written(f, "P"));
    f->seen[1] = (uint16_t)(f->seen[1] + bed_value(f->bed, "P"));
}

/* pulse on a served coil: a master's 1 is seen once, then it clears itself; also where nothing is
 * due in between, and also the second of two. */
static void a_pulse_is_seen_once(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, COIL("P", 0, .pulse = true));
    begin(f, watch_the_pulse);
    step(f);
    assert_int_equal(bed_write(f->bed, TABLE_COIL, 0, 1, WORDS(1)), EXCEPTION_NONE);
    assert_int_equal(bed_coil(f->bed, 0), 1); /* until the scan has seen it */
    step(f);
    assert_int_equal(bed_coil(f->bed, 0), 0);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 1);
    step(f);
    bed_write(f->bed, TABLE_COIL, 0, 1, WORDS(0)); /* no news */
    step(f);
    assert_int_equal(f->seen[0], 1);
    bed_write(f->bed, TABLE_COIL, 0, 1, WORDS(1));
    scan_step(f->scan, (struct instant){f->now - NS_PER_S / 2, 0}); /* latches, runs nothing */
    assert_int_equal(bed_coil(f->bed, 0), 0);
    step(f);
    assert_int_equal(f->seen[0], 2); /* `written` still tells the task in its next run */
}

static void assign_under_force(struct fixture *f)
{
    f->seen[0] = bed_value(f->bed, "OUT");
    f->seen[1] = bed_value(f->bed, "SHARED");
    bed_assign(f->bed, "OUT", (uint16_t)(10 + f->runs));
}

/* force: on every write from any side; the script reads the forced value; what was suppressed is
 * kept for restore. */
static void force_is_an_overlay(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("OUT", 0, .direction = DIRECTION_OUT));
    bed_declare(f->bed, WORD("SHARED", 1));
    begin(f, assign_under_force);
    uint32_t out = bed_point(f->bed, "OUT"), shared = bed_point(f->bed, "SHARED");
    image_force(f->bed->image, out, WORDS(99), NULL, 0);
    image_force(f->bed->image, shared, WORDS(98), NULL, 0);
    step(f);
    assert_int_equal(bed_put(f->bed, 1, 3), EXCEPTION_NONE); /* masters are answered */
    step(f);
    assert_int_equal(f->seen[0], 99);
    assert_int_equal(f->seen[1], 98);
    assert_int_equal(bed_get(f->bed, 0), 99);
    assert_int_equal(bed_get(f->bed, 1), 98);
    image_unforce(f->bed->image, out, true, NULL, 0);
    image_unforce(f->bed->image, shared, true, NULL, 0);
    assert_int_equal(bed_get(f->bed, 0), 12);
    assert_int_equal(bed_get(f->bed, 1), 3);
}

/* force over safe over script: in a fault the force stays, and safe is what lies beneath. */
static void force_lies_over_safe_over_script(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("OUT", 0, SAFE(5)));
    bed_declare(f->bed, WORD("SHARED", 1));
    begin(f, assign_under_force);
    image_force(f->bed->image, bed_point(f->bed, "OUT"), WORDS(99), NULL, 0);
    step(f);
    f->breaks = true;
    step(f);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(bed_get(f->bed, 0), 99);
    image_unforce(f->bed->image, bed_point(f->bed, "OUT"), true, NULL, 0);
    assert_int_equal(bed_get(f->bed, 0), 5); /* neither 11 nor 12 */
}

static void assign_array_and_break(struct fixture *f)
{
    for (uint32_t i = 0; i < 3; i++)
        bed_assign_point(f->bed, bed_point(f->bed, "SAFE") + i, WORDS((uint16_t)(20 + i)));
    bed_assign(f->bed, "FREE", 20);
    f->breaks = f->runs == 2;
}

/* fault: variables with `safe` take it, all elements; the others hold; masters still write the
 * others, and safe "inout" ones again only when the fault is over. */
static void a_fault_holds_what_has_no_safe(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("SAFE", 0, SAFE(5), .count = 3, .direction = DIRECTION_INOUT));
    bed_declare(f->bed, WORD("FREE", 3));
    begin(f, assign_array_and_break);
    step(f);
    assert_int_equal(bed_get(f->bed, 2), 22);
    step(f);
    for (uint16_t i = 0; i < 3; i++)
        assert_int_equal(bed_get(f->bed, i), 5);
    assert_int_equal(bed_get(f->bed, 3), 20);
    assert_int_equal(bed_put(f->bed, 2, 6), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(bed_write(f->bed, TABLE_HOLDING, 2, 2, WORDS(6, 6)), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(bed_get(f->bed, 3), 20);
    assert_int_equal(bed_put(f->bed, 3, 6), EXCEPTION_NONE);
    image_clear_fault(f->bed->image);
    assert_int_equal(bed_put(f->bed, 2, 6), EXCEPTION_NONE);
}

/* stop: safe values published; what has none holds; masters cannot undo it; stop does not lift a
 * force. */
static void stop_is_safe_and_keeps_forces(void **state)
{
    struct fixture *f = *state;
    bed_declare(f->bed, WORD("SAFE", 0, SAFE(5), .count = 3, .direction = DIRECTION_INOUT));
    bed_declare(f->bed, WORD("FREE", 3));
    begin(f, assign_array_and_break);
    step(f);
    image_force(f->bed->image, bed_point(f->bed, "SAFE") + 1, WORDS(77), NULL, 0);
    scan_stop(f->scan, (struct instant){f->now, 0});
    assert_int_equal(bed_get(f->bed, 0), 5);
    assert_int_equal(bed_get(f->bed, 1), 77);
    assert_int_equal(bed_get(f->bed, 2), 5);
    assert_int_equal(bed_get(f->bed, 3), 20);
    assert_int_equal(bed_put(f->bed, 0, 6), EXCEPTION_DEVICE_FAILURE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cold_start),
        TEST(elements_are_variables_of_their_own),
        TEST(an_output_is_the_scripts),
        TEST(the_memory_may_say_who_wins),
        TEST(every_conflict_is_counted),
        TEST(set_is_a_masters_write),
        TEST(a_pulse_is_seen_once),
        TEST(force_is_an_overlay),
        TEST(force_lies_over_safe_over_script),
        TEST(a_fault_holds_what_has_no_safe),
        TEST(stop_is_safe_and_keeps_forces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
