/* Proves that what was put under a scope and a name is found there, and nothing else is, also
 * after the table has grown several times. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include "base/names.h"

static void an_empty_map_knows_nothing(void **state)
{
    (void)state;
    struct names *names = names_create();
    assert_int_equal(names_find(names, 0, "A"), -1);
    assert_int_equal(names_find(names, 0, ""), -1);
    names_destroy(names);
    names_destroy(NULL);
}

static void names_are_whole_and_in_their_case(void **state)
{
    (void)state;
    struct names *names = names_create();
    char asked[] = "PUMP"; /* found by its text, not by its address */
    names_put(names, 0, "PUMP", 0);
    names_put(names, 0, "PUMP_2", 1);
    assert_int_equal(names_find(names, 0, asked), 0);
    assert_int_equal(names_find(names, 0, "PUMP_2"), 1);
    assert_int_equal(names_find(names, 0, "PUMP_"), -1);
    assert_int_equal(names_find(names, 0, "PUM"), -1);
    assert_int_equal(names_find(names, 0, "pump"), -1);
    names_destroy(names);
}

static void scopes_are_apart(void **state)
{
    (void)state;
    struct names *names = names_create();
    names_put(names, 1, "A", 10);
    names_put(names, 2, "A", 20);
    names_put(names, UINT32_MAX, "A", 30);
    assert_int_equal(names_find(names, 0, "A"), -1);
    assert_int_equal(names_find(names, 1, "A"), 10);
    assert_int_equal(names_find(names, 2, "A"), 20);
    assert_int_equal(names_find(names, UINT32_MAX, "A"), 30);
    names_destroy(names);
}

static void many_names_are_all_found(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static char texts[MANY][12];
    struct names *names = names_create();
    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "V%d", i / 2);
        names_put(names, (uint32_t)i % 2, texts[i], i);
        assert_int_equal(names_find(names, 0, "V0"), 0); /* the first one survives each growth */
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(names_find(names, (uint32_t)i % 2, texts[i]), i);
    assert_int_equal(names_find(names, 0, "V2500"), -1);
    assert_int_equal(names_find(names, 2, "V0"), -1);
    names_destroy(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_knows_nothing),
        cmocka_unit_test(names_are_whole_and_in_their_case),
        cmocka_unit_test(scopes_are_apart),
        cmocka_unit_test(many_names_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
