/* Proves that any bytes become text that can be shown: escapes, whole characters only, never more
 * than the room. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "image/quote.h"

static void expect(const char *bytes, size_t length, const char *expected)
{
    char text[64];
    assert_string_equal(quote_text(bytes, length, text, sizeof text), expected);
}

static void test_escapes(void **state)
{
    (void)state;
    expect("", 0, "\"\"");
    expect(NULL, 0, "\"\"");
    expect("plain", 5, "\"plain\"");
    expect("a\0b\n\r\t\"\\", 8, "\"a\\0b\\n\\r\\t\\\"\\\\\"");
    expect("\x01\x1b\x7f", 3, "\"\\x01\\x1B\\x7F\"");
}

static void test_utf8(void **state)
{
    (void)state;
    expect("°Cä€", 8, "\"°Cä€\"");
    expect("\xF0\x9F\x98\x80", 4, "\"\xF0\x9F\x98\x80\"");
    expect("\xFF\xC3", 2, "\"\\xFF\\xC3\"");                   /* no beginning; no end */
    expect("\xC0\x80", 2, "\"\\xC0\\x80\"");                   /* overlong */
    expect("\xE0\x80\x80", 3, "\"\\xE0\\x80\\x80\"");          /* overlong */
    expect("\xED\xA0\x80", 3, "\"\\xED\\xA0\\x80\"");          /* surrogate */
    expect("\xF4\x90\x80\x80", 4, "\"\\xF4\\x90\\x80\\x80\""); /* too large */
    expect("\xE2\x82\xAC", 2, "\"\\xE2\\x82\"");               /* the third byte is not ours */
    expect("\xE2\x82Z", 3, "\"\\xE2\\x82Z\"");
}

/* In every size: ended, inside its room, and either whole or marked as cut. */
static void test_cut(void **state)
{
    (void)state;
    const char *bytes = "äöü€ab\n\x02 end of it";
    for (size_t size = 1; size < 48; size++) {
        char *text = malloc(size);
        quote_text(bytes, strlen(bytes), text, size);
        size_t length = strlen(text);
        assert_true(length < size);
        if (size >= 8) {
            assert_int_equal(text[0], '"');
            assert_int_equal(text[length - 1], '"');
            assert_true(strstr(text, "…\"") != NULL || strstr(text, "end of it\"") != NULL);
        } else {
            assert_int_equal(length, 0);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
