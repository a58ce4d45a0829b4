/* Proves that timers fire once, in the order of their moments and never before them, that they can
 * be set, moved and unset from anywhere (their own function and another timer's included), that one
 * which is always late keeps nobody out, and that the heap agrees with a plain list over 10,000
 * timers at random. */

#include "loop_bed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/loop_timers.h"

enum { MANY = 10000, STEPS = 60000 };

struct probe {
    struct loop_timer timer; /* the first member */
    struct loop *loop;
    struct probe *other;
    int *calls;
    int stop_at, fired;
    int64_t asked;
};

static void count(struct loop_timer *timer)
{
    struct probe *probe = (struct probe *)timer;
    assert_int_equal(timer->place, 0);
    assert_true(loop_now(probe->loop) >= probe->asked);
    probe->fired = ++*probe->calls;
    if (*probe->calls == probe->stop_at)
        loop_stop(probe->loop);
}

static void set(struct probe *probe, int64_t when)
{
    probe->asked = when;
    loop_set_timer(probe->loop, &probe->timer, when);
}

static void test_order(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct probe probes[100];
    int calls = 0;
    int64_t start = clock_monotonic();
    for (int i = 0; i < 100; i++) {
        probes[i] =
            (struct probe){.timer.fire = count, .loop = loop, .calls = &calls, .stop_at = 100};
        set(&probes[i], start + (1 + i * 37 % 100) * 200 * (int64_t)NS_PER_US);
    }
    loop_run(loop);
    assert_int_equal(calls, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(probes[i].fired, 1 + i * 37 % 100);
    loop_destroy(loop);
}

/* The last one set is sooner than what the timerfd was armed for, the first one is later. */
static void set_sooner(struct loop_timer *timer)
{
    struct probe *probe = (struct probe *)timer;
    count(timer);
    set(probe->other, loop_now(probe->loop) + NS_PER_MS);
}

static void test_sooner_while_waiting(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    int64_t now = clock_monotonic();
    struct probe late = {.timer.fire = count, .loop = loop, .calls = &calls, .stop_at = 2};
    struct probe first = {.timer.fire = set_sooner, .loop = loop, .calls = &calls, .other = &late};
    set(&late, now + 3600 * (int64_t)NS_PER_S);
    set(&first, now + NS_PER_MS);
    loop_run(loop);
    assert_int_equal(late.fired, 2);
    loop_destroy(loop);
}

static void test_moved_later(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    int64_t now = clock_monotonic();
    struct probe a = {.timer.fire = count, .loop = loop, .calls = &calls, .stop_at = 2};
    struct probe b = {.timer.fire = count, .loop = loop, .calls = &calls, .stop_at = 2};
    set(&a, now + NS_PER_MS);
    set(&b, now + 2 * NS_PER_MS);
    set(&a, now + 20 * NS_PER_MS);
    loop_run(loop);
    assert_int_equal(b.fired, 1);
    assert_int_equal(a.fired, 2);
    loop_destroy(loop);
}

static void unset_other(struct loop_timer *timer)
{
    struct probe *probe = (struct probe *)timer;
    count(timer);
    loop_unset_timer(probe->loop, timer); /* not set any more: nothing happens */
    loop_unset_timer(probe->loop, &probe->other->timer);
    memset(probe->other, 0xEE, sizeof *probe->other);
    free(probe->other);
}

/* Both are due in the same turn. */
static void test_unset_inside_fire(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    struct probe *gone = calloc(1, sizeof *gone);
    *gone = (struct probe){.timer.fire = count, .loop = loop, .calls = &calls};
    struct probe first = {.timer.fire = unset_other, .loop = loop, .calls = &calls, .other = gone};
    struct probe last = {.timer.fire = count, .loop = loop, .calls = &calls, .stop_at = 2};
    set(&first, 1);
    set(gone, 2);
    set(&last, 3);
    loop_run(loop);
    assert_int_equal(first.fired, 1);
    assert_int_equal(last.fired, 2);
    loop_destroy(loop);
}

static void set_again_in_the_past(struct loop_timer *timer)
{
    struct probe *probe = (struct probe *)timer;
    probe->fired++;
    loop_set_timer(probe->loop, timer, INT64_MIN);
}

static void test_always_late(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    struct probe pest = {.timer.fire = set_again_in_the_past, .loop = loop};
    struct probe last = {.timer.fire = count, .loop = loop, .calls = &calls, .stop_at = 1};
    set(&pest, 0);
    set(&last, clock_monotonic() + 5 * NS_PER_MS);
    loop_run(loop);
    assert_int_equal(last.fired, 1);
    assert_true(pest.fired > 1);
    loop_destroy(loop); /* with a timer left over */
    assert_int_equal(pest.timer.place, 0);
}

/* A loop that has nothing left to fire sleeps: a timerfd left readable would turn it for ever, and
 * the thread's own time would go with it. */
static void end(void *context)
{
    loop_stop(context);
}

static void test_quiet_afterwards(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    struct probe once = {.timer.fire = count, .loop = loop, .calls = &calls};
    struct timespec before, after;
    set(&once, 1);
    loop_tick(loop, 100, end, loop);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    loop_run(loop);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    assert_int_equal(calls, 1);
    int64_t used = (after.tv_sec - before.tv_sec) * (int64_t)NS_PER_S + after.tv_nsec;
    assert_true(used - before.tv_nsec < 50 * NS_PER_MS);
    loop_destroy(loop);
}

static uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void check_heap(const struct loop_timers *timers)
{
    for (size_t place = 1; place <= timers->count; place++) {
        assert_int_equal(timers->rows[place - 1]->place, place);
        assert_true(timers->rows[place / 2 ? place / 2 - 1 : 0]->when <=
                    timers->rows[place - 1]->when);
    }
}

static void test_random(void **state)
{
    (void)state;
    static struct loop_timer rows[MANY];
    struct loop_timers timers = {0};
    uint32_t seed = 4711;
    memset(rows, 0, sizeof rows);
    size_t set_now = 0;
    for (int i = 0; i < STEPS; i++) {
        struct loop_timer *timer = &rows[random_next(&seed) % MANY];
        bool was = timer->place != 0;
        if (random_next(&seed) % 4 == 0) {
            loop_timers_unset(&timers, timer);
            set_now -= was;
        } else {
            loop_timers_set(&timers, timer, (int64_t)(random_next(&seed) % 5000) - 100);
            set_now += !was;
        }
        assert_int_equal(timers.count, set_now);
        if (i % 1000 == 0)
            check_heap(&timers);
    }
    int64_t before = INT64_MIN;
    for (struct loop_timer *first; (first = loop_timers_first(&timers)); set_now--) {
        assert_true(first->when >= before);
        before = first->when;
        loop_timers_unset(&timers, first);
    }
    assert_int_equal(set_now, 0);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(rows[i].place, 0);
    loop_timers_finish(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),       cmocka_unit_test(test_sooner_while_waiting),
        cmocka_unit_test(test_moved_later), cmocka_unit_test(test_unset_inside_fire),
        cmocka_unit_test(test_always_late), cmocka_unit_test(test_quiet_afterwards),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
