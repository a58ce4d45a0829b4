/* Proves that nothing which could drive a terminal or end a line comes through, and that all else
 * does, as it is. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "base/printable.h"
#include "base/utf8.h"

static void expect(const char *bytes, size_t length, const char *expected)
{
    char text[256] = "", piece[PRINTABLE_PIECE];
    for (size_t at = 0; at < length;) {
        at += printable_piece(bytes + at, length - at, piece);
        strcat(text, piece);
    }
    assert_string_equal(text, expected);
}

static void as_it_is(void **state)
{
    (void)state;
    expect("plain \"\\", 8, "plain \"\\");
    expect("°Cä€", 8, "°Cä€");
    expect("\xC2\xA0", 2, "\xC2\xA0"); /* the first one behind the second set */
}

static void escaped(void **state)
{
    (void)state;
    expect("a\nb\tc\rd", 7, "a\\nb\\tc\\x0Dd");
    expect("\0\x1B[2J\x7F", 6, "\\x00\\x1B[2J\\x7F");
    expect("\xC2\x9B"
           "31m",
           5, "\\xC2\\x9B31m");
    expect("\xC2", 1, "\\xC2"); /* what could follow is not ours */
    expect("\xFF\xC0\x80", 3, "\\xFF\\xC0\\x80");
}

/* Of every two bytes. */
static void always_fit_to_be_shown(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        const char bytes[] = {(char)(pair >> 8), (char)pair};
        char piece[PRINTABLE_PIECE];
        size_t taken = printable_piece(bytes, 2, piece), length = strlen(piece);
        assert_in_range(taken, 1, 2);
        assert_in_range(length, 1, PRINTABLE_PIECE - 1);
        assert_true(utf8_is_valid(piece, length));
        for (size_t i = 0; i < length; i++) {
            unsigned char byte = (unsigned char)piece[i],
                          before = i ? (unsigned char)piece[i - 1] : 0;
            assert_true(byte >= ' ' && byte != 0x7F && !(before == 0xC2 && byte < 0xA0));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_it_is),
        cmocka_unit_test(escaped),
        cmocka_unit_test(always_fit_to_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
