#pragma once
/* What registers could mean: each in every type and order, as text, or searched for a value that a
 * person reads off the device's display. */

#include <stdbool.h>
#include <stdint.h>
#include "image/table.h"

struct probe_registers {
    enum table table; /* holding or input */
    uint16_t address, count;
    const uint16_t *words;
    const bool *present; /* of each; what the device does not have is false */
};

/* Tables for a person. */
void probe_print(const struct probe_registers *registers);

/* The same as a JSON object (json_t *), which the caller owns. */
void *probe_json(const struct probe_registers *registers);

bool probe_parse_number(const char *text, double *number);

/* Declarations that give the expected value (to the digits in which it was written), also scaled by
 * powers of ten; returns how many. */
unsigned probe_print_matches(const struct probe_registers *registers, const char *expected);
