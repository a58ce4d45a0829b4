#pragma once
/* What the tests of keeps share: keys, values, and setting them or failing. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "image/keeps.h"

static inline struct keeps_key text_key(const char *text)
{
    return (struct keeps_key){.is_text = true, .bytes = text, .length = strlen(text)};
}

static inline struct keeps_key number_key(int64_t integer)
{
    return (struct keeps_key){.integer = integer};
}

static inline struct keeps_value integer(int64_t number)
{
    return (struct keeps_value){.type = KEEPS_INTEGER, .integer = number};
}

static inline struct keeps_value text(const char *bytes, size_t length)
{
    return (struct keeps_value){.type = KEEPS_TEXT, .text = {bytes, length}};
}

static inline void set(struct keeps *keeps, struct keeps_table table, struct keeps_key key,
                       struct keeps_value value)
{
    struct error error = {""};
    if (!keeps_set(keeps, table, &key, &value, &error))
        fail_msg("%s", error.text);
}

static inline struct keeps_table set_table(struct keeps *keeps, struct keeps_table table,
                                           struct keeps_key key)
{
    struct error error = {""};
    struct keeps_value value = {.type = KEEPS_TABLE};
    if (!keeps_set(keeps, table, &key, &value, &error))
        fail_msg("%s", error.text);
    return value.table;
}

static inline int setup(void **state)
{
    struct error error;
    return !(*state = keeps_create(&error));
}

static inline int teardown(void **state)
{
    keeps_destroy(*state);
    return 0;
}

static inline struct keeps_table named(struct keeps *keeps, const char *name)
{
    struct keeps_table table;
    assert_true(keeps_find(keeps, name, true, &table));
    return table;
}
