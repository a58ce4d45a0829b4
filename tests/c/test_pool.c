/* Proves that blocks keep their bytes through growing and shrinking across all sizes, never overlap
 * and are aligned; that what is used is counted to the byte and the cap holds exactly, with one
 * call of `refused` each time; and, under the address sanitizer, that nothing is lost. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "program/pool.h"

enum { MIB = 1024 * 1024, BLOCKS = 400, LARGEST_SIZE = 3000 };

static int refusals;

static void refused(void *context)
{
    assert_ptr_equal(context, &refusals);
    refusals++;
}

static struct pool *create(size_t cap)
{
    refusals = 0;
    struct pool *pool = pool_create(cap, refused, &refusals);
    assert_non_null(pool);
    return pool;
}

/* As Lua does: for a new block the old size is the kind of object. */
static void *take(struct pool *pool, size_t size)
{
    return pool_realloc(pool, NULL, 8, size);
}

static void give_back(struct pool *pool, void *block, size_t size)
{
    assert_null(pool_realloc(pool, block, size, 0));
}

static void test_counts_to_the_byte(void **state)
{
    (void)state;
    struct pool *pool = create(MIB);
    assert_int_equal(pool_used(pool), 0);
    assert_int_equal(pool_cap(pool), MIB);
    void *small = take(pool, 17), *large = take(pool, 5000);
    assert_int_equal(pool_used(pool), 5017);
    small = pool_realloc(pool, small, 17, 600);
    large = pool_realloc(pool, large, 5000, 10);
    assert_int_equal(pool_used(pool), 610);
    assert_null(pool_realloc(pool, NULL, 0, 0));
    give_back(pool, small, 600);
    give_back(pool, large, 10);
    assert_int_equal(pool_used(pool), 0);
    assert_int_equal(refusals, 0);
    pool_destroy(pool);
    pool_destroy(NULL);
}

static void test_cap(void **state)
{
    (void)state;
    struct pool *pool = create(1000);
    unsigned char *block = take(pool, 1000);
    assert_non_null(block);
    memset(block, 7, 1000);
    assert_null(take(pool, 1));
    assert_int_equal(refusals, 1);
    assert_null(pool_realloc(pool, block, 1000, 1001));
    assert_int_equal(refusals, 2);
    assert_int_equal(block[999], 7); /* what could not grow is still there */
    assert_int_equal(pool_used(pool), 1000);
    pool_set_cap(pool, 100);
    block = pool_realloc(pool, block, 1000, 900); /* shrinking never fails */
    assert_non_null(block);
    assert_null(take(pool, 1));
    pool_set_cap(pool, 901);
    void *last = take(pool, 1);
    assert_non_null(last);
    give_back(pool, last, 1);
    give_back(pool, block, 900);
    assert_null(take(pool, SIZE_MAX / 2));
    assert_int_equal(refusals, 4);
    pool_destroy(pool);
}

static void test_freed_blocks_are_used_again(void **state)
{
    (void)state;
    struct pool *pool = create(MIB);
    void *first = take(pool, 40);
    give_back(pool, first, 40);
    assert_ptr_equal(take(pool, 33), first); /* of the same class: 33..48 */
    assert_ptr_not_equal(take(pool, 33), first);
    pool_destroy(pool);
}

struct piece {
    unsigned char *bytes;
    size_t size;
    unsigned char mark;
};

static void check(const struct piece *piece)
{
    assert_int_equal((uintptr_t)piece->bytes % 16, 0);
    for (size_t i = 0; i < piece->size; i++)
        assert_int_equal(piece->bytes[i], piece->mark);
}

static void resize(struct pool *pool, struct piece *piece, size_t size)
{
    size_t kept = size < piece->size ? size : piece->size;
    unsigned char *bytes =
        piece->bytes ? pool_realloc(pool, piece->bytes, piece->size, size) : take(pool, size);
    if (size)
        assert_non_null(bytes);
    for (size_t i = 0; i < kept; i++)
        assert_int_equal(bytes[i], piece->mark);
    if (size)
        memset(bytes, piece->mark, size);
    *piece = (struct piece){size ? bytes : NULL, size, piece->mark};
}

/* Any order of taking, growing, shrinking and giving back, small and large mixed. */
static void test_any_order(void **state)
{
    (void)state;
    static struct piece pieces[BLOCKS];
    struct pool *pool = create(BLOCKS * LARGEST_SIZE);
    size_t expected = 0;
    srand(1);
    for (int i = 0; i < BLOCKS; i++)
        pieces[i] = (struct piece){.mark = (unsigned char)(i % 255 + 1)};
    for (int step = 0; step < 20000; step++) {
        struct piece *piece = &pieces[rand() % BLOCKS];
        size_t size = (size_t)(rand() % 4 ? rand() % 600 : rand() % LARGEST_SIZE);
        check(piece);
        expected = expected - piece->size + (piece->bytes || size ? size : 0);
        if (piece->bytes || size)
            resize(pool, piece, size);
        assert_int_equal(pool_used(pool), expected);
    }
    for (int i = 0; i < BLOCKS; i++) {
        check(&pieces[i]);
        if (pieces[i].bytes)
            resize(pool, &pieces[i], 0);
    }
    assert_int_equal(pool_used(pool), 0);
    assert_int_equal(refusals, 0);
    pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_to_the_byte),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_freed_blocks_are_used_again),
        cmocka_unit_test(test_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
