/* Proves that what a declaration states becomes words: default, safe and on_loss by the rules of
 * assignment and within the limits, and 5 s of patience where nothing else is said. */

#include "variable_help.h"

static void each_value_has_its_words(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_UINT32);
    v.has_default = v.has_safe = v.has_on_loss = v.has_invalid = true;
    v.initial = help_integer(1);
    v.safe = help_integer(0x20003);
    v.on_loss = help_integer(4);
    v.invalid = help_integer(0xFFFFFFFF);
    help_prepare(state, &v);
    assert_int_equal(v.initial_words[0], 1);
    assert_int_equal(v.safe_words[0], 3);
    assert_int_equal(v.safe_words[1], 2);
    assert_int_equal(v.on_loss_words[0], 4);
    assert_int_equal(v.on_loss_words[1], 0);
    assert_int_equal(v.invalid_words[1], 0xFFFF);
}

static void what_is_not_stated_has_none(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_UINT16);
    help_prepare(state, &v);
    assert_int_equal(v.initial_words[0], 0);
    assert_null(v.safe_words);
    assert_null(v.on_loss_words);
    assert_null(v.invalid_words);
}

static void on_loss_lies_within_the_limits(void **state)
{
    struct error error = {""};
    struct variable v = help_variable(TABLE_HOLDING, TYPE_UINT16);
    help_limits(&v, help_integer(0), help_integer(10), LIMIT_CLAMP);
    v.has_on_loss = true;
    v.on_loss = help_integer(11);
    assert_false(variable_prepare(&v, help_alloc, *state, &error));
    assert_string_equal(error.text, "holding.uint16: on_loss = 11 is out of range 0..10");
    v.on_loss = help_integer(10);
    help_prepare(state, &v);
    assert_int_equal(v.on_loss_words[0], 10);
}

static void writes_expire_after_five_seconds(void **state)
{
    struct variable v = help_variable(TABLE_HOLDING, TYPE_UINT16);
    help_prepare(state, &v);
    assert_int_equal(v.expire, 5000000000);
    v.has_expire = true;
    v.expire = 7;
    help_prepare(state, &v);
    assert_int_equal(v.expire, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_has_its_words),
        cmocka_unit_test(what_is_not_stated_has_none),
        cmocka_unit_test(on_loss_lies_within_the_limits),
        cmocka_unit_test(writes_expire_after_five_seconds),
    };
    return cmocka_run_group_tests(tests, help_init, help_finish);
}
