#pragma once
/* Links as declared: who exchanges which memory with whom, and how. Rows of a plan: immutable,
 * their strings are the plan's. Durations are nanoseconds. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cidr.h"

enum {
    UNIT_NONE = -1,
    UNIT_IDS = 256,
    READ_MOST = 125,
    WRITE_MOST = 123, /* registers in one request, AP 6.3 and 6.12; bits: 16 times */
    DEPTH_MOST = 16
};

/* serial { … }: a serial line. Clients or servers use it, never both. */
struct line_spec {
    const char *where, *name; /* name: the device unless told otherwise */
    const char *device;       /* "/dev/ttyUSB0" */
    uint32_t baud;
    char parity; /* 'N', 'E' or 'O' */
    uint8_t stop_bits;
    bool rs485; /* the driver switches the direction */
    char rts;   /* RTS while sending: 'U' up, 'D' down, 0 left alone */
    int64_t rts_delay;
};

/* server.tcp { … }, server.rtu { … } */
struct server_spec {
    const char *where;
    const char *name; /* "tcp:127.0.0.1:1502" or "rtu:/dev/ttyUSB0" unless told otherwise */
    const struct line_spec *line; /* NULL: over TCP */
    const char *bind;             /* address to listen on */
    uint16_t port;
    int16_t memory_of[UNIT_IDS]; /* memory that answers a unit id, or UNIT_NONE */
    bool read_only;
    bool serve_stale; /* stale values are answered as they are, not with exception 0B */
    uint32_t max_connections, max_connections_per_address;
    int64_t idle_timeout; /* 0 for none */
    const struct cidr *allow;
    size_t allow_count; /* 0: everyone */
};

/* client.tcp { … }, client.rtu { … }: mirrors one memory with one unit of a remote device. */
struct client_spec {
    const char *where;
    const char *name; /* "10.0.0.7:502 unit 1", "/dev/ttyUSB0 unit 3" unless told otherwise */
    const struct line_spec *line; /* NULL: over TCP */
    const char *host;             /* a name or an address */
    uint16_t port;
    uint8_t unit; /* 0 on a serial line: broadcast, writes only */
    uint32_t memory;
    int64_t period;               /* between polls */
    int64_t timeout;              /* for an answer */
    int64_t delay;                /* from an answer to the next request */
    int64_t stale_after;          /* 0: 2 periods + timeout */
    uint16_t depth;               /* requests in flight, 1..DEPTH_MOST */
    uint16_t max_read, max_write; /* registers in one request */
    uint16_t max_gap;             /* undeclared registers read along, to save a request */
    bool silent;                  /* alarm = false: its loss is no alarm */
};
