/* Proves that a write by name (`set`) obeys the rules of a master's write by address, reaches only
 * the bits of its own variable, and changes nothing when it is refused. */

#include "plan_bed.h"
#include "image/link.h"

enum { LATER = 7000 };

static uint64_t written(struct bed *bed, const char *name)
{
    view_latch(bed->view);
    return bed_mark(bed, name)->written;
}

static enum exception set(struct bed *bed, const char *name, uint16_t word)
{
    return image_set(bed->image, bed_point(bed, name), WORDS(word, 0, 0, 0), NULL, LATER);
}

static void refuse_set(struct bed *bed, enum exception expected, const char *name, uint16_t word)
{
    struct bed_snapshot before = bed_snap(bed);
    assert_int_equal(set(bed, name, word), expected);
    bed_expect_same(bed, &before);
}

static void names_reach_in_and_inout(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("INOUT", 0));
    bed_declare(bed, WORD("IN", 1, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("OUT", 2, .direction = DIRECTION_OUT));
    bed_declare(bed, WIDE("WIDE", 3));
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_UINT16, 0, .direction = DIRECTION_IN));
    bed_declare(bed, BED_VARIABLE("I_OURS", TABLE_INPUT, TYPE_UINT16, 1));
    bed_declare(bed, BED_VARIABLE("VAR", TABLE_VAR, TYPE_FLOAT64, 0));
    bed_ready(bed);
    assert_int_equal(set(bed, "INOUT", 1), EXCEPTION_NONE);
    assert_int_equal(set(bed, "IN", 2), EXCEPTION_NONE);
    assert_int_equal(set(bed, "WIDE", 4), EXCEPTION_NONE);
    assert_int_equal(set(bed, "I", 5), EXCEPTION_NONE);
    assert_int_equal(set(bed, "VAR", 6), EXCEPTION_NONE);
    refuse_set(bed, EXCEPTION_ADDRESS, "OUT", 3);
    refuse_set(bed, EXCEPTION_ADDRESS, "I_OURS", 3);
    view_latch(bed->view);
    assert_int_equal(bed_value(bed, "INOUT"), 1);
    assert_int_equal(bed_value(bed, "IN"), 2);
    assert_int_equal(bed_value(bed, "WIDE"), 4);
    assert_int_equal(bed_value(bed, "I"), 5);
    assert_int_equal(bed_value(bed, "VAR"), 6);
    assert_int_equal(bed_mark(bed, "IN")->written, 2);
    assert_int_equal(bed_mark(bed, "IN")->time, LATER);
    assert_int_equal(bed_mark(bed, "OUT")->written, 0);
}

static void names_reach_their_own_bits(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, BIT("BIT", 0, 4));
    bed_declare(bed, BIT("BESIDE", 0, 5));
    bed_declare(bed, BYTE("HIGH", 0, 8));
    bed_ready(bed);
    bed_put(bed, 0, 0x1220);
    assert_int_equal(set(bed, "BIT", 0x0010), EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 0), 0x1230);
    assert_int_equal(set(bed, "HIGH", 0xFFFF), EXCEPTION_NONE); /* bits outside are no matter */
    assert_int_equal(bed_get(bed, 0), 0xFF30);
    assert_int_equal(written(bed, "BIT"), 2);
    assert_int_equal(written(bed, "BESIDE"), 1);
    assert_int_equal(written(bed, "HIGH"), 3);
}

static void names_obey_limits_and_fault(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, RANGE(0, 10)));
    bed_declare(bed, WORD("S", 1, SAFE(1), RANGE(0, 10), .direction = DIRECTION_INOUT));
    bed_declare(bed, BYTE("BYTE", 2, 8, RANGE(0, 3)));
    bed_ready(bed);
    refuse_set(bed, EXCEPTION_VALUE, "A", 11);
    refuse_set(bed, EXCEPTION_VALUE, "BYTE", 0x0400);
    assert_int_equal(set(bed, "BYTE", 0x0300), EXCEPTION_NONE);
    image_make_safe(bed->image, true, BED_NOW);
    refuse_set(bed, EXCEPTION_DEVICE_FAILURE, "S", 2);
    refuse_set(bed, EXCEPTION_VALUE, "S", 11);
    assert_int_equal(set(bed, "A", 10), EXCEPTION_NONE);
}

/* What shares the bits has its say as it has by address. */
static void names_do_not_go_round_the_rules(void **state)
{
    struct bed *bed = *state;
    bed_declare(bed, WORD("WORD", 0));
    bed_declare(bed, BIT("OURS", 0, 0, .direction = DIRECTION_OUT));
    bed_declare(bed, BYTE("LIMITED", 0, 8, RANGE(0, 3)));
    bed_declare(bed, WIDE("WIDE", 2));
    bed_declare(bed, WORD("HALF", 3));
    bed_raw(bed, TABLE_HOLDING, 4, 1);
    bed_raw(bed, TABLE_INPUT, 0, 1);
    bed_declare(bed, BYTE("FROM_2", 5, 0, RANGE(2, 9), DEFAULT(2)));
    bed_declare(bed, BIT("ITS_BIT", 5, 0));
    bed_declare(bed, BIT("ITS_BIT_3", 5, 3));
    bed_ready(bed);
    assert_int_equal(set(bed, "ITS_BIT", 1), EXCEPTION_NONE); /* the byte as it becomes: 3 */
    refuse_set(bed, EXCEPTION_VALUE, "ITS_BIT_3", 8);         /* 11 */
    refuse_set(bed, EXCEPTION_ADDRESS, "WORD", 0x0001);
    refuse_set(bed, EXCEPTION_VALUE, "WORD", 0x0400);
    refuse_set(bed, EXCEPTION_ADDRESS, "HALF", 1);
    assert_int_equal(set(bed, "WORD", 0x0302), EXCEPTION_NONE);
    assert_int_equal(written(bed, "OURS"), 0);
    assert_int_equal(image_set(bed->image, bed->plan->raws[0].point, WORDS(7), NULL, LATER),
                     EXCEPTION_NONE);
    assert_int_equal(bed_get(bed, 4), 7);
    assert_int_equal(image_set(bed->image, bed->plan->raws[1].point, WORDS(7), NULL, LATER),
                     EXCEPTION_ADDRESS); /* raw inputs are the program's */
}

/* As a master's write is: what cannot reach its device is refused at once. */
static void names_are_refused_while_the_device_is_away(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("A", 0, PLC(RANGE(0, 9))));
    bed_declare(bed, BED_VARIABLE("OURS", TABLE_VAR, TYPE_UINT16, 0, PLC()));
    bed_ready(bed);
    refuse_set(bed, EXCEPTION_GATEWAY_TARGET, "A", 5);
    refuse_set(bed, EXCEPTION_VALUE, "A", 10); /* the user's mistake comes first */
    assert_int_equal(set(bed, "OURS", 5), EXCEPTION_NONE);
    link_publish(bed->image, 0, &(struct link_status){.online = true}, false);
    assert_int_equal(set(bed, "A", 5), EXCEPTION_NONE);
    link_publish(bed->image, 0, &(struct link_status){.online = false}, false);
    refuse_set(bed, EXCEPTION_GATEWAY_TARGET, "A", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(names_reach_in_and_inout),
        BED_TEST(names_reach_their_own_bits),
        BED_TEST(names_obey_limits_and_fault),
        BED_TEST(names_do_not_go_round_the_rules),
        BED_TEST(names_are_refused_while_the_device_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
