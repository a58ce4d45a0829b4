/* Proves on real sockets that another program takes over what listens: masters stay connected and
 * lose no answer, as often as it happens; what the new program's `allow` and limits exclude is
 * closed; a port that cannot be had refuses the change before anything is touched, but not one of
 * our own that goes; what nobody serves any more rests and is found again, until it is settled. And
 * that a thousand changes leave neither memory nor descriptors behind. */

#include "change_bed.h"

#include <malloc.h>

#define HERE "127.0.0.1"

static void test_masters_stay(void **state)
{
    (void)state;
    struct program programs[2];
    struct master masters[3];
    program_make(&programs[0], HERE, NULL);
    program_make(&programs[1], HERE, NULL);
    struct tcp *tcp = program_start(&programs[0]);
    uint16_t port = tcp_port(tcp, 0);
    for (int i = 0; i < 3; i++)
        master_start(&masters[i], port, (uint8_t)i);
    for (int i = 0; i < 100; i++) {
        change(tcp, &programs[i % 2], &programs[(i + 1) % 2]);
        assert_int_equal(tcp_port(tcp, 0), port);
        master_wait(&masters[i % 3]);
        if (i % 10 == 0)
            tcp_settle(tcp);
    }
    assert_int_equal(tcp_connections(tcp), 3);
    int fd = client_from(HERE, port);
    assert_true(served(fd));
    close(fd);
    for (int i = 0; i < 3; i++)
        master_end(&masters[i]);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* Half a request before the change, the other half after it. */
static void test_half_a_frame(void **state)
{
    (void)state;
    struct program programs[2];
    uint8_t answer[READ_ANSWER];
    program_make(&programs[0], HERE, NULL);
    program_make(&programs[1], HERE, NULL);
    struct tcp *tcp = program_start(&programs[0]);
    int fd = client_from(HERE, tcp_port(tcp, 0));
    assert_true(served(fd));
    give(fd, READ, 5);
    pause_ms(20);
    change(tcp, &programs[0], &programs[1]);
    program_close(&programs[0]); /* nothing looks at it any more */
    give(fd, READ + 5, sizeof READ - 5);
    assert_true(take(fd, answer, sizeof answer));
    assert_int_equal(answer[7], 3);
    assert_true(served(fd));
    close(fd);
    tcp_destroy(tcp);
    program_close(&programs[1]);
}

/* The new image knows how its link is, obeys its script, and shows it. */
static void test_status_and_wishes(void **state)
{
    (void)state;
    struct program programs[2];
    program_make(&programs[0], HERE, NULL);
    program_make(&programs[1], HERE, NULL);
    struct tcp *tcp = program_start(&programs[0]);
    uint16_t port = tcp_port(tcp, 0);
    struct image *image = programs[1].bed.image;
    change(tcp, &programs[0], &programs[1]);
    assert_true(link_look(image, 0).online);
    link_want(image, 0, false);
    for (int64_t end = patience(); link_look(image, 0).online && clock_monotonic() < end;)
        pause_ms(1);
    assert_false(link_look(image, 0).online);
    link_want(image, 0, true);
    for (int64_t end = patience(); !link_look(image, 0).online && clock_monotonic() < end;)
        pause_ms(1);
    int fd = client_from(HERE, port);
    assert_true(served(fd));
    close(fd);
    link_want(programs[0].bed.image, 0, false); /* nobody hears that */
    fd = client_from(HERE, port);
    assert_true(served(fd));
    close(fd);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

static void program_with(struct program *program, struct server_spec spec)
{
    program_open(program);
    spec.bind = HERE;
    program_serve(program, spec, 0);
    program_seal(program);
}

static void test_allow(void **state)
{
    (void)state;
    struct program open, closed_one;
    struct cidr allow;
    struct error error;
    assert_true(cidr_parse("127.0.0.2", &allow, &error));
    program_make(&open, HERE, NULL);
    program_with(&closed_one, (struct server_spec){.allow = &allow, .allow_count = 1});
    struct tcp *tcp = program_start(&open);
    int out = client_from("127.0.0.1", tcp_port(tcp, 0));
    int in = client_from("127.0.0.2", tcp_port(tcp, 0));
    assert_true(served(out) && served(in));
    change(tcp, &open, &closed_one);
    assert_true(closed(out));
    assert_true(served(in));
    assert_int_equal(tcp_connections(tcp), 1);
    close(out);
    out = client_from("127.0.0.1", tcp_port(tcp, 0));
    assert_true(closed(out));
    close(out);
    change(tcp, &closed_one, &open);
    out = client_from("127.0.0.1", tcp_port(tcp, 0));
    assert_true(served(out) && served(in));
    close(out);
    close(in);
    tcp_destroy(tcp);
    program_close(&open);
    program_close(&closed_one);
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const from[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2",
                                       "127.0.0.3"};
    struct program wide, narrow;
    int fds[5];
    program_make(&wide, HERE, NULL);
    program_with(&narrow,
                 (struct server_spec){.max_connections = 3, .max_connections_per_address = 2});
    struct tcp *tcp = program_start(&wide);
    for (int i = 0; i < 5; i++) {
        fds[i] = client_from(from[i], tcp_port(tcp, 0));
        assert_true(served(fds[i]));
    }
    change(tcp, &wide, &narrow);
    assert_int_equal(tcp_connections(tcp), 3);
    int alive[5], count = 0;
    for (int i = 0; i < 5; i++)
        count += alive[i] = served(fds[i]);
    assert_int_equal(count, 3);
    assert_true(alive[0] + alive[1] + alive[2] <= 2);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    tcp_destroy(tcp);
    program_close(&wide);
    program_close(&narrow);
}

static bool is_refused(const char *address, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    bool refused = connect(fd, (struct sockaddr *)&to, sizeof to) < 0;
    close(fd);
    return refused;
}

/* The second program has another server instead; then the first comes back. */
static void test_gone_and_back(void **state)
{
    (void)state;
    struct program programs[2];
    program_make(&programs[0], HERE, NULL);
    program_make(&programs[1], "127.0.0.2", NULL);
    struct tcp *tcp = program_start(&programs[0]);
    uint16_t port = tcp_port(tcp, 0);
    for (int round = 0; round < 3; round++) {
        int fd = client_from(HERE, port);
        assert_true(served(fd));
        change(tcp, &programs[0], &programs[1]);
        assert_true(closed(fd));
        close(fd);
        assert_int_equal(tcp_connections(tcp), 0);
        change(tcp, &programs[1], &programs[0]);
        assert_int_equal(tcp_port(tcp, 0), port);
    }
    change(tcp, &programs[0], &programs[1]);
    tcp_settle(tcp);
    assert_true(is_refused(HERE, port));
    change(tcp, &programs[1], &programs[0]); /* with a new socket */
    int fd = client_from(HERE, tcp_port(tcp, 0));
    assert_true(served(fd));
    close(fd);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* One server more, before the one that stays: it goes by its address, not by its number. */
static void test_one_more(void **state)
{
    (void)state;
    struct program programs[2];
    struct master master;
    program_make(&programs[0], HERE, NULL);
    program_open(&programs[1]);
    program_serve(&programs[1], (struct server_spec){.bind = "127.0.0.2"}, 0);
    program_serve(&programs[1], (struct server_spec){.bind = HERE}, 0);
    program_seal(&programs[1]);
    struct tcp *tcp = program_start(&programs[0]);
    uint16_t port = tcp_port(tcp, 0);
    master_start(&master, port, 5);
    change(tcp, &programs[0], &programs[1]);
    assert_int_equal(tcp_port(tcp, 1), port);
    assert_true(link_look(programs[1].bed.image, 0).online);
    master_wait(&master);
    change(tcp, &programs[1], &programs[0]);
    assert_int_equal(tcp_port(tcp, 0), port);
    master_wait(&master);
    master_end(&master);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

static void test_port_in_use(void **state)
{
    (void)state;
    struct program programs[2];
    struct master master;
    struct error error = {""};
    uint16_t taken;
    int thief = listen_on(&taken);
    program_make(&programs[0], HERE, NULL);
    program_open(&programs[1]);
    program_serve(&programs[1], (struct server_spec){.bind = HERE}, 0);
    program_serve(&programs[1], (struct server_spec){.bind = HERE}, taken);
    program_serve(&programs[1], (struct server_spec){.bind = "127.0.0.2"}, 0);
    program_seal(&programs[1]);
    struct tcp *tcp = program_start(&programs[0]);
    master_start(&master, tcp_port(tcp, 0), 5);
    master_wait(&master); /* accepted, so that its descriptor is counted */
    size_t descriptors = open_descriptors();
    for (int i = 0; i < 10; i++) {
        assert_false(try_change(tcp, &programs[0], &programs[1], &error));
        assert_ptr_equal(strstr(error.text, "bed.lua:3: cannot listen on 127.0.0.1:"), error.text);
        assert_non_null(strstr(error.text, "the port is in use by another program"));
        master_wait(&master);
    }
    assert_int_equal(open_descriptors(), descriptors);
    close(thief);
    change(tcp, &programs[0], &programs[1]);
    master_wait(&master);
    int fd = client_from(HERE, taken);
    assert_true(served(fd));
    close(fd);
    master_end(&master);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* The same port on another address is in the way of itself: it changes all the same, both ways. */
static void test_own_port_in_the_way(void **state)
{
    (void)state;
    struct program programs[2];
    uint16_t port;
    close(dead_port(&port));
    for (int i = 0; i < 2; i++) {
        program_open(&programs[i]);
        program_serve(&programs[i], (struct server_spec){.bind = i ? "0.0.0.0" : HERE}, port);
        program_seal(&programs[i]);
    }
    struct tcp *tcp = program_start(&programs[0]);
    for (int i = 0; i < 4; i++) {
        change(tcp, &programs[i % 2], &programs[(i + 1) % 2]);
        int fd = client_from(HERE, port);
        assert_true(served(fd));
        close(fd);
        assert_int_equal(is_refused("127.0.0.2", port), i % 2);
        assert_true(link_look(programs[(i + 1) % 2].bed.image, 0).online);
    }
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* An address that this machine does not have is refused, though the port is our own. */
static void test_no_such_address(void **state)
{
    (void)state;
    struct program programs[2];
    struct error error = {""};
    uint16_t port;
    close(dead_port(&port));
    for (int i = 0; i < 2; i++) {
        program_open(&programs[i]);
        program_serve(&programs[i], (struct server_spec){.bind = i ? "192.0.2.1" : HERE}, port);
        program_seal(&programs[i]);
    }
    struct tcp *tcp = program_start(&programs[0]);
    assert_false(try_change(tcp, &programs[0], &programs[1], &error));
    assert_non_null(strstr(error.text, "this machine has no such address"));
    int fd = client_from(HERE, port);
    assert_true(served(fd));
    close(fd);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* Discarded before and while it is held, with a thread and without one. */
static void test_discarded(void **state)
{
    (void)state;
    struct program programs[2];
    struct error error = {""};
    struct client_spec client = dial_spec("127.0.0.1", 9, 1);
    program_make(&programs[0], HERE, NULL);
    program_make(&programs[1], "127.0.0.2", &client);
    struct tcp *tcp = program_start(&programs[0]);
    struct plan_match *match =
        plan_match_create(programs[0].bed.plan, programs[1].bed.plan, &error);
    size_t descriptors = 0;
    for (int i = 0; i < 4; i++) {
        struct tcp_change *change =
            tcp_prepare(tcp, programs[1].bed.image, programs[1].servers, match, &error);
        dial_need(change != NULL, &error);
        if (i % 2)
            tcp_hold(tcp);
        tcp_discard(change);
        if (i % 2)
            tcp_release(tcp);
        if (i > 0)
            assert_int_equal(open_descriptors(), descriptors);
        descriptors = open_descriptors();
    }
    tcp_discard(NULL);
    int fd = client_from(HERE, tcp_port(tcp, 0));
    assert_true(served(fd));
    close(fd);
    plan_match_destroy(match);
    tcp_destroy(tcp);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

/* Server, client, a second server that comes and goes, and a name that is being looked up. */
static void endless_program(struct program *program, const struct robot *robot, bool more)
{
    program_open(program);
    program_serve(program, (struct server_spec){.bind = HERE}, 0);
    if (more)
        program_serve(program, (struct server_spec){.bind = "127.0.0.2"}, 0);
    struct client_spec spec = dial_spec("127.0.0.1", robot->port, 1);
    spec.period = 1 * MS;
    dial_bed_add(&program->bed, spec);
    if (more)
        dial_bed_add(&program->bed, dial_spec("plc7.no-such-name.invalid", 502, 1));
    program_seal(program);
}

static size_t used_memory(void)
{
    return mallinfo2().uordblks;
}

/* What is still being looked up comes back, and is freed and closed then. */
static void wait_until_at_most(size_t (*used)(void), size_t most)
{
    for (int64_t end = patience(); used() > most && clock_monotonic() < end;)
        pause_ms(1);
    assert_in_range(used(), 0, most);
}

static void test_a_thousand(void **state)
{
    (void)state;
    enum { WARM = 100, ROUNDS = 1000 };
    struct program programs[2];
    struct master master;
    struct robot robot;
    size_t descriptors = 0, memory = 0;
    robot_start(&robot, 0);
    endless_program(&programs[0], &robot, false);
    endless_program(&programs[1], &robot, true);
    struct tcp *tcp = program_start(&programs[0]);
    master_start(&master, tcp_port(tcp, 0), 5);
    for (int i = 0; i <= WARM + ROUNDS; i++) {
        if (i == WARM) {
            descriptors = open_descriptors();
            memory = used_memory();
        }
        change(tcp, &programs[i % 2], &programs[(i + 1) % 2]);
        master_wait(&master);
        if (i % 50 == 0)
            robot_wait(&robot);
        if (i % 100 == 0)
            tcp_settle(tcp);
    }
    change(tcp, &programs[1], &programs[0]);
    assert_int_equal(tcp_connections(tcp), 1);
    assert_int_equal(atomic_load(&robot.accepted), 1);
    /* at WARM the first program ran, with the second server at rest or settled */
    wait_until_at_most(open_descriptors, descriptors + 2);
    /* The least that can be lost each time comes to 32000. How many threads looked up a name at
     * once is up to the machine, and the C library keeps something for each that there ever was. */
    wait_until_at_most(used_memory, memory + 16384);
    master_end(&master);
    tcp_destroy(tcp);
    robot_end(&robot);
    program_close(&programs[0]);
    program_close(&programs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masters_stay),
        cmocka_unit_test(test_half_a_frame),
        cmocka_unit_test(test_status_and_wishes),
        cmocka_unit_test(test_allow),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_gone_and_back),
        cmocka_unit_test(test_one_more),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_own_port_in_the_way),
        cmocka_unit_test(test_no_such_address),
        cmocka_unit_test(test_discarded),
        cmocka_unit_test(test_a_thousand),
    };
    mallopt(M_ARENA_MAX, 1); /* so that all threads' memory is counted */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
