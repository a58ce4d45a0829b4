/* Proves that an error text is complete or cut at a whole character, and that words can be put in
 * front of it, even when the old text is among the arguments. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "base/error.h"

static void test_set(void **state)
{
    (void)state;
    struct error error;
    assert_false(error_set(&error, "unit %d is not served", 7));
    assert_string_equal(error.text, "unit 7 is not served");
    assert_false(error_prefix(&error, "%s: ", "tank"));
    assert_string_equal(error.text, "tank: unit 7 is not served");
    assert_false(error_set(&error, "(%s)", error.text));
    assert_string_equal(error.text, "(tank: unit 7 is not served)");
}

static void test_cut(void **state)
{
    (void)state;
    struct error error;
    char text[4000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    error_set(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    error_prefix(&error, "tank: ");
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_memory_equal(error.text, "tank: aaa", 9);
    error_prefix(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

/* The room is 2047 bytes: no multiple of 2 or 4, so that the last character is cut. */
static void test_cut_character(void **state)
{
    (void)state;
    const char *characters[] = {"\xC2\xB0", "\xF0\x9F\x94\xA7"};
    for (size_t i = 0; i < 2; i++) {
        struct error error;
        char text[4001] = "";
        size_t size = strlen(characters[i]);
        for (size_t at = 0; at + size < sizeof text; at += size)
            memcpy(text + at, characters[i], size);
        text[4000] = '\0';
        error_set(&error, "%s", text);
        assert_int_equal(strlen(error.text), 2047 / size * size);
        error_prefix(&error, "x");
        assert_int_equal(strlen(error.text), 2046 / size * size + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
