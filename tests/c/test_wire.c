/* Proves that between a client and its simulated device lies nothing but a delay, to the
 * nanosecond; what a device's manners make of that; who is rung for; and that devices stay when
 * another program takes over, with or without what their clients were about to do. */

#include "virtual_bed.h"

#include "image/adopt.h"
#include "image/plan_match.h"
#include "virtual/wire.h"

struct rig {
    struct bed *bed;
    struct wire *wire;
    int64_t now;
    int rung;
};

static int begin(void **state)
{
    struct error error;
    struct rig *rig = calloc(1, sizeof *rig);
    rig->bed = virtual_bed();
    rig->now = VIRTUAL_BEGIN;
    rig->wire = wire_create(rig->bed->image, rig->now, &error);
    assert_non_null(rig->wire);
    *state = rig;
    return 0;
}

static int end(void **state)
{
    struct rig *rig = *state;
    wire_destroy(rig->wire);
    virtual_bed_end(rig->bed);
    free(rig);
    return 0;
}

/* As its thread does, up to and at this moment. */
static void run_until(struct rig *rig, int64_t moment)
{
    int steps = 0;
    int64_t due;
    while ((due = wire_due(rig->wire)) <= moment) {
        assert_true(++steps < 100000); /* else it is due for ever, and does nothing */
        rig->now = due > rig->now ? due : rig->now;
        wire_run(rig->wire, rig->now);
    }
    rig->now = moment;
}

static void pass(struct rig *rig, int64_t ms)
{
    run_until(rig, rig->now + ms * VIRTUAL_MS);
}

static struct link_status link_of(struct rig *rig, size_t link)
{
    return link_look(rig->bed->image, link);
}

static void an_answer_takes_the_delay(void **state)
{
    struct rig *rig = *state;
    device_manners(wire_device(rig->wire, 0))->delay = 3 * VIRTUAL_MS;
    assert_true(wire_due(rig->wire) <= VIRTUAL_BEGIN);
    run_until(rig, VIRTUAL_BEGIN + 3 * VIRTUAL_MS - 1);
    assert_int_equal(virtual_quality(rig->bed, 0, "IN"), QUALITY_NEVER);
    assert_int_equal(virtual_word(rig->bed, 1, "IN"), 7); /* who has another delay is not held up */
    assert_int_equal(wire_due(rig->wire), VIRTUAL_BEGIN + 3 * VIRTUAL_MS);
    run_until(rig, VIRTUAL_BEGIN + 3 * VIRTUAL_MS);
    assert_int_equal(virtual_quality(rig->bed, 0, "IN"), QUALITY_GOOD);
    assert_int_equal(virtual_word(rig->bed, 0, "IN"), 7);
    assert_true(link_of(rig, 0).online && link_of(rig, 0).errors == 0);
}

static void a_late_answer_is_none(void **state)
{
    struct rig *rig = *state;
    pass(rig, 10);
    device_manners(wire_device(rig->wire, 0))->delay = 50 * VIRTUAL_MS; /* the timeout: in time */
    pass(rig, 400);
    assert_int_equal(link_of(rig, 0).errors, 0);
    device_manners(wire_device(rig->wire, 0))->delay = 50 * VIRTUAL_MS + 1;
    pass(rig, 400);
    assert_true(link_of(rig, 0).errors > 0);
    assert_int_equal(link_of(rig, 1).errors, 0);
}

static void a_silent_device_has_done_what_it_was_told(void **state)
{
    struct rig *rig = *state;
    struct device *device = wire_device(rig->wire, 0);
    pass(rig, 10);
    device_manners(device)->silent = true;
    virtual_assign(rig->bed, 0, "OUT", 99, rig->now);
    pass(rig, 1);
    assert_int_equal(virtual_device_word(device, "OUT"), 99);
    pass(rig, 400);
    assert_true(link_of(rig, 0).errors > 0);
    assert_int_equal(virtual_device_word(wire_device(rig->wire, 1), "OUT"), 0);
}

static void a_wrong_answer_is_not_believed(void **state)
{
    struct rig *rig = *state;
    uint16_t word = 8;
    pass(rig, 10);
    device_manners(wire_device(rig->wire, 0))->wrong = true;
    device_put(wire_device(rig->wire, 0), rig->bed->plan, virtual_point(rig->bed, 0, "IN"), &word,
               rig->now);
    pass(rig, 300);
    assert_true(link_of(rig, 0).errors > 0);
    assert_int_equal(virtual_word(rig->bed, 0, "IN"), 7);
}

static void offline_and_back(void **state)
{
    struct rig *rig = *state;
    char text[LINK_ERROR_MAX];
    pass(rig, 10);
    device_manners(wire_device(rig->wire, 0))->offline = true;
    assert_true(wire_due(rig->wire) <= rig->now); /* it is noticed at once */
    pass(rig, 1);
    assert_false(link_of(rig, 0).online);
    assert_true(link_of(rig, 1).online);
    link_last_error(rig->bed->image, 0, text);
    assert_string_equal(text, "the simulated device is offline");
    pass(rig, 100000); /* tries are made less and less often … */
    device_manners(wire_device(rig->wire, 0))->offline = false;
    pass(rig, 60000); /* … but go on being made */
    assert_true(link_of(rig, 0).online);
    assert_int_equal(virtual_quality(rig->bed, 0, "IN"), QUALITY_GOOD);
}

