#pragma once
/* The address a server is told to listen on: from text to sockaddr to socket to text. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/* A listening, non-blocking socket on `bind` ("127.0.0.1", "::1", "0.0.0.0", "::" for both
 * families), tuned as a Modbus server's connections need it; they inherit that. -1 with an error
 * that says what to do; errno is EADDRINUSE where the port is in use. `bound` is set to the port,
 * also when `port` was 0. */
int address_listen(const char *bind, uint16_t port, uint16_t *bound, struct error *error);

/* "10.0.0.7" or "fd00::1" for 16 bytes in which IPv4 is mapped. Room for 46. Returns text. */
const char *address_text(const uint8_t address[16], char *text);
