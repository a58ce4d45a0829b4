#pragma once
/* A loop, for the tests of src/base/loop*.c. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/loop.h"

static inline struct loop *new_loop(void)
{
    struct error error = {""};
    struct loop *loop = loop_create(&error);
    if (!loop)
        fail_msg("%s", error.text);
    return loop;
}
