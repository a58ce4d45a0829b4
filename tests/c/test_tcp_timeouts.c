/* Proves on real sockets that who stalls (never reads, leaves a frame half sent, says nothing) is
 * closed when his time is over, not before, and delays nobody meanwhile, and that who is merely
 * late gets every answer. Waits for the real timeouts: seconds. */

#include "tcp_bed.h"

/* Requests without reading an answer, until nothing more goes in for a while: then the server is
 * held up, its socket full. Returns how many whole requests were given. */
static size_t flood(int fd)
{
    uint8_t block[100 * 12];
    for (size_t i = 0; i < sizeof block; i += 12)
        memcpy(block + i, READ_MUCH, 12);
    size_t bytes = 0;
    struct pollfd wait = {fd, POLLOUT, 0};
    while (poll(&wait, 1, 500) > 0) {
        size_t at = bytes % sizeof block;
        ssize_t sent = send(fd, block + at, sizeof block - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            break;
        bytes += sent > 0 ? (size_t)sent : 0;
    }
    return bytes / 12;
}

static void a_late_reader_gets_every_answer(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = client(desk);
    size_t requests = flood(fd);
    assert_true(requests > 0);
    shutdown(fd, SHUT_WR);
    for (size_t i = 0; i < requests; i++) {
        uint8_t answer[READ_MUCH_ANSWER];
        assert_true(take(fd, answer, sizeof answer));
        assert_int_equal(answer[8], 250);
    }
    uint8_t end;
    assert_int_equal(recv(fd, &end, 1, 0), 0);
    close(fd);
}

static void who_never_reads_is_closed_and_delays_nobody(void **state)
{
    struct desk *desk = *state;
    tcp_set_timeouts(desk->tcp, 60000, 1000);
    start(desk);
    int good = client(desk), bad = client(desk);
    assert_true(served(good));
    flood(bad);
    int64_t held_up = clock_monotonic();
    while (tcp_connections(desk->tcp) == 2)
        assert_true(served(good));
    assert_true(clock_monotonic() - held_up < 15 * (int64_t)NS_PER_S); /* the kernel takes 20 */
    assert_true(closed(bad));
    assert_true(served(good));
    close(good);
    close(bad);
}

static void half_a_frame_is_closed_and_delays_nobody(void **state)
{
    struct desk *desk = *state;
    tcp_set_timeouts(desk->tcp, 300, 60000);
    start(desk);
    int good = client(desk), bad = client(desk);
    assert_true(served(bad));
    int64_t begun = clock_monotonic();
    static const uint8_t begin[] = {0, 1, 0, 0, 0, 254, 1, 8, 0, 0};
    give(bad, begin, sizeof begin);
    assert_true(served(good));
    int dripped = 0; /* which does not buy time */
    while (dripped < 200 && tcp_connections(desk->tcp) == 2) {
        dripped += send(bad, begin, 1, MSG_NOSIGNAL) == 1;
        assert_true(served(good));
        pause_ms(50);
    }
    assert_true(dripped < 200);
    assert_true(closed(bad));
    assert_true(clock_monotonic() - begun >= 300 * (int64_t)NS_PER_MS);
    assert_true(served(good)); /* whole frames have no timeout */
    close(good);
    close(bad);
}

/* Frames that end and begin in the same segment keep the connection alive. */
static void overlapping_frames_are_no_half_frame(void **state)
{
    struct desk *desk = *state;
    tcp_set_timeouts(desk->tcp, 1500, 60000);
    start(desk);
    int fd = client(desk);
    int64_t end = clock_monotonic() + 3500 * (int64_t)NS_PER_MS;
    give(fd, READ, 6);
    while (clock_monotonic() < end) {
        uint8_t bytes[12], answer[READ_ANSWER];
        memcpy(bytes, READ + 6, 6);
        memcpy(bytes + 6, READ, 6);
        give(fd, bytes, sizeof bytes);
        assert_true(take(fd, answer, sizeof answer));
        pause_ms(20);
    }
    assert_true(closed(fd)); /* but the last one never ends */
    close(fd);
}

static void idle_connections_time_out(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.idle_timeout = 1500 * (int64_t)NS_PER_MS;
    start(desk);
    int busy = client(desk), idle = client(desk);
    assert_true(served(idle));
    while (tcp_connections(desk->tcp) < 2)
        assert_true(served(busy));
    while (tcp_connections(desk->tcp) == 2) {
        assert_true(served(busy));
        pause_ms(20);
    }
    assert_true(closed(idle));
    assert_true(served(busy));
    close(idle);
    close(busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_late_reader_gets_every_answer),
        TEST(who_never_reads_is_closed_and_delays_nobody),
        TEST(half_a_frame_is_closed_and_delays_nobody),
        TEST(overlapping_frames_are_no_half_frame),
        TEST(idle_connections_time_out),
    };
    return cmocka_run_group_tests_name("tcp_timeouts", tests, NULL, NULL);
}
