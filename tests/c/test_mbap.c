/* Proves that the MBAP header is believed exactly as far as MG 3.1.3 allows: frames of every legal
 * length are found and measured, illegal lengths are seen before the frame is whole, other
 * protocols are skipped, ids come back as they went in. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "modbus/mbap.h"

static const uint8_t READ[] = {0x12, 0x34, 0, 0, 0, 6, 0x11, 3, 0, 1, 0, 2};

static void a_frame_is_taken_apart(void **state)
{
    (void)state;
    struct mbap mbap;
    assert_int_equal(mbap_parse(READ, sizeof READ, &mbap), MBAP_FRAME);
    assert_int_equal(mbap.transaction, 0x1234);
    assert_int_equal(mbap.unit, 0x11);
    assert_ptr_equal(mbap.pdu, READ + 7);
    assert_int_equal(mbap.pdu_length, 5);
    assert_int_equal(mbap.frame, sizeof READ);
}

static void what_follows_a_frame_is_not_looked_at(void **state)
{
    (void)state;
    uint8_t bytes[sizeof READ + 9];
    memset(bytes, 0xFF, sizeof bytes);
    memcpy(bytes, READ, sizeof READ);
    struct mbap mbap;
    assert_int_equal(mbap_parse(bytes, sizeof bytes, &mbap), MBAP_FRAME);
    assert_int_equal(mbap.frame, sizeof READ);
}

static void every_beginning_of_a_frame_wants_more(void **state)
{
    (void)state;
    struct mbap mbap;
    for (size_t length = 0; length < sizeof READ; length++)
        assert_int_equal(mbap_parse(READ, length, &mbap), MBAP_MORE);
}

static void all_lengths_are_judged(void **state)
{
    (void)state;
    uint8_t bytes[6 + 65535] = {0};
    struct mbap mbap;
    for (unsigned length = 0; length <= 65535; length++) {
        bytes[4] = (uint8_t)(length >> 8);
        bytes[5] = (uint8_t)length;
        enum mbap_result result = mbap_parse(bytes, sizeof bytes, &mbap);
        if (length < 2 || length > 254) {
            assert_int_equal(result, MBAP_BROKEN);
            continue;
        }
        assert_int_equal(result, MBAP_FRAME);
        assert_int_equal(mbap.frame, 6 + length);
        assert_int_equal(mbap.pdu_length, length - 1);
    }
}

static void a_bad_length_is_seen_with_the_sixth_byte(void **state)
{
    (void)state;
    struct mbap mbap;
    uint8_t bytes[] = {0, 0, 0, 0, 0, 1};
    assert_int_equal(mbap_parse(bytes, 5, &mbap), MBAP_MORE);
    assert_int_equal(mbap_parse(bytes, 6, &mbap), MBAP_BROKEN);
}

static void another_protocol_is_measured_only(void **state)
{
    (void)state;
    struct mbap mbap;
    for (int byte = 2; byte <= 3; byte++) {
        uint8_t bytes[sizeof READ];
        memcpy(bytes, READ, sizeof READ);
        bytes[byte] = 1;
        assert_int_equal(mbap_parse(bytes, sizeof bytes, &mbap), MBAP_FOREIGN);
        assert_int_equal(mbap.frame, sizeof READ);
        assert_int_equal(mbap_parse(bytes, sizeof bytes - 1, &mbap), MBAP_MORE);
        bytes[5] = 0;
        assert_int_equal(mbap_parse(bytes, sizeof bytes, &mbap), MBAP_BROKEN);
    }
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const uint16_t transactions[] = {0, 1, 0x00FF, 0xFF00, 0xFFFF};
    for (size_t i = 0; i < sizeof transactions / sizeof transactions[0]; i++) {
        for (unsigned unit = 0; unit < 256; unit++) {
            uint8_t bytes[MBAP_MAX] = {0};
            size_t length = mbap_write(bytes, transactions[i], (uint8_t)unit, PDU_MAX);
            assert_int_equal(length, MBAP_MAX);
            struct mbap mbap;
            assert_int_equal(mbap_parse(bytes, length, &mbap), MBAP_FRAME);
            assert_int_equal(mbap.transaction, transactions[i]);
            assert_int_equal(mbap.unit, unit);
            assert_int_equal(mbap.pdu_length, PDU_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_taken_apart),
        cmocka_unit_test(what_follows_a_frame_is_not_looked_at),
        cmocka_unit_test(every_beginning_of_a_frame_wants_more),
        cmocka_unit_test(all_lengths_are_judged),
        cmocka_unit_test(a_bad_length_is_seen_with_the_sixth_byte),
        cmocka_unit_test(another_protocol_is_measured_only),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests_name("mbap", tests, NULL, NULL);
}
