#pragma once
/* The four tables of Modbus and the one without addresses, and how addresses are written. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

enum table { TABLE_COIL, TABLE_DISCRETE, TABLE_HOLDING, TABLE_INPUT, TABLE_VAR, TABLE_COUNT };

/* "coil", "discrete", "holding", "input", "var". */
const char *table_name(enum table table);
bool table_is_bits(enum table table);

/* Whether Modbus has a function code with which a master writes it. */
bool table_takes_writes(enum table table);

/* Modicon form of an address, "40001" or "465536" when five digits do not reach. Room for 8. */
const char *table_modicon(enum table table, uint16_t address, char *text);

/* The reverse: "40001", "400001". The leading digit must be that of `table`. */
bool table_parse_modicon(enum table table, const char *text, uint16_t *address,
                         struct error *error);
