/* Proves keeps: what is set is found again in the order in which it was made, commit and revert
 * take all or nothing, a copy is what was committed, ids of what is gone are stale, and every limit
 * is refused with a text and without a change. By hand first, then by random operations against a
 * tree that does the same naively. */

#include "keeps_help.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static void expect_refused(struct keeps *keeps, struct keeps_table table, struct keeps_key key,
                           struct keeps_value value, const char *message)
{
    struct error error = {""};
    size_t used = keeps_used(keeps);
    assert_false(keeps_set(keeps, table, &key, &value, &error));
    assert_string_equal(error.text, message);
    assert_int_equal(keeps_used(keeps), used);
}

static enum keeps_type type_of(struct keeps *keeps, struct keeps_table table, struct keeps_key key)
{
    char room[KEEPS_TEXT_MAX];
    return keeps_get(keeps, table, &key, room).type;
}

static int64_t integer_of(struct keeps *keeps, struct keeps_table table, struct keeps_key key)
{
    struct keeps_value value = keeps_get(keeps, table, &key, NULL);
    assert_int_equal(value.type, KEEPS_INTEGER);
    return value.integer;
}

static void test_names(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table table, mixer = named(keeps, "mixer"), pump = named(keeps, "pump");
    const char *name;
    uint32_t at = 0;
    assert_false(keeps_find(keeps, "mixe", false, &table));
    assert_int_equal(keeps_depth(keeps, mixer), 1);
    assert_true(keeps_next_name(keeps, &at, &name));
    assert_string_equal(name, "mixer");
    assert_true(keeps_next_name(keeps, &at, &name));
    assert_string_equal(name, "pump");
    assert_false(keeps_next_name(keeps, &at, &name));
    keeps_drop(keeps, "mixer");
    keeps_drop(keeps, "nobody");
    assert_false(keeps_find(keeps, "mixer", false, &table));
    assert_true(keeps_is(keeps, pump));
    at = 0;
    assert_true(keeps_next_name(keeps, &at, &name));
    assert_string_equal(name, "pump");
    char longest[KEEPS_KEY_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[KEEPS_KEY_MAX + 1] = '\0';
    assert_false(keeps_find(keeps, longest, true, &table));
    longest[KEEPS_KEY_MAX] = '\0';
    assert_true(keeps_find(keeps, longest, true, &table));
}

static void test_values(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t");
    char room[KEEPS_TEXT_MAX], bytes[KEEPS_TEXT_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        struct keeps_key key = text_key("text");
        set(keeps, t, key, text(bytes, length));
        struct keeps_value value = keeps_get(keeps, t, &key, room);
        assert_int_equal(value.type, KEEPS_TEXT);
        assert_int_equal(value.text.length, length);
        assert_memory_equal(value.text.bytes, bytes, length);
    }
    struct keeps_key key = number_key(-3);
    set(keeps, t, key, (struct keeps_value){.type = KEEPS_NUMBER, .number = NAN});
    assert_true(isnan(keeps_get(keeps, t, &key, room).number));
    set(keeps, t, key, (struct keeps_value){.type = KEEPS_BOOLEAN, .boolean = true});
    assert_true(keeps_get(keeps, t, &key, room).boolean);
    set(keeps, t, key, integer(INT64_MIN));
    assert_true(integer_of(keeps, t, key) == INT64_MIN);
    set(keeps, t, key, (struct keeps_value){.type = KEEPS_NIL});
    assert_int_equal(type_of(keeps, t, key), KEEPS_NIL);
    /* a number and the text of it are two keys; a text may hold any byte */
    set(keeps, t, number_key(1), integer(1));
    set(keeps, t, text_key("1"), integer(2));
    struct keeps_key nul = {.is_text = true, .bytes = "a\0b", .length = 3};
    set(keeps, t, nul, integer(3));
    set(keeps, t, text_key("a"), integer(4));
    assert_int_equal(integer_of(keeps, t, number_key(1)), 1);
    assert_int_equal(integer_of(keeps, t, text_key("1")), 2);
    assert_int_equal(integer_of(keeps, t, nul), 3);
}

static void test_a_text_may_come_from_the_field_itself(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t");
    struct keeps_key key = text_key("text");
    char room[KEEPS_TEXT_MAX];
    set(keeps, t, key, text("abcdef", 6));
    struct keeps_value value = keeps_get(keeps, t, &key, room);
    set(keeps, t, key, text(value.text.bytes + 2, 3));
    value = keeps_get(keeps, t, &key, room);
    assert_memory_equal(value.text.bytes, "cde", 3);
}

static void test_length(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t");
    set(keeps, t, number_key(2), integer(2));
    set(keeps, t, number_key(4), integer(4));
    assert_int_equal(keeps_length(keeps, t), 0);
    set(keeps, t, number_key(1), integer(1));
    assert_int_equal(keeps_length(keeps, t), 2);
    set(keeps, t, number_key(3), integer(3));
    assert_int_equal(keeps_length(keeps, t), 4);
    set(keeps, t, number_key(2), (struct keeps_value){.type = KEEPS_NIL});
    assert_int_equal(keeps_length(keeps, t), 1);
}

static void test_revert_takes_back_and_commit_does_not(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t"), inner = set_table(keeps, t, text_key("inner"));
    set(keeps, inner, text_key("a"), integer(1));
    keeps_commit(keeps);
    uint64_t version = keeps_version(keeps);
    set(keeps, inner, text_key("a"), integer(2));
    struct keeps_table other = set_table(keeps, t, text_key("inner"));
    assert_false(keeps_is(keeps, inner));
    keeps_drop(keeps, "t");
    struct keeps_table none;
    assert_false(keeps_find(keeps, "t", false, &none));
    keeps_revert(keeps);
    assert_true(keeps_is(keeps, inner));
    assert_false(keeps_is(keeps, other));
    assert_int_equal(integer_of(keeps, inner, text_key("a")), 1);
    assert_int_equal(keeps_version(keeps), version);
    /* the id of a table that was taken back is not that of the next one */
    struct keeps_table next = set_table(keeps, t, text_key("inner"));
    assert_true(next.tag != other.tag);
    assert_false(keeps_is(keeps, other));
}

static void test_what_is_changed_back_is_no_change(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t");
    set(keeps, t, text_key("a"), integer(1));
    keeps_commit(keeps);
    uint64_t version = keeps_version(keeps);
    keeps_commit(keeps);
    set(keeps, t, text_key("a"), integer(1));
    keeps_commit(keeps);
    set(keeps, t, text_key("a"), integer(2));
    set(keeps, t, text_key("a"), integer(1));
    keeps_commit(keeps);
    assert_int_equal(keeps_version(keeps), version);
    set(keeps, t, text_key("a"), integer(2));
    keeps_commit(keeps);
    assert_int_equal(keeps_version(keeps), version + 1);
}

static void test_as_it_was(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t");
    struct keeps_key key = text_key("a");
    set(keeps, t, key, integer(1));
    assert_int_equal(keeps_was(keeps, t, &key, NULL).type, KEEPS_NIL);
    keeps_commit(keeps);
    set(keeps, t, key, integer(2));
    assert_int_equal(keeps_was(keeps, t, &key, NULL).integer, 1);
    struct keeps_table inner = set_table(keeps, t, text_key("inner"));
    set(keeps, inner, key, integer(2));
    assert_int_equal(keeps_was(keeps, inner, &key, NULL).type, KEEPS_NIL);
}

/* Fields may go on the way, the present one and those ahead, while others become longer. */
static void test_going_along_while_fields_go(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t"), other = named(keeps, "other");
    char room[KEEPS_TEXT_MAX], bytes[KEEPS_TEXT_MAX] = {0};
    struct keeps_key key;
    struct keeps_value value;
    uint32_t at = 0;
    for (int i = 1; i <= 10; i++)
        set(keeps, t, number_key(i), integer(i));
    int64_t sum = 0;
    while (keeps_next(keeps, t, &at, &key, &value, room)) {
        sum += value.integer;
        set(keeps, t, key, (struct keeps_value){.type = KEEPS_NIL});
        set(keeps, t, number_key(value.integer + 1), (struct keeps_value){.type = KEEPS_NIL});
        set(keeps, other, number_key(sum), text(bytes, sizeof bytes));
    }
    assert_int_equal(sum, 1 + 3 + 5 + 7 + 9);
    assert_false(keeps_next(keeps, t, &(uint32_t){0}, &key, &value, room));
    /* where it stood is something else now: the end, and nothing else's fields */
    keeps_commit(keeps);
    set(keeps, other, text_key("more"), integer(1));
    assert_false(keeps_next(keeps, t, &at, &key, &value, room));
    at = UINT32_MAX;
    assert_false(keeps_next(keeps, t, &at, &key, &value, room));
}

static void test_limits(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t"), deep = t;
    char bytes[KEEPS_TEXT_MAX + 1] = {0};
    struct keeps_key key = {.is_text = true, .bytes = bytes, .length = 48};
    expect_refused(keeps, t, key, integer(1), "a name has at most 47 bytes, not 48");
    expect_refused(keeps, t, text_key("a"), text(bytes, sizeof bytes),
                   "a text has at most 1024 bytes, not 1025");
    for (int depth = 2; depth <= KEEPS_DEPTH_MAX; depth++)
        deep = set_table(keeps, deep, number_key(1));
    expect_refused(keeps, deep, number_key(1), (struct keeps_value){.type = KEEPS_TABLE},
                   "tables lie inside each other at most 16 deep");
    set(keeps, t, number_key(1), integer(1));
    expect_refused(keeps, deep, number_key(1), integer(1),
                   "the table that it stood in is no longer there");
}

enum { TEXT_FITS = 48 }; /* bytes of a text that take no further node */

static const char FULL[] =
    "all keeps of the program together hold at most 32768 fields (a text of more than 48 bytes "
    "counts as several), and there is no room for more; nil takes a field away";

static void test_room(void **state)
{
    struct keeps *keeps = *state;
    char bytes[KEEPS_TEXT_MAX] = {0};
    for (int round = 0; round < 3; round++) {
        struct keeps_table t = named(keeps, "t"), none;
        for (int64_t i = 1; i < KEEPS_NODES; i++)
            set(keeps, t, number_key(i), integer(i));
        assert_int_equal(keeps_used(keeps), KEEPS_NODES);
        expect_refused(keeps, t, number_key(0), integer(0), FULL);
        assert_false(keeps_find(keeps, "u", true, &none));
        expect_refused(keeps, t, number_key(1), text(bytes, TEXT_FITS + 1), FULL);
        assert_int_equal(integer_of(keeps, t, number_key(1)), 1);
        set(keeps, t, number_key(1), text(bytes, TEXT_FITS));
        set(keeps, t, number_key(2), (struct keeps_value){.type = KEEPS_NIL});
        set(keeps, t, number_key(1), text(bytes, TEXT_FITS + 1));
        set(keeps, t, number_key(1), text(bytes, TEXT_FITS + 104)); /* in what it had */
        expect_refused(keeps, t, number_key(1), text(bytes, TEXT_FITS + 105), FULL);
        if (round == 1)
            keeps_commit(keeps);
        keeps_drop(keeps, "t"); /* whose nodes the next round needs */
    }
}

/* Some at each commit, so that none takes long. */
static void test_what_was_dropped_is_given_back_bit_by_bit(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t"), inner = t, stays = named(keeps, "stays");
    char bytes[KEEPS_TEXT_MAX] = {0};
    for (int depth = 1; depth < KEEPS_DEPTH_MAX; depth++) {
        inner = set_table(keeps, inner, text_key("inner"));
        for (int64_t i = 1; i <= 60; i++)
            set(keeps, inner, number_key(i), i % 9 ? integer(i) : text(bytes, sizeof bytes));
    }
    set(keeps, stays, text_key("a"), integer(7));
    keeps_commit(keeps);
    keeps_drop(keeps, "t");
    size_t used = keeps_used(keeps);
    struct keeps_table again = named(keeps, "t");
    set(keeps, again, text_key("inner"), integer(1)); /* the name is free at once */
    int commits = 0;
    while (keeps_used(keeps) > 4) {
        size_t before = keeps_used(keeps);
        keeps_commit(keeps);
        commits++;
        assert_true(keeps_used(keeps) < before);
        assert_true(before - keeps_used(keeps) < used / 4);
    }
    assert_true(commits > 10);
    assert_int_equal(integer_of(keeps, again, text_key("inner")), 1);
    assert_int_equal(integer_of(keeps, stays, text_key("a")), 7);
    keeps_commit(keeps);
    assert_int_equal(keeps_used(keeps), 4);
}

static void test_dropped_and_taken_back(void **state)
{
    struct keeps *keeps = *state;
    struct keeps_table t = named(keeps, "t");
    for (int64_t i = 1; i <= 100; i++)
        set(keeps, t, number_key(i), integer(i));
    keeps_commit(keeps);
    keeps_drop(keeps, "t");
    set(keeps, named(keeps, "t"), text_key("a"), integer(1));
    keeps_revert(keeps);
    keeps_commit(keeps);
    keeps_commit(keeps);
    assert_true(keeps_find(keeps, "t", false, &t));
    assert_int_equal(keeps_length(keeps, t), 100);
    assert_int_equal(keeps_used(keeps), 101);
}

static void test_a_copy_is_what_was_committed(void **state)
{
    struct error error;
    struct keeps *keeps = *state, *copy = keeps_create(&error), *other = keeps_create(&error);
    struct keeps_table t = named(keeps, "t"), stranger = named(other, "stranger");
    set(keeps, t, text_key("a"), integer(1));
    keeps_commit(keeps);
    set(keeps, t, text_key("a"), integer(2));
    keeps_read(keeps, copy);
    assert_int_equal(integer_of(copy, t, text_key("a")), 1);
    keeps_commit(keeps);
    set(copy, t, text_key("b"), integer(3)); /* its own changes go with the next reading */
    keeps_read(keeps, copy);
    assert_int_equal(integer_of(copy, t, text_key("a")), 2);
    assert_int_equal(type_of(copy, t, text_key("b")), KEEPS_NIL);
    set(copy, t, text_key("b"), integer(3)); /* also where nothing came since the last one */
    keeps_read(keeps, copy);
    assert_int_equal(type_of(copy, t, text_key("b")), KEEPS_NIL);
    for (int i = 0; i < 5000; i++)
        set(other, stranger, number_key(i), integer(i));
    keeps_commit(other);
    keeps_read(other, copy);
    assert_false(keeps_is(copy, t) && type_of(copy, t, text_key("a")) != KEEPS_NIL);
    assert_int_equal(integer_of(copy, stranger, number_key(4999)), 4999);
    keeps_read(keeps, copy);
    assert_int_equal(integer_of(copy, t, text_key("a")), 2);
    assert_int_equal(keeps_used(copy), 2);
    for (int i = 0; i < 5000; i++) { /* nothing of the larger one is left in the hash */
        struct keeps_key key = number_key(i);
        assert_int_equal(keeps_get(copy, t, &key, NULL).type, KEEPS_NIL);
    }
    keeps_destroy(copy);
    keeps_destroy(other);
    keeps_destroy(NULL);
}

/* Bytes of the process that lie in memory; 0 where a sanitizer's own would be among them. */
static size_t resident(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0;
#else
    unsigned long all, pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &all, &pages), 2);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
