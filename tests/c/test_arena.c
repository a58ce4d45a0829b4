/* Proves that pieces are zeroed, aligned and apart from each other, small and large mixed; under
 * the address sanitizer also that all of them are freed at once. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "base/arena.h"

static void test_pieces(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static unsigned char *pieces[COUNT];
    static size_t sizes[COUNT];
    struct arena *arena = arena_create();
    for (int i = 0; i < COUNT; i++) {
        sizes[i] = i % 100 == 99 ? 4000 + (size_t)i * 10 : (size_t)(i % 97);
        pieces[i] = arena_alloc(arena, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], i % 255 + 1, sizes[i]);
    }
    for (int i = 0; i < COUNT; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i % 255 + 1);
    arena_destroy(arena);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char text[] = "LEVEL";
    char *copy = arena_string(arena, text);
    text[0] = 'X';
    assert_string_equal(copy, "LEVEL");
    assert_null(arena_string(arena, NULL));
    char *bytes = arena_copy(arena, "a\0b", 3);
    assert_memory_equal(bytes, "a\0b\0", 4);
    assert_string_equal(arena_copy(arena, NULL, 0), "");
    assert_ptr_not_equal(arena_alloc(arena, 0), arena_alloc(arena, 0));
    arena_destroy(arena);
    arena_destroy(NULL);
}

static void test_counts_what_it_takes(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    size_t before = arena_used(arena);
    arena_alloc(arena, 10);
    assert_int_equal(arena_used(arena), before); /* of the first block */
    arena_alloc(arena, 1000000);
    assert_in_range(arena_used(arena), before + 1000000, before + 1001000);
    for (int i = 0; i < 10000; i++)
        arena_alloc(arena, 100);
    assert_in_range(arena_used(arena), before + 2000000, before + 2300000);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_counts_what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
