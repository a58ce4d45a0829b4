/* Proves that pieces come out whole and in order, also over the end of the ring and between two
 * threads, and that one which finds no room is not taken at all. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "record/ring.h"

enum { SIZE = 64, PIECES = 200000 };

static uint32_t fill(uint8_t *piece, uint32_t number)
{
    uint32_t length = 1 + number % 23;
    memset(piece, (int)(number & 0xFF), length);
    return length;
}

static struct ring *make(void)
{
    struct error error;
    struct ring *ring = ring_create(SIZE, &error);
    assert_non_null(ring);
    return ring;
}

static void in_order_over_the_end(void **state)
{
    struct ring *ring = make();
    uint8_t in[32], out[32];
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t length = fill(in, i);
        assert_true(ring_put(ring, in, length));
        assert_int_equal(ring_take(ring, out), length);
        assert_memory_equal(in, out, length);
        assert_int_equal(ring_take(ring, out), 0);
    }
    ring_destroy(ring);
}

static void no_room(void **state)
{
    struct ring *ring = make();
    uint8_t piece[SIZE] = {7};
    (void)state;
    assert_false(ring_put(ring, piece, SIZE)); /* its length takes room, too */
    assert_true(ring_put(ring, piece, 40));
    assert_false(ring_put(ring, piece, 20));
    assert_true(ring_put(ring, piece, 16));
    assert_int_equal(ring_take(ring, piece), 40);
    assert_int_equal(ring_take(ring, piece), 16);
    assert_int_equal(ring_take(ring, piece), 0);
    ring_destroy(ring);
}

static void *put_all(void *context)
{
    uint8_t piece[32];
    for (uint32_t i = 0; i < PIECES; i++) {
        uint32_t length = fill(piece, i);
        while (!ring_put(context, piece, length))
            sched_yield();
    }
    return NULL;
}

static void between_threads(void **state)
{
    struct ring *ring = make();
    pthread_t thread;
    uint8_t expected[32], piece[32];
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, put_all, ring), 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        uint32_t length;
        while (!(length = ring_take(ring, piece)))
            sched_yield();
        assert_int_equal(length, fill(expected, i));
        assert_memory_equal(piece, expected, length);
    }
    pthread_join(thread, NULL);
    ring_destroy(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_over_the_end),
        cmocka_unit_test(no_room),
        cmocka_unit_test(between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
