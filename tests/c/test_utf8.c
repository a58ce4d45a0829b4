/* Proves what is UTF-8 and what is not, against the JSON library as an independent judge. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>
#include "base/utf8.h"

/* Every two bytes and what follows from the table of RFC 3629: as jansson, which is an independent
 * judge, has it. */
static void valid_as_others_see_it(void **state)
{
    (void)state;
    for (unsigned a = 0x80; a < 0x100; a++) {
        for (unsigned b = 0; b < 0x100 * 3; b++) {
            static const char *const ends[] = {"", "\x80", "\xBF\xBF"};
            char bytes[8] = {(char)a, (char)(b & 0xFF)};
            strcpy(bytes + 2, ends[b >> 8]);
            size_t length = 2 + strlen(ends[b >> 8]);
            json_t *judge = json_stringn(bytes, length);
            assert_int_equal(utf8_is_valid(bytes, length), judge != NULL);
            json_decref(judge);
        }
    }
}

static void characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_character("a", 1), 1);
    assert_int_equal(utf8_character("\0", 1), 1);
    assert_int_equal(utf8_character("\xC3\xA4z", 3), 2);
    assert_int_equal(utf8_character("\xE2\x82\xAC", 3), 3);
    assert_int_equal(utf8_character("\xE2\x82\xAC", 2), 0); /* the third byte is not ours */
    assert_int_equal(utf8_character("\xF0\x9F\x98\x80", 4), 4);
    assert_int_equal(utf8_character("\xA4", 1), 0);
    assert_true(utf8_is_valid("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_as_others_see_it),
        cmocka_unit_test(characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
