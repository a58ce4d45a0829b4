#pragma once
/* Networks as allow-lists name them (RFC 4632, RFC 4291). Addresses are 16 bytes with IPv4 mapped
 * into IPv6, so that one comparison serves both families. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/error.h"

struct cidr {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t prefix;      /* 0..128 */
};

/* "10.0.0.0/24", "10.0.0.7", "fd00::/8". Bits set beyond the prefix are an error that shows the
 * network that was probably meant. */
bool cidr_parse(const char *text, struct cidr *cidr, struct error *error);

/* Whether any entry holds the address; an empty list holds everyone. */
bool cidr_match(const struct cidr *list, size_t count, const uint8_t address[16]);

/* A peer's address as 16 bytes; false for families other than IPv4 and IPv6. */
bool cidr_address(const struct sockaddr *peer, uint8_t address[16]);
