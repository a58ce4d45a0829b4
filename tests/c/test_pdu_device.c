/* Proves the functions that touch no data: diagnostics echo, and the server id and the device
 * identification tell what the program is, over as many answers as that takes. */

#include "pdu_bed.h"

static void diagnostics_echo(void **state)
{
    struct desk *desk = *state;
    for (size_t data = 0; data <= PDU_MAX - 3; data++) {
        uint8_t bytes[PDU_MAX] = {8, 0, 0};
        memset(bytes + 3, 0xC3, data);
        ask(desk, bytes, 3 + data);
        if (data % 2)
            expect_refused(desk, 8, 3);
        else
            expect(desk, bytes, 3 + data);
    }
    for (unsigned sub = 1; sub < 65536; sub += 85) {
        ASK(desk, 8, (uint8_t)(sub >> 8), (uint8_t)sub, 0, 0);
        expect_refused(desk, 8, 1);
    }
    ASK(desk, 8);
    expect_refused(desk, 8, 3);
    ASK(desk, 8, 0);
    expect_refused(desk, 8, 3);
}

static void server_id(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 17);
    EXPECT(desk, 17, 15, 'M', 0xFF, 'p', 'r', 'o', 'd', ' ', '1', '.', '2', ' ', 't', 'a', 'n',
           'k');
    image_make_safe(desk->bed.image, true, 3);
    ASK(desk, 17);
    assert_int_equal(desk->answer[3], 0);
    image_clear_fault(desk->bed.image);
    ASK(desk, 17);
    assert_int_equal(desk->answer[3], 0xFF);
}

static void server_id_of_a_long_name_fits(void **state)
{
    struct desk *desk = *state;
    char name[400] = {0};
    memset(name, 'x', sizeof name - 1);
    struct identity identity = IDENTITY;
    identity.application = name;
    desk->target.identity = &identity;
    ASK(desk, 17);
    assert_int_equal(desk->length, PDU_MAX);
    assert_int_equal(desk->answer[1], PDU_MAX - 2);
    assert_int_equal(desk->answer[PDU_MAX - 1], 'x');
}

static void device_id_streams(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 43, 14, 1, 0);
    EXPECT(desk, 43, 14, 1, 0x83, 0, 0, 3, 0, 1, 'V', 1, 4, 'p', 'r', 'o', 'd', 2, 3, '1', '.',
           '2');
    ASK(desk, 43, 14, 1, 2);
    EXPECT(desk, 43, 14, 1, 0x83, 0, 0, 1, 2, 3, '1', '.', '2');
    for (uint8_t code = 2; code <= 3; code++) {
        ASK(desk, 43, 14, code, 4); /* there is no object 3: its text is NULL */
        EXPECT(desk, 43, 14, code, 0x83, 0, 0, 3, 4, 1, 'N', 5, 1, 'M', 6, 4, 't', 'a', 'n', 'k');
        ASK(desk, 43, 14, code, 0);
        assert_int_equal(desk->answer[6], 6);
    }
}

static void an_unknown_object_restarts_a_stream(void **state)
{
    struct desk *desk = *state;
    static const uint8_t unknown[] = {3, 7, 0x7F, 0x80, 0xFF};
    for (uint8_t code = 1; code <= 3; code++) {
        ASK(desk, 43, 14, code, 0);
        uint8_t whole[PDU_MAX];
        size_t length = desk->length;
        memcpy(whole, desk->answer, length);
        for (size_t i = 0; i < sizeof unknown; i++) {
            ASK(desk, 43, 14, code, unknown[i]);
            expect(desk, whole, length);
        }
    }
}

static void single_objects(void **state)
{
    struct desk *desk = *state;
    ASK(desk, 43, 14, 4, 6);
    EXPECT(desk, 43, 14, 4, 0x83, 0, 0, 1, 6, 4, 't', 'a', 'n', 'k');
    static const uint8_t unknown[] = {3, 7, 0x80, 0xFF};
    for (size_t i = 0; i < sizeof unknown; i++) {
        ASK(desk, 43, 14, 4, unknown[i]);
        expect_refused(desk, 43, 2);
    }
}

static void other_device_id_requests(void **state)
{
    struct desk *desk = *state;
    static const uint8_t codes[] = {0, 5, 0x83, 0xFF};
    for (size_t i = 0; i < sizeof codes; i++) {
        ASK(desk, 43, 14, codes[i], 0);
        expect_refused(desk, 43, 3);
    }
    ASK(desk, 43, 13, 1, 0);
    expect_refused(desk, 43, 1);
    ASK(desk, 43, 13, 1, 2, 3, 4, 5);
    expect_refused(desk, 43, 1);
    ASK(desk, 43);
    expect_refused(desk, 43, 3);
}

/* What does not fit is fetched with further requests, as a client does it. */
static void long_objects_follow(void **state)
{
    struct desk *desk = *state;
    char texts[7][301];
    static const size_t sizes[7] = {100, 100, 40, 300, 200, 1, 242};
    for (size_t i = 0; i < 7; i++) {
        memset(texts[i], 'a' + (int)i, sizes[i]);
        texts[i][sizes[i]] = 0;
    }
    struct identity identity = {texts[0], texts[1], texts[2], texts[3],
                                texts[4], texts[5], texts[6]};
    desk->target.identity = &identity;
    unsigned next = 0, seen = 0;
    do {
        ASK(desk, 43, 14, 3, (uint8_t)next);
        assert_int_equal(desk->answer[0], 43);
        size_t at = 7;
        for (unsigned i = 0; i < desk->answer[6]; i++) {
            size_t size = sizes[seen] < 244 ? sizes[seen] : 244;
            assert_int_equal(desk->answer[at], seen);
            assert_int_equal(desk->answer[at + 1], size);
            assert_memory_equal(desk->answer + at + 2, texts[seen], size);
            at += 2 + size;
            seen++;
        }
        assert_int_equal(at, desk->length);
        next = desk->answer[5];
        assert_int_equal(desk->answer[4], next ? 0xFF : 0);
        if (next)
            assert_int_equal(next, seen);
    } while (next);
    assert_int_equal(seen, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(diagnostics_echo),
        TEST(server_id),
        TEST(server_id_of_a_long_name_fits),
        TEST(device_id_streams),
        TEST(an_unknown_object_restarts_a_stream),
        TEST(single_objects),
        TEST(other_device_id_requests),
        TEST(long_objects_follow),
    };
    return cmocka_run_group_tests_name("pdu_device", tests, NULL, NULL);
}
