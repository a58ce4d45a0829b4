/* Proves that every ready source is called, that a removed one never is (not even when its event
 * was collected already and its memory is gone), that ticks come at their pace, and that a stop
 * from anywhere ends the loop. A loop that hangs is ended by the time limit of the test runner. */

#include "loop_bed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"

enum { MANY = 200 };

struct probe {
    struct loop_source source; /* the first member */
    struct loop *loop;
    int *calls; /* shared by the probes of one test */
    int stop_at;
    uint32_t seen;
    struct probe *victim; /* removed and freed at the first call */
};

/* An eventfd that is ready already, and stays so unless it is read. */
static struct probe *new_probe(struct loop *loop, void (*ready)(struct loop_source *, uint32_t),
                               int *calls)
{
    struct probe *probe = calloc(1, sizeof *probe);
    struct error error = {""};
    probe->source.fd = eventfd(1, EFD_NONBLOCK);
    probe->source.ready = ready;
    probe->loop = loop;
    probe->calls = calls;
    assert_true(loop_add(loop, &probe->source, EPOLLIN, &error));
    return probe;
}

static void free_probe(struct probe *probe)
{
    loop_remove(probe->loop, &probe->source);
    close(probe->source.fd);
    memset(probe, 0xEE, sizeof *probe);
    free(probe);
}

static void count_once(struct loop_source *source, uint32_t events)
{
    struct probe *probe = (struct probe *)source;
    uint64_t value;
    assert_int_equal(events, EPOLLIN);
    assert_int_equal(read(source->fd, &value, sizeof value), sizeof value);
    if (++*probe->calls == probe->stop_at)
        loop_stop(probe->loop);
}

static void test_more_than_a_batch(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct probe *probes[MANY];
    int calls = 0;
    for (int i = 0; i < MANY; i++) {
        probes[i] = new_probe(loop, count_once, &calls);
        probes[i]->stop_at = MANY;
    }
    loop_run(loop);
    assert_int_equal(calls, MANY);
    for (int i = 0; i < MANY; i++)
        free_probe(probes[i]);
    loop_destroy(loop);
    loop_destroy(NULL);
}

static void remove_other(struct loop_source *source, uint32_t events)
{
    (void)events;
    struct probe *probe = (struct probe *)source;
    ++*probe->calls;
    free_probe(probe->victim);
    loop_remove(probe->loop, source);
    loop_stop(probe->loop);
}

/* Both are ready before the loop runs, hence collected together; whichever comes first removes
 * the other. */
static void test_remove_collected(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    struct probe *a = new_probe(loop, remove_other, &calls);
    struct probe *b = new_probe(loop, remove_other, &calls);
    a->victim = b;
    b->victim = a;
    struct probe copy_a = *a;
    loop_run(loop);
    assert_int_equal(calls, 1);
    /* The one that was called is still there; its descriptor tells which it was. */
    char byte[8];
    bool a_lives = read(copy_a.source.fd, byte, sizeof byte) == sizeof byte;
    struct probe *left = a_lives ? a : b;
    close(left->source.fd);
    free(left);
    loop_destroy(loop);
}

static void replace_self(struct loop_source *source, uint32_t events)
{
    (void)events;
    struct probe *probe = (struct probe *)source;
    struct error error = {""};
    loop_remove(probe->loop, source);
    if (++*probe->calls == probe->stop_at)
        loop_stop(probe->loop);
    else
        assert_true(loop_add(probe->loop, source, EPOLLIN, &error));
}

static void test_add_again(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    struct probe *probe = new_probe(loop, replace_self, &calls);
    probe->stop_at = 5;
    loop_run(loop);
    assert_int_equal(calls, 5);
    free_probe(probe);
    loop_destroy(loop);
}

static void note_events(struct loop_source *source, uint32_t events)
{
    struct probe *probe = (struct probe *)source;
    probe->seen |= events;
    if (events & EPOLLOUT)
        loop_change(probe->loop, source, EPOLLIN); /* writable for ever: now for the rest */
    else
        loop_stop(probe->loop);
}

static void test_change_and_hang_up(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct probe probe = {.source = {ends[0], note_events}, .loop = loop};
    struct error error = {""};
    assert_true(loop_add(loop, &probe.source, EPOLLOUT, &error));
    assert_int_equal(write(ends[1], "x", 1), 1);
    loop_run(loop);
    assert_int_equal(probe.seen, EPOLLOUT | EPOLLIN);
    close(ends[1]);
    loop_run(loop);
    assert_true(probe.seen & EPOLLHUP);
    close(ends[0]);
    loop_destroy(loop);
}

