/* Proves that a field's path is one text for one place, reads as a script would write it, and that
 * what is no such path is refused, whatever it is. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "image/keep_path.h"
#include "base/utf8.h"

static struct keeps_key text_key(const char *bytes, size_t length)
{
    return (struct keeps_key){.is_text = true, .bytes = bytes, .length = length};
}

static void paths_read_like_a_script(void **state)
{
    char path[KEEP_PATH];
    struct keeps_key keys[] = {
        text_key("recipe", 6), text_key("steps", 5),      {.integer = -3},
        text_key("a b", 3),    text_key("\"\\\n\x01", 4), text_key("\xC3\xA4", 2),
        text_key("\xE4", 1),   text_key("", 0),           text_key("1", 1)};
    size_t used = 0;
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        used = keep_path_add(path, used, &keys[i]);
    assert_string_equal(path, "recipe.steps[-3][\"a b\"][\"\\\"\\\\\\x0A\\x01\"][\"\xC3\xA4\"]"
                              "[\"\\xE4\"][\"\"][\"1\"]");
    assert_int_equal(used, strlen(path));
}

static void expect_same(const struct keeps_key *a, const struct keeps_key *b)
{
    assert_int_equal(a->is_text, b->is_text);
    if (!a->is_text) {
        assert_int_equal(a->integer, b->integer);
        return;
    }
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->bytes, b->bytes, a->length);
}

static void any_keys_come_back(void **state)
{
    unsigned seed = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char bytes[KEEPS_DEPTH_MAX][KEEPS_KEY_MAX], text[KEEPS_KEY_MAX], path[KEEP_PATH];
        struct keeps_key keys[KEEPS_DEPTH_MAX], key;
        size_t used = 0;
        for (int k = 0; k < KEEPS_DEPTH_MAX; k++) {
            int range = i % 3 ? 256 : 4;
            for (size_t b = 0; b < KEEPS_KEY_MAX; b++)
                bytes[k][b] = (char)(rand_r(&seed) % range + (range == 4 ? '[' : 0));
            keys[k] = text_key(bytes[k], (size_t)rand_r(&seed) % (KEEPS_KEY_MAX + 1));
            if (rand_r(&seed) % 4 == 0)
                keys[k] = (struct keeps_key){.integer = (int64_t)rand_r(&seed) << 32};
            used = keep_path_add(path, used, &keys[k]);
        }
        assert_true(used < KEEP_PATH);
        const char *at = path;
        for (int k = 0; k < KEEPS_DEPTH_MAX; k++) {
            assert_true(keep_path_next(&at, &key, text));
            expect_same(&key, &keys[k]);
        }
        assert_int_equal(*at, '\0');
        assert_false(keep_path_next(&at, &key, text));
    }
}

static void what_is_no_path_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        ".",
                                        "[",
                                        "[]",
                                        "[1",
                                        "[1.5]",
                                        "[\"",
                                        "[\"a\"",
                                        "[\"\\q\"]",
                                        "[\"\\x1\"]",
                                        "1a",
                                        " a",
                                        "[99999999999999999999]"};
    struct keeps_key key;
    char text[KEEPS_KEY_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *at = wrong[i];
        if (keep_path_next(&at, &key, text))
            fail_msg("%s", wrong[i]);
    }
}

static void utf8_is_what_the_standard_says(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"a", 1},
                 {"\x7F", 1},
                 {"\x80", 0},
                 {"\xC1\xBF", 0},
                 {"\xC2\x80", 2},
                 {"\xC2", 0},
                 {"\xE0\x9F\xBF", 0},
                 {"\xE0\xA0\x80", 3},
                 {"\xED\x9F\xBF", 3},
                 {"\xED\xA0\x80", 0},
                 {"\xEF\xBF\xBF", 3},
                 {"\xF0\x8F\xBF\xBF", 0},
                 {"\xF0\x90\x80\x80", 4},
                 {"\xF4\x8F\xBF\xBF", 4},
                 {"\xF4\x90\x80\x80", 0},
                 {"\xF8\x88\x80\x80\x80", 0},
                 {"\xC2\x41", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_character(cases[i].bytes, strlen(cases[i].bytes)), cases[i].size);
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("a\xC3\xA4", 3));
    assert_false(utf8_is_valid("a\xC3\xA4", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_read_like_a_script),
        cmocka_unit_test(any_keys_come_back),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(utf8_is_what_the_standard_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
