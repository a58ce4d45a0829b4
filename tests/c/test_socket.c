/* Proves on real sockets that requests are heard and answered, that nobody else can open the file,
 * that a name belongs to one program at a time, and that no peer, whatever he sends or leaves
 * unread, does harm to another one or to the program. */

#include "socket_bed.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "control/peer.h"

static void heard_and_answered(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb);
    peer_say(fd, "{\"do\": \"set\", \"name\": \"A\", \"value\": 7, \"id\": 1}\r");
    json_t *line = peer_hear(fd);
    fake_expect_json(json_object_get(line, "before"), "0");
    json_decref(line);
    assert_int_equal(bed_get(&sb->fake->bed, 0), 7);
    peer_ping(fd);
    close(fd);
}

/* Who closes his side for writing still gets all answers, late ones too, and then the end. */
static void half_closed(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb);
    const char *text = "{\"do\": \"forced\", \"id\": 1}\n\n  \n{\"do\": \"eval\", \"code\": \"x\"}";
    sb->fake->at_once = false;
    peer_send(fd, text, strlen(text));
    shutdown(fd, SHUT_WR);
    peer_expect(fd, "{'id': 1, 'ok': true, 'values': []}");
    int other = peer_connect(sb);
    peer_ping(other);
    socket_bed_halt(sb);
    assert_non_null(sb->fake->pending);
    fake_answer(sb->fake, HOST_OK, "late");
    socket_bed_run(sb);
    peer_expect(fd, "{'ok': true, 'text': 'late'}");
    assert_true(peer_is_at_end(fd));
    close(fd);
    close(other);
}

