/* The four Modbus tables (and the one without addresses) by name, and by the old Modicon
 * numbering, in which the first digit is the table and the rest counts from 1. */

#include "image/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIVE_DIGITS = 5,
    FIVE_DIGITS_LAST = 9999, /* what "4xxxx" can count to */
    ADDRESSES = 65536
};

static const char *const names[TABLE_COUNT] = {[TABLE_COIL] = "coil",
                                               [TABLE_DISCRETE] = "discrete",
                                               [TABLE_HOLDING] = "holding",
                                               [TABLE_INPUT] = "input",
                                               [TABLE_VAR] = "var"};

static const char digits[TABLE_COUNT] = {
    [TABLE_COIL] = '0', [TABLE_DISCRETE] = '1', [TABLE_HOLDING] = '4', [TABLE_INPUT] = '3'};

const char *table_name(enum table table)
{
    return (unsigned)table < TABLE_COUNT ? names[table] : "unknown";
}

bool table_is_bits(enum table table)
{
    return table == TABLE_COIL || table == TABLE_DISCRETE;
}

bool table_takes_writes(enum table table)
{
    return table == TABLE_COIL || table == TABLE_HOLDING;
}

const char *table_modicon(enum table table, uint16_t address, char *text)
{
    unsigned number = address + 1u;
    text[0] = '\0';
    if (digits[table] != 0)
        snprintf(text, 8, number <= FIVE_DIGITS_LAST ? "%c%04u" : "%c%05u", digits[table], number);
    return text;
}

static bool refuse(enum table table, const char *text, struct error *error)
{
    char digit = digits[table];
    if (digit == 0)
        return error_set(error, "\"%s\" is an address, and %s has none", text, names[table]);
    return error_set(error, "\"%s\" is no address of %s; %c0001..%c9999 and %c00001..%c65536 are",
                     text, names[table], digit, digit, digit, digit);
}

bool table_parse_modicon(enum table table, const char *text, uint16_t *address, struct error *error)
{
    size_t length = strlen(text);
    if (strspn(text, "0123456789") != length || length < FIVE_DIGITS || length > FIVE_DIGITS + 1 ||
        text[0] != digits[table])
        return refuse(table, text, error);
    long number = strtol(text + 1, NULL, 10);
    if (number < 1 || number > ADDRESSES)
        return refuse(table, text, error);
    *address = (uint16_t)(number - 1);
    return true;
}
