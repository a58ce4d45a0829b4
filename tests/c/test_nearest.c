/* Proves that a mistyped word finds the one that was meant, that a far one finds nothing, and
 * that ties go to the word offered first. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "base/nearest.h"

static const char *find(const char *asked, const char *const *words)
{
    struct nearest nearest;
    nearest_init(&nearest, asked);
    for (; *words; words++)
        nearest_offer(&nearest, *words);
    return nearest_word(&nearest);
}

static int distance(const char *asked, const char *word)
{
    struct nearest nearest;
    nearest_init(&nearest, asked);
    nearest_offer(&nearest, word);
    return nearest_word(&nearest) ? nearest.distance : -1;
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(distance("LEVEL", "LEVEL"), 0);
    assert_int_equal(distance("LEVEL", "level"), 0);
    assert_int_equal(distance("LEVL", "LEVEL"), 1);
    assert_int_equal(distance("LEVELL", "LEVEL"), 1);
    assert_int_equal(distance("LEVAL", "LEVEL"), 1);
    assert_int_equal(distance("LEEVL", "LEVEL"), 1);
    assert_int_equal(distance("elvle", "LEVEL"), 2);
    assert_int_equal(distance("SETPIONT", "SETPOINT"), 1);
    assert_int_equal(distance("x", "y"), -1);
    assert_int_equal(distance("PUMP", "LEVEL"), -1);
    assert_int_equal(distance("", "ab"), -1);
    assert_int_equal(distance("PUMP", "PMUPABCD"), -1);
}

static void test_choice(void **state)
{
    (void)state;
    const char *const options[] = {"scale", "offset", "order", "unit", "min", "max", "limit", NULL};
    assert_string_equal(find("sacle", options), "scale");
    assert_string_equal(find("ofset", options), "offset");
    assert_string_equal(find("Limits", options), "limit");
    assert_string_equal(find("mx", options), "max");
    assert_null(find("colour", options));
    assert_null(find("q", options));
    const char *const none[] = {NULL};
    assert_null(find("scale", none));
}

/* Words that one may write out or cut short: three letters at least, or "a" would mean anything. */
static void test_short_forms(void **state)
{
    (void)state;
    const char *const options[] = {"desc", "max", "min", NULL};
    assert_string_equal(find("maximum", options), "max");
    assert_string_equal(find("description", options), "desc");
    assert_string_equal(find("des", options), "desc");
    assert_null(find("mi_position", options));
    const char *const nearer[] = {"maximum_speed", "maxi", NULL};
    assert_string_equal(find("max", nearer), "maximum_speed"); /* a tie: the first */
}

static void test_ties(void **state)
{
    (void)state;
    const char *const words[] = {"TEMP_1", "TEMP_2", "TEMP_3", NULL};
    assert_string_equal(find("TEMP_9", words), "TEMP_1");
    const char *const better[] = {"TEMP_11", "TEMP_12", "TEMP_9", NULL};
    assert_string_equal(find("TEMP_8", better), "TEMP_9");
}

static void test_long_words(void **state)
{
    (void)state;
    char asked[129], word[400];
    memset(asked, 'a', sizeof asked);
    asked[128] = '\0';
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = '\0';
    assert_int_equal(distance(asked, word), -1);
    word[128] = '\0';
    word[64] = 'b';
    assert_int_equal(distance(asked, word), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),    cmocka_unit_test(test_choice),
        cmocka_unit_test(test_short_forms), cmocka_unit_test(test_ties),
        cmocka_unit_test(test_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