static void only_for_its_user(void **state)
{
    struct socket_bed *sb = *state;
    struct stat status;
    assert_int_equal(stat(sb->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int fd = peer_connect(sb);
    peer_say(fd, "{\"do\": \"reload\"}");
    int other = peer_connect(sb);
    peer_ping(other);
    socket_bed_halt(sb);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "user %u (pid %d)", (unsigned)geteuid(), (int)getpid());
    assert_string_equal(sb->fake->asked, wanted);
    socket_bed_run(sb);
    close(fd);
    close(other);
}

/* ---- the name ---- */

static void taken_while_it_runs(void **state)
{
    struct socket_bed *sb = *state;
    struct error error = {""};
    struct loop *loop = loop_create(&error);
    char number[32];
    assert_null(socket_open(loop, "tank", &sb->fake->host, &error));
    snprintf(number, sizeof number, "(process %d)", (int)getpid());
    assert_non_null(strstr(error.text, "a program \"tank\" is running already"));
    assert_non_null(strstr(error.text, number));
    struct socket *other = socket_open(loop, "pump", &sb->fake->host, &error);
    assert_non_null(other);
    socket_close(other);
    loop_destroy(loop);
    int fd = peer_connect(sb);
    peer_ping(fd);
    close(fd);
}

/* Its claim was taken away from under it: who answers still counts. */
static void taken_while_it_answers(void **state)
{
    struct socket_bed *sb = *state;
    struct error error = {""};
    char lock[PLACE_PATH + 8], away[PLACE_PATH + 8];
    snprintf(lock, sizeof lock, "%s.lock", sb->path);
    snprintf(away, sizeof away, "%s.away", sb->path);
    assert_int_equal(rename(lock, away), 0);
    struct loop *loop = loop_create(&error);
    assert_null(socket_open(loop, "tank", &sb->fake->host, &error));
    assert_non_null(strstr(error.text, "answers at"));
    assert_int_equal(rename(away, lock), 0);
    loop_destroy(loop);
    int fd = peer_connect(sb);
    peer_ping(fd);
    close(fd);
}

/* A process that is killed leaves its files behind; the next one takes the name over. */
static void a_dead_ones_is_replaced(void **state)
{
    struct socket_bed *sb = *state;
    struct error error = {""};
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct loop *loop = loop_create(&error);
        struct socket *dying = socket_open(loop, "dead", &sb->fake->host, &error);
        if (dying && write(ends[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    char path[PLACE_PATH];
    assert_true(place_socket(path, "dead", false, &error));
    assert_int_equal(access(path, F_OK), 0);
    assert_false(place_answers(path));
    struct loop *loop = loop_create(&error);
    struct socket *heir = socket_open(loop, "dead", &sb->fake->host, &error);
    if (!heir)
        fail_msg("%s", error.text);
    assert_true(place_answers(path));
    socket_close(heir);
    loop_destroy(loop);
}

/* Of many that start at the same moment exactly one gets the name, round after round. */
static void one_of_many(void **state)
{
    struct socket_bed *sb = *state;
    enum { RIVALS = 4, ROUNDS = 25 };
    for (int round = 0; round < ROUNDS; round++) {
        int go[2], done[2];
        pid_t children[RIVALS];
        assert_int_equal(pipe(go), 0);
        assert_int_equal(pipe(done), 0);
        for (int i = 0; i < RIVALS; i++) {
            if ((children[i] = fork()) != 0)
                continue;
            char byte;
            struct error error;
            struct loop *loop = loop_create(&error);
            close(go[1]);
            byte = read(go[0], &byte, 1) == 0 ? 'n' : '?';
            if (socket_open(loop, "rival", &sb->fake->host, &error))
                byte = 'y';
            if (write(done[1], &byte, 1) == 1)
                pause();
            _exit(1);
        }
        close(go[0]);
        close(go[1]);
        char results[RIVALS];
        int winners = 0;
        for (int i = 0; i < RIVALS; i++) {
            assert_int_equal(read(done[0], &results[i], 1), 1);
            winners += results[i] == 'y';
        }
        for (int i = 0; i < RIVALS; i++) {
            kill(children[i], SIGKILL); /* the next round finds a dead one's files */
            waitpid(children[i], NULL, 0);
        }
        close(done[0]);
        close(done[1]);
        assert_int_equal(winners, 1);
    }
    struct error error;
    struct loop *loop = loop_create(&error);
    socket_close(socket_open(loop, "rival", &sb->fake->host, &error));
    loop_destroy(loop);
}

/* ---- hostile peers ---- */

static void nonsense(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb);
    static const char *const lines[] = {
        "hello",    "[]",           "{\"do\": \"get\"", "{\"a\":1,\"a\":1}",
        "\xFF\xFE", "{\"do\": {}}", "{\"do\": null}",   "GET / HTTP/1.1"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        peer_say(fd, lines[i]);
        peer_expect_refusal(fd, "usage", "");
    }
    peer_send(fd, "{\"do\": \"\0\"}\n", 12);
    peer_expect_refusal(fd, "usage", "");
    char *deep = malloc(60000);
    memset(deep, '[', 60000);
    peer_send(fd, deep, 60000);
    peer_send(fd, "\n", 1);
    peer_expect_refusal(fd, "usage", "nested");
    free(deep);
    peer_ping(fd);
    close(fd);
}

static void too_long(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb);
    size_t length = 5 * 1024 * 1024;
    char *line = malloc(length);
    memset(line, 'x', length);
    for (int i = 0; i < 2; i++) {
        peer_send(fd, line, length);
        peer_send(fd, "\n", 1);
        peer_expect_refusal(fd, "usage", "less than 65536 bytes");
    }
    free(line);
    peer_ping(fd);
    close(fd);
}

/* A byte at a time, and many at once. */
static void in_pieces_and_in_heaps(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb);
    const char *line = "{\"do\": \"forced\", \"id\": 1}\n";
    for (const char *at = line; *at; at++)
        peer_send(fd, at, 1);
    peer_expect(fd, "{'id': 1, 'ok': true, 'values': []}");
    enum { HEAP = 3000 };
    char *heap = malloc(HEAP * 32), *end = heap;
    for (int i = 0; i < HEAP; i++)
        end += sprintf(end, "{\"do\":\"forced\",\"id\":%d}\n", i);
    pid_t sender = fork();
    if (sender == 0) {
        peer_send(fd, heap, (size_t)(end - heap));
        _exit(0);
    }
    for (int i = 0; i < HEAP; i++) {
        json_t *answer = peer_hear(fd);
        assert_int_equal(json_integer_value(json_object_get(answer, "id")), i);
        json_decref(answer);
    }
    waitpid(sender, NULL, 0);
    free(heap);
    close(fd);
}

/* He asks for megabytes and reads nothing: his requests wait in the end, and others do not. */
static void one_who_never_reads(void **state)
{
    struct socket_bed *sb = *state;
    int greedy = peer_connect(sb), fd = peer_connect(sb);
    const char *line = "{\"do\": \"get\", \"match\": \"holding[*]\"}\n";
    fcntl(greedy, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 20000; i++) {
        ssize_t sent = send(greedy, line, strlen(line), MSG_NOSIGNAL);
        if (sent < (ssize_t)strlen(line))
            break;
        if (i % 1000 == 0)
            peer_ping(fd);
    }
    peer_ping(fd);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    assert_true(usage.ru_maxrss < 900 * 1024); /* sanitizers need the most of it */
    peer_say(fd, "{\"do\": \"watch\", \"match\": \"holding[*]\", \"id\": 1}");
    for (bool more = true; more;) { /* and a stream gets through */
        json_t *rows = peer_hear(fd);
        assert_non_null(rows);
        more = json_is_true(json_object_get(rows, "more"));
        json_decref(rows);
    }
    close(greedy);
    close(fd);
}

/* Who asks for much at once and reads later gets all of it. */
static void one_who_reads_late(void **state)
{
    struct socket_bed *sb = *state;
    int late = peer_connect(sb), fd = peer_connect(sb);
    for (int i = 0; i < 8; i++)
        peer_say(late, "{\"do\": \"get\", \"match\": \"holding[*]\"}");
    peer_ping(fd);
    for (int i = 0; i < 8; i++) {
        json_t *line = peer_hear(late);
        assert_int_equal(json_array_size(json_object_get(line, "values")), 5000);
        json_decref(line);
    }
    peer_ping(late);
    close(late);
    close(fd);
}

static void many_connections(void **state)
{
    struct socket_bed *sb = *state;
    int watcher = peer_connect(sb);
    peer_say(watcher, "{\"do\": \"watch\", \"names\": [\"A\"], \"id\": 1}");
    json_decref(peer_hear(watcher));
    enum { MANY = 2000 };
    for (int i = 0; i < MANY; i++) {
        int fd = peer_connect(sb);
        if (i % 3 == 0)
            peer_send(fd, "{\"do\": \"fo", 10);
        if (i % 7 == 0)
            peer_say(fd, "{\"do\": \"status\"}");
        close(fd);
    }
    int held[SOCKET_CONNECTIONS + 20];
    for (int i = 0; i < SOCKET_CONNECTIONS + 20; i++) {
        held[i] = peer_connect(sb);
        peer_ping(held[i]); /* the newest is always heard */
    }
    assert_true(peer_is_at_end(held[0])); /* the longest silent one had to go … */
    bed_put(&sb->fake->bed, 0, 9);
    json_t *line = peer_hear(watcher); /* … but not the one who watches */
    fake_expect_json(json_object_get(json_array_get(json_object_get(line, "values"), 0), "value"),
                     "9");
    json_decref(line);
    for (int i = 0; i < SOCKET_CONNECTIONS + 20; i++)
        close(held[i]);
    close(watcher);
}

/* Gone in the middle of a reload, by closing or by force. */
static void gone_in_between(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb), other = peer_connect(sb);
    peer_say(fd, "{\"do\": \"reload\", \"id\": 1}");
    peer_say(fd, "{\"do\": \"forced\", \"id\": 2}");
    peer_expect(fd, "{'id': 2, 'ok': true, 'values': []}");
    close(fd);
    for (bool forgotten = false; !forgotten;) {
        peer_ping(other);
        socket_bed_halt(sb);
        forgotten = sb->fake->forgotten == 1;
        socket_bed_run(sb);
    }
    assert_null(sb->fake->pending);
    close(other);
}