static void test_add_fails(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct loop_source source = {.fd = -1, .ready = count_once};
    struct error error = {""};
    assert_false(loop_add(loop, &source, EPOLLIN, &error));
    assert_non_null(strstr(error.text, "-1"));
    loop_remove(loop, &source);
    loop_destroy(loop);
}

struct ticker {
    struct loop *loop;
    int count, stop_at;
    int64_t previous;
};

static void on_tick(void *context)
{
    struct ticker *ticker = context;
    assert_true(loop_now(ticker->loop) > ticker->previous);
    ticker->previous = loop_now(ticker->loop);
    if (++ticker->count == ticker->stop_at)
        loop_stop(ticker->loop);
}

/* A late tick is allowed, an early one is not: ticks may be skipped but never made up for. */
static void test_tick(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct ticker ticker = {.loop = loop, .stop_at = 5};
    int64_t start = clock_monotonic();
    loop_tick(loop, 10, on_tick, &ticker);
    loop_run(loop);
    assert_true(clock_monotonic() - start >= 50 * (int64_t)NS_PER_MS);
    assert_int_equal(ticker.count, 5);
    loop_destroy(loop);
}

static void end_tick(void *context)
{
    struct ticker *ticker = context;
    ticker->count++;
    loop_tick(ticker->loop, 0, NULL, NULL);
    loop_stop(ticker->loop);
}

static void stop_at_last(void *context)
{
    struct ticker *ticker = context;
    if (++ticker->count == ticker->stop_at)
        loop_stop(ticker->loop);
}

/* A tick must come through although a source is ready at every turn. */
static void stay_ready(struct loop_source *source, uint32_t events)
{
    (void)events;
    ++*((struct probe *)source)->calls;
}

static void test_tick_under_load(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int calls = 0;
    struct probe *probe = new_probe(loop, stay_ready, &calls);
    struct ticker ticker = {.loop = loop, .stop_at = 3};
    loop_tick(loop, 5, stop_at_last, &ticker);
    loop_run(loop);
    assert_int_equal(ticker.count, 3);
    assert_true(calls > 0);
    free_probe(probe);
    loop_destroy(loop);
}

static void test_tick_ends(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct ticker ticker = {.loop = loop};
    loop_tick(loop, 1, end_tick, &ticker);
    loop_run(loop);
    assert_int_equal(ticker.count, 1);
    loop_stop(loop);
    loop_run(loop); /* with a tick left over, the count below would be 2 */
    assert_int_equal(ticker.count, 1);
    loop_destroy(loop);
}

/* loop_now stands still between two waits, however long the work in between takes. */
static void watch_now(struct loop_source *source, uint32_t events)
{
    (void)events;
    struct probe *probe = (struct probe *)source;
    int64_t before = loop_now(probe->loop), start = clock_monotonic();
    assert_true(before <= start);
    while (clock_monotonic() - start < NS_PER_MS)
        continue;
    assert_int_equal(loop_now(probe->loop), before);
    loop_stop(probe->loop);
}

static void test_now(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int64_t start = clock_monotonic();
    int calls = 0;
    struct probe *probe = new_probe(loop, watch_now, &calls);
    loop_run(loop);
    assert_true(loop_now(loop) >= start);
    free_probe(probe);
    loop_destroy(loop);
}

static void *stop_from_outside(void *loop)
{
    loop_stop(loop);
    return NULL;
}

static void test_stop_from_a_thread(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_from_outside, loop), 0);
        loop_run(loop);
        pthread_join(thread, NULL);
    }
    loop_destroy(loop);
}

static void test_stop_before_run(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    loop_stop(loop);
    loop_stop(loop);
    loop_run(loop);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_than_a_batch),
        cmocka_unit_test(test_remove_collected),
        cmocka_unit_test(test_add_again),
        cmocka_unit_test(test_change_and_hang_up),
        cmocka_unit_test(test_add_fails),
        cmocka_unit_test(test_tick),
        cmocka_unit_test(test_tick_under_load),
        cmocka_unit_test(test_tick_ends),
        cmocka_unit_test(test_now),
        cmocka_unit_test(test_stop_from_a_thread),
        cmocka_unit_test(test_stop_before_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
