#pragma once
/* A control socket in a folder of its own, its loop on a thread, and plain blocking peers. */

#include "ask_bed.h"
#include "control/place.h"
#include "control/socket.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct socket_bed {
    struct fake *fake;
    char folder[64], path[PLACE_PATH];
    struct socket *socket;
    pthread_t thread;
};

static inline void *socket_bed_loop(void *context)
{
    loop_run(((struct socket_bed *)context)->fake->loop);
    return NULL;
}

static inline void socket_bed_run(struct socket_bed *sb)
{
    assert_int_equal(pthread_create(&sb->thread, NULL, socket_bed_loop, sb), 0);
}

/* After it the loop's things may be looked at; socket_bed_run lets it go on. */
static inline void socket_bed_halt(struct socket_bed *sb)
{
    loop_stop(sb->fake->loop);
    pthread_join(sb->thread, NULL);
}

static inline int socket_bed_init(void **state)
{
    struct socket_bed *sb = calloc(1, sizeof *sb);
    struct error error = {""};
    fake_init((void **)&sb->fake);
    strcpy(sb->folder, "/tmp/msm-socket-XXXXXX");
    assert_non_null(mkdtemp(sb->folder));
    setenv("MSM_RUN", sb->folder, 1);
    bed_declare(&sb->fake->bed, WORD("A", 0, .path = "mem.A"));
    bed_raw(&sb->fake->bed, TABLE_HOLDING, 10, 5000);
    bed_ready(&sb->fake->bed);
    assert_true(place_socket(sb->path, "tank", true, &error));
    sb->socket = socket_open(sb->fake->loop, "tank", &sb->fake->host, &error);
    if (!sb->socket)
        fail_msg("%s", error.text);
    socket_bed_run(sb);
    *state = sb;
    return 0;
}

/* Nothing may be left in the folder. */
static inline int socket_bed_finish(void **state)
{
    struct socket_bed *sb = *state;
    socket_bed_halt(sb);
    socket_close(sb->socket);
    fake_finish((void **)&sb->fake);
    int left = rmdir(sb->folder);
    free(sb);
    return left;
}

#define SOCKET_TEST(name) cmocka_unit_test_setup_teardown(name, socket_bed_init, socket_bed_finish)

/* ---- peers ---- */

static inline int peer_connect(const struct socket_bed *sb)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 20};
    strcpy(address.sun_path, sb->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static inline void peer_send(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        length -= (size_t)sent;
    }
}

static inline void peer_say(int fd, const char *line)
{
    peer_send(fd, line, strlen(line));
    peer_send(fd, "\n", 1);
}

/* The next line; NULL at the end. */
static inline json_t *peer_hear(int fd)
{
    size_t size = 4 << 20, used = 0;
    char *text = malloc(size);
    const char *end = NULL;
    ssize_t seen;
    while (!end && used < size && (seen = recv(fd, text + used, size - used, MSG_PEEK)) > 0) {
        end = memchr(text + used, '\n', (size_t)seen);
        used +=
            (size_t)recv(fd, text + used, end ? (size_t)(end + 1 - text) - used : (size_t)seen, 0);
    }
    json_t *line = end ? json_loadb(text, used, 0, NULL) : NULL;
    free(text);
    return line;
}

static inline bool peer_is_at_end(int fd)
{
    char byte;
    return recv(fd, &byte, 1, 0) == 0;
}

static inline void peer_expect(int fd, const char *wanted)
{
    json_t *line = peer_hear(fd);
    fake_expect_json(line, wanted);
    json_decref(line);
}

static inline void peer_expect_refusal(int fd, const char *kind, const char *part)
{
    json_t *line = peer_hear(fd);
    assert_non_null(line);
    fake_expect_refusal(line, kind, part);
}

/* That it is alive and answers in order. */
static inline void peer_ping(int fd)
{
    peer_say(fd, "{\"do\": \"forced\", \"id\": \"ping\"}");
    peer_expect(fd, "{'id': 'ping', 'ok': true, 'values': []}");
}
