/* Proves that numbers are written in the fewest digits, that texts come through whole, and that no
 * control character does. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "control/json_text.h"

/* Takes the reference. What is written is read back as the same. */
static void expect(json_t *value, const char *expected)
{
    char *text = json_text(value);
    json_t *again = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_string_equal(text, expected);
    assert_true(json_equal(value, again));
    json_decref(again);
    json_decref(value);
    free(text);
}

static void numbers(void **state)
{
    (void)state;
    expect(json_real(0.1), "0.1");
    expect(json_real(20.1), "20.1");
    expect(json_real(-1.0 / 3), "-0.3333333333333333");
    expect(json_real(3), "3.0");
    expect(json_real(1e300), "1e+300");
    expect(json_real(5e-324), "4.94065645841247e-324");
    expect(json_integer(INT64_MIN), "-9223372036854775808");
    expect(json_integer(9007199254740993), "9007199254740993");
    expect(json_pack("{s:[f,i,f]}", "a", 0.7, 7, -0.2), "{\"a\":[0.7,7,-0.2]}");
}

static void texts(void **state)
{
    (void)state;
    expect(json_string("0.10000000000000001"), "\"0.10000000000000001\"");
    expect(json_string("a \\\" 1.50 °C"), "\"a \\\\\\\" 1.50 °C\"");
    expect(json_pack("{s:s}", "\"1.50", "\\"), "{\"\\\"1.50\":\"\\\\\"}");
    expect(json_stringn("a\0b", 3), "\"a\\u0000b\"");
}

static void control_characters(void **state)
{
    (void)state;
    expect(json_string("\x1B[2J\n"), "\"\\u001B[2J\\n\"");
    expect(json_string("\x7F\xC2\x80\xC2\x9F\xC2\xA0"), "\"\\u007f\\u0080\\u009f\xC2\xA0\"");
}

/* If each number looked through all that follows it, this would take minutes. */
static void a_long_list_takes_no_longer_an_element(void **state)
{
    (void)state;
    json_t *list = json_array();
    for (int i = 0; i < 1000000; i++)
        json_array_append_new(list, json_integer(i % 10));
    clock_t begin = clock();
    char *text = json_text(list);
    assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
    assert_int_equal(strlen(text), 2000001);
    free(text);
    json_decref(list);
}

static void lines(void **state)
{
    (void)state;
    json_t *value = json_pack("[s,f]", "\x7F\xC2\x9B", 0.1);
    char *text = json_text_lines(value);
    assert_string_equal(text, "[\n  \"\\u007f\\u009b\",\n  0.1\n]");
    free(text);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(control_characters),
        cmocka_unit_test(a_long_list_takes_no_longer_an_element),
        cmocka_unit_test(lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
