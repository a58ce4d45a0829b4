/* Proves that samples come back from a block as they went in, whatever their moments and values;
 * that those of a steady pace take few bytes; and that bytes which are no block are no harm. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include "store/block.h"

#define BEGIN INT64_C(1790000000000)

static void assert_same(double a, double b)
{
    assert_memory_equal(&a, &b, sizeof a);
}

static void add(struct block *block, int64_t time, double value)
{
    assert_true(block_add(block, &(struct sample){time, value}));
}

static void samples_come_back(void **state)
{
    static const struct sample samples[] = {
        {BEGIN, 0},          {BEGIN + 100, 20.5},      {BEGIN + 200, 20.5},
        {BEGIN + 201, -0.0}, {BEGIN + 5000, 1e300},    {BEGIN + 5000, -1e-300},
        {BEGIN - 7, NAN},    {BEGIN + 999999999, 0.1}, {INT64_C(0), 9007199254740993.0},
    };
    enum { COUNT = sizeof samples / sizeof *samples };
    struct block block = {.bytes = NULL};
    struct block_reader reader;
    struct sample sample;
    (void)state;
    for (int i = 0; i < COUNT; i++)
        add(&block, samples[i].time, samples[i].value);
    assert_int_equal(block.count, COUNT);
    assert_true(block.begin == BEGIN && block.end == 0);
    assert_same(block_last(&block), samples[COUNT - 1].value);
    block_read(&reader, block.bytes, block.used);
    for (int i = 0; i < COUNT; i++) {
        assert_true(block_next(&reader, &sample));
        assert_true(sample.time == samples[i].time);
        assert_same(sample.value, samples[i].value);
    }
    assert_false(block_next(&reader, &sample));
    block_finish(&block);
}

static void random_samples_come_back(void **state)
{
    enum { COUNT = 2000 };
    static struct sample samples[COUNT];
    struct block block = {.bytes = NULL};
    struct block_reader reader;
    struct sample sample;
    (void)state;
    srand(1);
    for (int i = 0; i < COUNT; i++) {
        uint64_t bits = ((uint64_t)rand() << 33) ^ ((uint64_t)rand() << 11) ^ (uint64_t)rand();
        samples[i].time = BEGIN + (int64_t)i * 100 + rand() % 50;
        memcpy(&samples[i].value, &bits, sizeof bits);
        add(&block, samples[i].time, samples[i].value);
    }
    block_read(&reader, block.bytes, block.used);
    for (int i = 0; i < COUNT; i++) {
        assert_true(block_next(&reader, &sample));
        assert_true(sample.time == samples[i].time);
        assert_same(sample.value, samples[i].value);
    }
    assert_false(block_next(&reader, &sample));
    block_finish(&block);
}

static void bounds_are_of_its_numbers(void **state)
{
    struct block block = {.bytes = NULL};
    (void)state;
    add(&block, BEGIN, NAN);
    assert_true(isnan(block.low) && isnan(block.high));
    add(&block, BEGIN + 1, 3);
    add(&block, BEGIN + 2, -4);
    add(&block, BEGIN + 3, NAN);
    assert_true(block.low == -4 && block.high == 3 && isnan(block_last(&block)));
    block_finish(&block);
    assert_int_equal(block.count, 0);
    add(&block, BEGIN, 1); /* begins anew */
    assert_true(block.low == 1 && block.begin == BEGIN);
    block_finish(&block);
}

/* A register ten times a second, and a float32 that is never the same. */
static void a_steady_pace_takes_few_bytes(void **state)
{
    struct block words = {.bytes = NULL}, floats = {.bytes = NULL};
    (void)state;
    for (int i = 0; i < 500; i++) {
        add(&words, BEGIN + i * 100, 1000 + i % 7);
        add(&floats, BEGIN + i * 100, (double)sinf((float)i));
    }
    assert_true(words.used < 500 * 5);
    assert_true(floats.used < 500 * 8);
    block_finish(&words);
    block_finish(&floats);
}

static void other_bytes_are_no_harm(void **state)
{
    struct block_reader reader;
    struct sample sample;
    uint8_t bytes[64];
    (void)state;
    srand(2);
    for (int round = 0; round < 10000; round++) {
        size_t length = (size_t)rand() % sizeof bytes;
        uint8_t *copy = malloc(length + 1); /* so that a sanitizer sees what lies behind it */
        for (size_t i = 0; i < length; i++)
            copy[i] = bytes[i] = (uint8_t)rand();
        block_read(&reader, copy, length);
        while (block_next(&reader, &sample)) {
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_back),
        cmocka_unit_test(random_samples_come_back),
        cmocka_unit_test(bounds_are_of_its_numbers),
        cmocka_unit_test(a_steady_pace_takes_few_bytes),
        cmocka_unit_test(other_bytes_are_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