static void goodbye(void **state)
{
    struct socket_bed *sb = *state;
    int fd = peer_connect(sb), idle = peer_connect(sb);
    struct error error;
    peer_ping(idle);
    peer_say(fd, "{\"do\": \"log\", \"lines\": 0, \"follow\": true, \"id\": 1}");
    peer_expect(fd, "{'id': 1, 'ok': true, 'lines': []}");
    socket_bed_halt(sb);
    socket_close(sb->socket);
    peer_expect_refusal(fd, "failed", "tank ends");
    assert_true(peer_is_at_end(fd));
    assert_true(peer_is_at_end(idle));
    assert_int_equal(access(sb->path, F_OK), -1);
    sb->socket = socket_open(sb->fake->loop, "tank", &sb->fake->host, &error);
    assert_non_null(sb->socket);
    socket_bed_run(sb);
    close(fd);
    close(idle);
}

/* The ten lines of Python in PROTOCOL.md do what they say. */
static void the_documented_example(void **state)
{
    struct socket_bed *sb = *state;
    char command[1024], line[128] = "";
    const char *slash = strrchr(__FILE__, '/');
    snprintf(
        command, sizeof command,
        "sed -n '/^```python/,/^```/p' '%.*s/../../src/control/PROTOCOL.md' | grep -v '^```' | "
        "/usr/bin/python3 - '%s'",
        (int)(slash - __FILE__), __FILE__, sb->path);
    bed_put(&sb->fake->bed, 0, 42);
    FILE *output = popen(command, "r");
    assert_non_null(fgets(line, sizeof line, output));
    assert_string_equal(line, "A 42\n");
    assert_non_null(fgets(line, sizeof line, output));
    assert_string_equal(line, "holding[10] 0\n");
    assert_null(fgets(line, sizeof line, output));
    assert_int_equal(pclose(output), 0);
}