static void ring(void *context)
{
    ((struct rig *)context)->rung++;
}

static void it_is_rung_for(void **state)
{
    struct rig *rig = *state;
    pass(rig, 10);
    wire_attach(rig->wire, ring, rig);
    assert_int_equal(rig->rung, 1); /* for what was given before */
    assert_true(wire_due(rig->wire) > rig->now);
    virtual_assign(rig->bed, 1, "OUT", 5, rig->now);
    assert_int_equal(rig->rung, 2);
    assert_true(wire_due(rig->wire) <= rig->now);
    virtual_assign(rig->bed, 1, "OUT", 6, rig->now);
    assert_int_equal(rig->rung, 2); /* it has something to do already */
    wire_run(rig->wire, rig->now);
    assert_int_equal(virtual_device_word(wire_device(rig->wire, 1), "OUT"), 6);
}

/* ---- another program ---- */

struct next {
    struct bed *bed;
    struct wire *wire;
    struct plan_match *match;
};

static struct next next_of(struct rig *rig)
{
    struct error error;
    struct next next = {.bed = virtual_bed()};
    next.match = plan_match_create(rig->bed->plan, next.bed->plan, &error);
    next.wire = wire_create(next.bed->image, rig->now, &error);
    assert_true(next.match && next.wire);
    return next;
}

/* From here on the rig is the next one. */
static void take_over(struct rig *rig, struct next *next)
{
    wire_destroy(rig->wire);
    virtual_bed_end(rig->bed);
    plan_match_destroy(next->match);
    rig->bed = next->bed;
    rig->wire = next->wire;
}

static void changed_by_hand(struct rig *rig)
{
    uint16_t word = 1234;
    pass(rig, 10);
    device_put(wire_device(rig->wire, 0), rig->bed->plan, virtual_point(rig->bed, 0, "IN"), &word,
               rig->now);
    device_manners(wire_device(rig->wire, 1))->delay = 9 * VIRTUAL_MS;
}

static void clients_go_on(void **state)
{
    struct rig *rig = *state;
    struct error error;
    changed_by_hand(rig);
    struct next next = next_of(rig);
    assert_true(
        image_adopt(next.bed->image, rig->bed->image, next.match, rig->now, NULL, NULL, &error));
    wire_inherit(next.wire, rig->wire, next.match, rig->now);
    take_over(rig, &next);
    assert_true(link_of(rig, 0).online && link_of(rig, 1).online);
    assert_int_equal(virtual_device_word(wire_device(rig->wire, 0), "IN"), 1234);
    assert_int_equal(device_manners(wire_device(rig->wire, 1))->delay, 9 * VIRTUAL_MS);
    pass(rig, 150);
    assert_int_equal(virtual_word(rig->bed, 0, "IN"), 1234);
    assert_int_equal(link_of(rig, 0).errors, 0);
}

static void only_devices_stay(void **state)
{
    struct rig *rig = *state;
    changed_by_hand(rig);
    struct next next = next_of(rig);
    wire_keep_devices(next.wire, rig->wire, next.match, rig->now);
    take_over(rig, &next);
    assert_int_equal(virtual_device_word(wire_device(rig->wire, 0), "IN"), 1234);
    assert_int_equal(device_manners(wire_device(rig->wire, 1))->delay, 9 * VIRTUAL_MS);
    assert_false(link_of(rig, 0).online);
    assert_int_equal(virtual_quality(rig->bed, 0, "IN"), QUALITY_NEVER);
    pass(rig, 10);
    assert_int_equal(virtual_word(rig->bed, 0, "IN"), 1234);
}

static void without_clients_nothing_is_due(void **state)
{
    struct bed *bed;
    struct error error;
    (void)state;
    bed_init((void **)&bed);
    bed_declare(bed, (struct variable)WORD("A", 0));
    bed_ready(bed);
    struct wire *wire = wire_create(bed->image, VIRTUAL_BEGIN, &error);
    wire_run(wire, VIRTUAL_BEGIN);
    assert_true(wire_due(wire) == INT64_MAX);
    wire_destroy(wire);
    wire_destroy(NULL);
    virtual_bed_end(bed);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(an_answer_takes_the_delay),
        RIG_TEST(a_late_answer_is_none),
        RIG_TEST(a_silent_device_has_done_what_it_was_told),
        RIG_TEST(a_wrong_answer_is_not_believed),
        RIG_TEST(offline_and_back),
        RIG_TEST(it_is_rung_for),
        RIG_TEST(clients_go_on),
        RIG_TEST(only_devices_stay),
        cmocka_unit_test(without_clients_nothing_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