#endif
}

static void test_a_few_fields_take_little_memory(void **state)
{
    struct error error;
    (void)state;
    size_t before = resident();
    struct keeps *keeps = keeps_create(&error), *copy = keeps_create(&error);
    struct keeps_table table = named(keeps, "timer");
    for (int64_t i = 1; i <= 8; i++)
        set(keeps, table, number_key(i), integer(i));
    keeps_populate(keeps, keeps);
    keeps_commit(keeps);
    keeps_populate(copy, keeps);
    keeps_read(keeps, copy);
    assert_true(resident() < before + 512 * 1024); /* of some 8 MB */
    keeps_destroy(copy);
    keeps_destroy(keeps);
}

static struct keeps_value get_again(struct keeps *keeps, struct keeps_table table, const char *name,
                                    uint16_t *hint)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_key key = {.is_text = true, .bytes = name, .length = strlen(name)};
    return keeps_get_again(keeps, table, &key, hint, text);
}

static bool set_again(struct keeps *keeps, struct keeps_table table, const char *name,
                      uint16_t *hint, struct keeps_value value)
{
    struct keeps_key key = {.is_text = true, .bytes = name, .length = strlen(name)};
    return keeps_set_again(keeps, table, &key, hint, &value);
}

/* A hint that leads to another field, to one that went, or whose node is another's by now. */
static void test_a_hint_may_be_out_of_date(void **state)
{
    struct keeps *keeps = *state;
    struct error error;
    struct keeps_table table = {0}, other = {0};
    struct keeps_value one = {.type = KEEPS_INTEGER, .integer = 1}, nil = {.type = KEEPS_NIL};
    struct keeps_key a = {.is_text = true, .bytes = "a", .length = 1};
    uint16_t hint = 0;
    assert_true(keeps_find(keeps, "t", true, &table) && keeps_find(keeps, "u", true, &other));
    assert_int_equal(get_again(keeps, table, "a", &hint).type, KEEPS_NIL);
    assert_true(keeps_set(keeps, table, &a, &one, &error));
    assert_int_equal(get_again(keeps, table, "a", &hint).integer, 1);
    assert_int_not_equal(hint, 0);
    assert_int_equal(get_again(keeps, other, "a", &hint).type, KEEPS_NIL);
    assert_int_equal(get_again(keeps, table, "a", &hint).integer, 1);
    assert_int_equal(get_again(keeps, table, "b", &hint).type, KEEPS_NIL);
    assert_int_equal(get_again(keeps, table, "a", &hint).integer, 1);
    assert_true(keeps_set(keeps, table, &a, &nil, &error));
    assert_int_equal(get_again(keeps, table, "a", &hint).type, KEEPS_NIL);
    keeps_commit(keeps);
    assert_false(set_again(keeps, table, "a", &hint, one));
    assert_true(keeps_set(keeps, other, &a, &one, &error));
    assert_int_equal(get_again(keeps, table, "a", &hint).type, KEEPS_NIL);
}

