/* Proves what the PDU part refuses whatever the data: lengths that are not the function's, unknown
 * functions, writes to a read-only server, and what the image's rules do not allow, each with its
 * exception code. */

#include "pdu_bed.h"

/* For each code a request that is right, cut and lengthened everywhere. */
static void every_other_length_is_refused(void **state)
{
    struct desk *desk = *state;
    static const struct {
        size_t length;
        uint8_t bytes[16];
    } right[] = {
        {5, {1, 0, 0, 0, 1}},
        {5, {2, 0, 0, 0, 1}},
        {5, {3, 0, 0, 0, 1}},
        {5, {4, 0, 0, 0, 1}},
        {5, {5, 0, 0, 0xFF, 0}},
        {5, {6, 0, 0, 0, 1}},
        {7, {15, 0, 0, 0, 1, 1, 1}},
        {8, {16, 0, 0, 0, 1, 2, 0, 1}},
        {1, {17}},
        {7, {22, 0, 0, 0, 0, 0, 1}},
        {12, {23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 1}},
        {4, {43, 14, 1, 0}},
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        for (size_t length = 1; length <= PDU_MAX; length++) {
            uint8_t bytes[PDU_MAX] = {0};
            memcpy(bytes, right[i].bytes, right[i].length);
            if (length == right[i].length)
                continue;
            ask(desk, bytes, length);
            expect_refused(desk, bytes[0], 3);
        }
    }
    assert_int_equal(coil_at(desk, 0), 0);
    assert_int_equal(register_at(desk, 0), 0);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        ask(desk, right[i].bytes, right[i].length);
        assert_int_equal(desk->answer[0], right[i].bytes[0]);
    }
}

static void unknown_functions_are_01_at_every_length(void **state)
{
    struct desk *desk = *state;
    static const uint8_t known[] = {1, 2, 3, 4, 5, 6, 8, 15, 16, 17, 22, 23, 43};
    for (unsigned code = 0; code < 256; code++) {
        if (memchr(known, (int)code, sizeof known))
            continue;
        uint8_t bytes[PDU_MAX] = {(uint8_t)code, 0, 0, 0, 1};
        static const size_t lengths[] = {1, 2, 5, PDU_MAX};
        for (size_t i = 0; i < 4; i++) {
            ask(desk, bytes, lengths[i]);
            expect_refused(desk, code, 1);
        }
    }
}

static void read_only_refuses_every_write(void **state)
{
    struct desk *desk = *state;
    ask_two(desk, 6, 0, 0x0101);
    desk->target.read_only = true;
    static const uint8_t writes[][12] = {
        {5, 0, 0, 0xFF, 0},        {6, 0, 0, 0, 9},        {15, 0, 0, 0, 1, 1, 1},
        {16, 0, 0, 0, 1, 2, 0, 9}, {22, 0, 0, 0, 0, 0, 9}, {23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 9}};
    static const size_t lengths[] = {5, 5, 7, 8, 7, 12};
    for (size_t i = 0; i < 6; i++) {
        ask(desk, writes[i], lengths[i]);
        expect_refused(desk, writes[i][0], 1);
        ask(desk, writes[i], 1); /* the function code is judged first */
        expect_refused(desk, writes[i][0], 1);
    }
    assert_int_equal(register_at(desk, 0), 0x0101);
    assert_int_equal(coil_at(desk, 0), 0);
    ASK(desk, 17);
    assert_int_equal(desk->answer[0], 17);
}

/* The image's own rules reach the wire with their codes. */
static void rules_of_variables(void **state)
{
    struct desk *desk = *state;
    desk->target.memory = BED_OWN;
    ASK(desk, 16, 0, OWN_LEVEL, 0, 2, 4, 0x42, 0x48, 0, 0); /* 50.0 */
    EXPECT(desk, 16, 0, OWN_LEVEL, 0, 2);
    ASK(desk, 16, 0, OWN_LEVEL, 0, 2, 4, 0x43, 0x48, 0, 0); /* 200.0 */
    expect_refused(desk, 16, 3);
    ASK(desk, 16, 0, OWN_LEVEL, 0, 2, 4, 0x7F, 0xC0, 0, 0); /* NaN */
    expect_refused(desk, 16, 3);
    ask_two(desk, 6, OWN_LEVEL, 0x4248); /* half of it */
    expect_refused(desk, 6, 2);
    ask_two(desk, 6, OWN_OUT, 1);
    expect_refused(desk, 6, 2);
    ASK(desk, 22, 0, OWN_OUT, 0, 0, 0, 1);
    expect_refused(desk, 22, 2);
    ask_two(desk, 6, OWN_LAST - 1, 1); /* a gap */
    expect_refused(desk, 6, 2);
    ask_both(desk, OWN_FREE, 1, OWN_OUT, 1, 2, 2);
    expect_refused(desk, 23, 2);
    ask_two(desk, 3, OWN_LEVEL, OWN_LAST + 1);
    EXPECT(desk, 3, 22, 0x42, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void a_fault_refuses_safe_variables(void **state)
{
    struct desk *desk = *state;
    desk->target.memory = BED_OWN;
    ask_two(desk, 6, OWN_SAFE, 1);
    EXPECT(desk, 6, 0, OWN_SAFE, 0, 1);
    image_make_safe(desk->bed.image, true, 3);
    ask_two(desk, 6, OWN_SAFE, 1);
    expect_refused(desk, 6, 4);
    ask_both(desk, OWN_FREE, 1, OWN_SAFE, 2, 4, 4);
    expect_refused(desk, 23, 4);
    assert_int_equal(register_at(desk, OWN_SAFE), 7);
    assert_int_equal(register_at(desk, OWN_FREE), 0);
    ask_two(desk, 6, OWN_FREE, 1);
    assert_int_equal(desk->answer[0], 6);
}

static void exceptions(void **state)
{
    (void)state;
    uint8_t answer[2];
    assert_int_equal(pdu_exception(3, EXCEPTION_GATEWAY_PATH, answer), 2);
    assert_int_equal(answer[0], 0x83);
    assert_int_equal(answer[1], 0x0A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_other_length_is_refused),  TEST(unknown_functions_are_01_at_every_length),
        TEST(read_only_refuses_every_write),  TEST(rules_of_variables),
        TEST(a_fault_refuses_safe_variables), TEST(exceptions),
    };
    return cmocka_run_group_tests_name("pdu_refused", tests, NULL, NULL);
}
