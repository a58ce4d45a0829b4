#pragma once
/* One device asked a few questions over Modbus TCP by a command that has nothing else to do: plain
 * blocking calls with a timeout. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "image/table.h"

struct probe_call {
    int fd;
    int seconds;
    uint8_t unit;
    uint16_t transaction;
};

enum { PROBE_HOST = 256 }; /* room for a host's name */

struct probe_target {
    char host[PROBE_HOST], port[6];
};

/* "10.0.0.7", "plc7:1502", "[fe80::1]:502". False, and what is allowed, for anything else. */
bool probe_target_read(struct probe_target *target, const char *text, struct error *error);

/* Connects, trying each address of a name. `seconds` is the timeout of this and of each answer. */
bool probe_call_open(struct probe_call *call, const struct probe_target *target, uint8_t unit,
                     int seconds, struct error *error);
void probe_call_close(struct probe_call *call);

enum probe_answer { PROBE_GOOD, PROBE_EXCEPTION, PROBE_FAILED };

/* Reads 1..125 registers. EXCEPTION: the device has refused, with which code; it may be asked
 * something else. FAILED: the connection is of no more use. */
enum probe_answer probe_call_read(struct probe_call *call, enum table table, uint16_t address,
                                  uint16_t count, uint16_t *words, uint8_t *exception,
                                  struct error *error);