static void test_set_again_keeps_the_kind_and_is_taken_back(void **state)
{
    struct keeps *keeps = *state;
    struct error error;
    struct keeps_table table;
    struct keeps_value one = {.type = KEEPS_INTEGER, .integer = 1};
    struct keeps_value half = {.type = KEEPS_NUMBER, .number = 0.5};
    struct keeps_value yes = {.type = KEEPS_BOOLEAN, .boolean = true};
    struct keeps_value text = {.type = KEEPS_TEXT, .text = {"x", 1}};
    struct keeps_key a = {.is_text = true, .bytes = "a", .length = 1};
    uint16_t hint = 0;
    assert_true(keeps_find(keeps, "t", true, &table));
    assert_true(keeps_set(keeps, table, &a, &one, &error));
    keeps_commit(keeps);
    uint64_t version = keeps_version(keeps);
    assert_true(set_again(keeps, table, "a", &hint, one));
    keeps_commit(keeps);
    assert_int_equal(keeps_version(keeps), version);
    assert_false(set_again(keeps, table, "a", &hint, yes));
    assert_false(set_again(keeps, table, "a", &hint, text));
    assert_true(set_again(keeps, table, "a", &hint, half));
    assert_int_equal(get_again(keeps, table, "a", &hint).type, KEEPS_NUMBER);
    keeps_revert(keeps);
    assert_int_equal(get_again(keeps, table, "a", &hint).integer, 1);
    assert_true(set_again(keeps, table, "a", &hint, half));
    keeps_commit(keeps);
    keeps_revert(keeps);
    assert_true(get_again(keeps, table, "a", &hint).number == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_text_may_come_from_the_field_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_length, setup, teardown),
        cmocka_unit_test_setup_teardown(test_revert_takes_back_and_commit_does_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_changed_back_is_no_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(test_going_along_while_fields_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_dropped_is_given_back_bit_by_bit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_dropped_and_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hint_may_be_out_of_date, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set_again_keeps_the_kind_and_is_taken_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_copy_is_what_was_committed, setup, teardown),
        cmocka_unit_test(test_a_few_fields_take_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
