#pragma once
/* Which user of this computer is at the other end of a connection from loopback to loopback, as the
 * kernel's tables of sockets have it (/proc/net/tcp, proc(5)). */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One line of the table: whether it is the socket at `address` (16 bytes, IPv4 mapped) and `port`,
 * connected with our `own` port, and somebody's: one that its process has closed belongs to nobody,
 * though the table says root. */
bool local_user_line(const char *line, const uint8_t address[16], uint16_t port, uint16_t own,
                     uid_t *uid);

/* False: it cannot be told. */
bool local_user_find(const struct sockaddr *peer, uint16_t own, uid_t *uid);