/* Streams of a thread that changes values, while others come and go. */
static void *change_values(void *context)
{
    struct bed *bed = context;
    for (unsigned i = 0; i < 20000; i++)
        bed_put(bed, 0, (uint16_t)i);
    return NULL;
}

static void beside_other_threads(void **state)
{
    struct socket_bed *sb = *state;
    pthread_t thread;
    int fd = peer_connect(sb);
    peer_say(fd, "{\"do\": \"watch\", \"names\": [\"A\"], \"period\": 0.02}");
    assert_int_equal(pthread_create(&thread, NULL, change_values, &sb->fake->bed), 0);
    json_int_t value = -1;
    while (value != 19999) {
        json_t *line = peer_hear(fd);
        assert_non_null(line);
        json_t *row = json_array_get(json_object_get(line, "values"), 0);
        assert_true(json_integer_value(json_object_get(row, "value")) >= value);
        value = json_integer_value(json_object_get(row, "value"));
        json_decref(line);
    }
    pthread_join(thread, NULL);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SOCKET_TEST(heard_and_answered),
        SOCKET_TEST(half_closed),
        SOCKET_TEST(only_for_its_user),
        SOCKET_TEST(taken_while_it_runs),
        SOCKET_TEST(taken_while_it_answers),
        SOCKET_TEST(a_dead_ones_is_replaced),
        SOCKET_TEST(one_of_many),
        SOCKET_TEST(nonsense),
        SOCKET_TEST(too_long),
        SOCKET_TEST(in_pieces_and_in_heaps),
        SOCKET_TEST(one_who_never_reads),
        SOCKET_TEST(one_who_reads_late),
        SOCKET_TEST(many_connections),
        SOCKET_TEST(gone_in_between),
        SOCKET_TEST(goodbye),
        SOCKET_TEST(the_documented_example),
        SOCKET_TEST(beside_other_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
