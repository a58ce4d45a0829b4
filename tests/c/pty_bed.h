#pragma once
/* Serial ports without hardware: pseudo terminals. msm opens the path, the test is the device at
 * the master's end; or two of them are bridged, and libmodbus opens the other path. The path is a
 * symbolic link, so that a port can go away and come back under its name, as a USB adapter does. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/clock.h"
#include "image/link_spec.h"

enum { PTY_PATIENCE_MS = 20000 };

struct pty {
    int master;
    int keep; /* the port's own end, held open so that the master's stays alive without msm */
    char folder[32], path[48];
};

/* Puts a new pseudo terminal under the path. */
static inline void pty_plug(struct pty *pty)
{
    struct termios raw;
    char name[64];
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(pty->master >= 0);
    assert_int_equal(grantpt(pty->master), 0);
    assert_int_equal(unlockpt(pty->master), 0);
    assert_int_equal(ptsname_r(pty->master, name, sizeof name), 0);
    pty->keep = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(pty->keep >= 0);
    assert_int_equal(tcgetattr(pty->keep, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(pty->keep, TCSANOW, &raw), 0);
    fcntl(pty->master, F_SETFL, O_NONBLOCK);
    assert_int_equal(symlink(name, pty->path), 0);
}

/* The device disappears, as by pulling it out. */
static inline void pty_pull(struct pty *pty)
{
    unlink(pty->path);
    close(pty->keep);
    close(pty->master);
    pty->master = pty->keep = -1;
}

static inline void pty_make(struct pty *pty)
{
    strcpy(pty->folder, "/tmp/msm-pty-XXXXXX");
    assert_non_null(mkdtemp(pty->folder));
    snprintf(pty->path, sizeof pty->path, "%s/port", pty->folder);
    pty_plug(pty);
}

static inline void pty_drop(struct pty *pty)
{
    if (pty->master >= 0)
        pty_pull(pty);
    rmdir(pty->folder);
}

static inline struct line_spec pty_line(const struct pty *pty)
{
    return (struct line_spec){.where = "t.lua:1",
                              .name = pty->path,
                              .device = pty->path,
                              .baud = 115200,
                              .parity = 'N',
                              .stop_bits = 1};
}

static inline bool pty_waits(int fd, int milliseconds)
{
    struct pollfd wanted = {fd, POLLIN, 0};
    return poll(&wanted, 1, milliseconds) == 1 && wanted.revents & POLLIN;
}

/* Reads until `length` bytes are there; how many it became when patience ended. */
static inline size_t pty_take(int fd, uint8_t *bytes, size_t length, int milliseconds)
{
    size_t have = 0;
    while (have < length && pty_waits(fd, milliseconds)) {
        ssize_t got = read(fd, bytes + have, length - have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    return have;
}

static inline void pty_give(int fd, const uint8_t *bytes, size_t length)
{
    assert_int_equal(write(fd, bytes, length), length);
}

/* ---- two ports and a cable between them ---- */

struct cable {
    struct pty ends[2];
    int stop[2]; /* a pipe: its end is the cable's */
    pthread_t thread;
};

static inline void cable_move(int from, int to)
{
    uint8_t bytes[512];
    ssize_t got = read(from, bytes, sizeof bytes);
    if (got > 0 && write(to, bytes, (size_t)got) != got)
        fprintf(stderr, "the cable has lost bytes\n");
}

static inline void *cable_run(void *context)
{
    struct cable *cable = context;
    struct pollfd ends[3] = {{cable->ends[0].master, POLLIN, 0},
                             {cable->ends[1].master, POLLIN, 0},
                             {cable->stop[0], POLLIN, 0}};
    while (poll(ends, 3, -1) > 0 && !ends[2].revents) {
        for (int i = 0; i < 2; i++)
            if (ends[i].revents & POLLIN)
                cable_move(ends[i].fd, ends[1 - i].fd);
    }
    return NULL;
}

static inline void cable_make(struct cable *cable)
{
    pty_make(&cable->ends[0]);
    pty_make(&cable->ends[1]);
    assert_int_equal(pipe2(cable->stop, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&cable->thread, NULL, cable_run, cable), 0);
}

static inline void cable_drop(struct cable *cable)
{
    close(cable->stop[1]);
    pthread_join(cable->thread, NULL);
    close(cable->stop[0]);
    pty_drop(&cable->ends[0]);
    pty_drop(&cable->ends[1]);
}
