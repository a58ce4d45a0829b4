/* Proves that the newest texts can be read whole and in order, that a reader who was overtaken
 * learns exactly how many he has missed, and that several threads may write at once. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log_tail.h"

static char bytes[LOG_TAIL_TEXT];

static void expect(struct log_cursor *cursor, const char *wanted)
{
    struct log_tail_text text;
    assert_true(log_tail_next(cursor, &text, bytes));
    assert_int_equal(text.length, strlen(wanted));
    assert_memory_equal(bytes, wanted, text.length);
    assert_int_equal(text.lost, 0);
    assert_true(text.time > 0);
}

static void newest_first_asked(void **state)
{
    (void)state;
    struct log_tail_text text;
    log_tail_put("one", 3);
    log_tail_put("", 0);
    log_tail_put("two\nlines", 9);
    struct log_cursor cursor = log_tail_newest(3);
    expect(&cursor, "one");
    expect(&cursor, "");
    expect(&cursor, "two\nlines");
    assert_false(log_tail_next(&cursor, &text, bytes));
    log_tail_put("four", 4);
    expect(&cursor, "four");
    cursor = log_tail_newest(0);
    assert_false(log_tail_next(&cursor, &text, bytes));
    cursor = log_tail_newest(1);
    expect(&cursor, "four");
    cursor = log_tail_newest(1000000);
    expect(&cursor, "one");
}

/* Texts of every length, so that each kind of edge is met. */
static void overtaken(void **state)
{
    (void)state;
    struct log_cursor cursor = log_tail_newest(0);
    struct log_tail_text text;
    char line[2000];
    uint64_t heard = 0, lost = 0;
    for (int i = 0; i < 3000; i++) {
        size_t length = (size_t)(i * 7 % 1900) + 8;
        memset(line, 'a' + i % 26, length);
        snprintf(line, sizeof line, "%07d", i);
        line[7] = 'x';
        log_tail_put(line, length);
    }
    for (; log_tail_next(&cursor, &text, bytes); heard++) {
        uint64_t number = strtoull(bytes, NULL, 10);
        lost += text.lost;
        assert_int_equal(number, heard + lost);
        assert_int_equal(text.length, number * 7 % 1900 + 8);
        assert_int_equal(bytes[text.length - 1], text.length == 8 ? 'x' : 'a' + (int)(number % 26));
    }
    assert_int_equal(heard + lost, 3000);
    assert_true(heard > 100);
}

static void too_long_is_cut(void **state)
{
    (void)state;
    size_t length = LOG_TAIL_TEXT + 100;
    char *line = calloc(1, length);
    struct log_tail_text text;
    for (int i = 0; i < 9; i++)
        log_tail_put(line, length);
    struct log_cursor cursor = log_tail_newest(1);
    assert_true(log_tail_next(&cursor, &text, bytes));
    assert_int_equal(text.length, LOG_TAIL_TEXT);
    free(line);
}

static void count_one(void *context)
{
    (*(unsigned *)context)++;
}

static void *write_many(void *context)
{
    (void)context;
    for (int i = 0; i < 5000; i++)
        log_tail_put("from a thread", 13);
    return NULL;
}

static void from_threads(void **state)
{
    (void)state;
    unsigned calls = 0;
    struct log_listener listener = {.wake = count_one, .context = &calls};
    struct log_cursor cursor = log_tail_newest(0);
    struct log_tail_text text;
    pthread_t threads[2];
    uint64_t seen = 0;
    log_tail_listen(&listener);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, NULL), 0);
    while (seen < 10000) {
        if (log_tail_next(&cursor, &text, bytes))
            seen += 1 + text.lost;
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    log_tail_leave(&listener);
    log_tail_put("to nobody", 9);
    assert_int_equal(seen, 10000);
    assert_int_equal(calls, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_first_asked),
        cmocka_unit_test(overtaken),
        cmocka_unit_test(too_long_is_cut),
        cmocka_unit_test(from_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
