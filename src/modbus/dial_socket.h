#pragma once
/* A socket towards a device: opened, tuned, connected without waiting, and its failures in words
 * for people. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Begins to connect: a descriptor (epoll's EPOLLOUT says when it is decided), or -1 with errno.
 * `timeout` is how long a device takes to answer at most, ns: a dead connection is found in about
 * three times that. */
int dial_socket_open(const struct sockaddr_storage *address, int64_t timeout);

/* After EPOLLOUT: 0, or what it failed with. */
int dial_socket_result(int fd);

/* "connection refused", "no route to host", … for an errno of connecting, sending or receiving. */
const char *dial_socket_text(int code);
