/* Proves on real sockets what a full server does with newcomers: whoever was idle for longest makes
 * room, nobody does within a second, and without descriptors they are sent away at once. Waits for
 * the real times behind that: seconds. */

#include "tcp_bed.h"
#include <sys/resource.h>
#include <sys/wait.h>

static void nobody_makes_room_within_a_second(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections = 1;
    start(desk);
    int first = client(desk), newcomer = -1;
    int64_t begun = clock_monotonic();
    assert_true(served(first));
    while (newcomer < 0 && clock_monotonic() < begun + PATIENCE_S * (int64_t)NS_PER_S) {
        newcomer = client(desk);
        if (served(newcomer))
            break;
        close(newcomer);
        newcomer = -1;
        pause_ms(20);
    }
    assert_true(newcomer >= 0);
    assert_true(clock_monotonic() - begun >= NS_PER_S);
    assert_true(closed(first));
    assert_int_equal(tcp_connections(desk->tcp), 1);
    close(first);
    close(newcomer);
}

static void the_longest_idle_makes_room(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections = 4;
    tcp_set_timeouts(desk->tcp, 60000, 60000);
    start(desk);
    int longest = client(desk), longer = client(desk), half = client(desk), busy = client(desk);
    give(half, READ, 5); /* silent for the longest time, but something is under way */
    assert_true(served(longest));
    assert_true(served(longer));
    int64_t begun = clock_monotonic();
    while (clock_monotonic() - begun < 1200 * (int64_t)NS_PER_MS) {
        assert_true(served(busy));
        pause_ms(10);
    }
    int newcomer = client(desk);
    assert_true(served(newcomer));
    assert_true(closed(longest));
    assert_true(served(longer));
    assert_true(served(busy));
    give(half, READ + 5, 7);
    uint8_t answer[READ_ANSWER];
    assert_true(take(half, answer, sizeof answer));
    int fds[] = {longest, longer, half, busy, newcomer};
    for (size_t i = 0; i < 5; i++)
        close(fds[i]);
}

/* A master that leaks its connections closes them itself, the oldest first; nobody else's. */
static void an_address_makes_room_for_itself(void **state)
{
    struct desk *desk = *state;
    desk->bed.spec.max_connections_per_address = 2;
    tcp_set_timeouts(desk->tcp, 60000, 60000);
    start(desk);
    int other = client_from("127.0.0.9", tcp_port(desk->tcp, 0));
    assert_true(served(other)); /* idle for longer than those that follow */
    int first = client(desk), second = client(desk);
    assert_true(served(first));
    assert_true(served(second));
    pause_ms(1200);
    int third = client(desk);
    assert_true(served(third));
    assert_true(closed(first));
    assert_true(served(second));
    assert_true(served(other));
    int fds[] = {other, first, second, third};
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
}

enum { DESCRIPTORS_LEFT = 6 };

/* A server that may have only a few descriptors more than it has. Ends when `until` does, and
 * says by its exit code whether it has waited rather than spun meanwhile. */
static void serve_with_few_descriptors(struct desk *desk, int say, int until)
{
    start(desk);
    int next = dup(until);
    close(next);
    struct rlimit few = {(rlim_t)next + DESCRIPTORS_LEFT, (rlim_t)next + DESCRIPTORS_LEFT};
    setrlimit(RLIMIT_NOFILE, &few);
    uint16_t port = tcp_port(desk->tcp, 0);
    char end;
    bool said = write(say, &port, sizeof port) == sizeof port && read(until, &end, 1) == 0;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    _exit(said && usage.ru_utime.tv_sec + usage.ru_stime.tv_sec < 2 ? 0 : 1);
}

static void without_descriptors_newcomers_are_sent_away(void **state)
{
    struct desk *desk = *state;
    int up[2], down[2];
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(down[1]);
        serve_with_few_descriptors(desk, up[1], down[0]);
    }
    close(down[0]);
    uint16_t port;
    assert_int_equal(read(up[0], &port, sizeof port), sizeof port);
    int fds[3 * DESCRIPTORS_LEFT];
    size_t in = 0;
    for (size_t i = 0; i < 3 * DESCRIPTORS_LEFT; i++) {
        fds[i] = client_from("127.0.0.1", port);
        in += served(fds[i]); /* false at once, not after PATIENCE_S: it was accepted and closed */
    }
    assert_in_range(in, 1, DESCRIPTORS_LEFT);
    for (size_t i = 0; i < in; i++)
        assert_true(served(fds[i]));
    for (size_t i = 0; i < 3 * DESCRIPTORS_LEFT; i++)
        close(fds[i]);
    bool again = false;
    for (int i = 0; i < 1000 && !again; i++) {
        int fd = client_from("127.0.0.1", port);
        again = served(fd);
        close(fd);
    }
    assert_true(again);
    close(down[1]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(up[0]);
    close(up[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_makes_room_within_a_second),
        TEST(the_longest_idle_makes_room),
        TEST(an_address_makes_room_for_itself),
        TEST(without_descriptors_newcomers_are_sent_away),
    };
    return cmocka_run_group_tests_name("tcp_full", tests, NULL, NULL);
}
