#pragma once
/* Declares variables for tests in one line, and frees what they hold. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "image/variable.h"

/* Everything that a group of tests prepared; freed by help_finish. */
struct help {
    void *pieces[4096];
    size_t used;
};

static inline void *help_alloc(void *context, size_t size)
{
    struct help *help = context;
    assert_true(help->used < sizeof help->pieces / sizeof *help->pieces);
    return help->pieces[help->used++] = calloc(1, size);
}

static inline int help_init(void **state)
{
    *state = calloc(1, sizeof(struct help));
    return *state == NULL;
}

static inline int help_finish(void **state)
{
    struct help *help = *state;
    while (help->used > 0)
        free(help->pieces[--help->used]);
    free(help);
    return 0;
}

static inline struct value help_integer(int64_t integer)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

static inline struct value help_number(double number)
{
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}

static inline struct value help_boolean(bool boolean)
{
    return (struct value){.kind = VALUE_BOOLEAN, .boolean = boolean};
}

static inline struct value help_string(const char *bytes)
{
    struct value value = {.kind = VALUE_STRING};
    value.string.bytes = bytes;
    value.string.length = strlen(bytes);
    return value;
}

/* A plain variable named X at address 0, not prepared yet. */
static inline struct variable help_variable(enum table table, enum type type)
{
    return (struct variable){.name = "X",
                             .path = "mem.X",
                             .where = "t.lua:1",
                             .table = table,
                             .type = type,
                             .decimals = -1,
                             .length = type == TYPE_STRING ? 8 : 0};
}

static inline void help_prepare(void **state, struct variable *variable)
{
    struct error error = {""};
    if (!variable_prepare(variable, help_alloc, *state, &error))
        fail_msg("%s", error.text);
}

static inline void help_limits(struct variable *variable, struct value min, struct value max,
                               enum limit limit)
{
    variable->has_min = variable->has_max = true;
    variable->min = min;
    variable->max = max;
    variable->limit = limit;
}

/* Assigns and compares the words, all bits of them. */
static inline void help_expect_words(const struct variable *variable, struct value value,
                                     const uint16_t *expected)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    struct error error = {""};
    memset(words, 0xAA, sizeof words);
    if (!variable_set(variable, 0, &value, words, variable->mask, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < variable->words; i++)
        if (words[i] != expected[i])
            fail_msg("word %zu is %04X, not %04X", i, words[i], expected[i]);
    assert_int_equal(words[variable->words], 0xAAAA);
}

static inline void help_expect_refusal(const struct variable *variable, struct value value,
                                       const char *text)
{
    uint16_t words[VARIABLE_MAX_WORDS] = {0};
    struct error error = {""};
    assert_false(variable_set(variable, 0, &value, words, variable->mask, &error));
    assert_string_equal(error.text, text);
}

/* What an assigned value reads back as. */
static inline struct value help_round_trip(const struct variable *variable, struct value value)
{
    static char text[VARIABLE_MAX_LENGTH];
    uint16_t words[VARIABLE_MAX_WORDS] = {0};
    struct error error = {""};
    if (!variable_set(variable, 0, &value, words, variable->mask, &error))
        fail_msg("%s", error.text);
    return variable_get(variable, words, variable->mask, text);
}
