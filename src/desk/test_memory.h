#pragma once
/* The Lua state of test files, whose memory has an end: a test that eats it fails, with its line,
 * and not the machine. Scripts that are tested have states and limits of their own. One thread. */

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

struct pool;

enum { TEST_MEMORY = 256, TEST_MEMORY_MOST = 65536 }; /* MiB */

struct test_memory {
    size_t limit; /* MiB */
    const char *lua_root;
    struct pool *pool;
    lua_State *L;
    char place[80]; /* "test_tank.lua:12", where there was none left last; or "" */
};

/* "256"; NULL is the default. */
bool test_memory_read(const char *text, size_t *limit, struct error *error);

/* With limit and lua_root set, all else zeroed; NULL where there is none even for that. */
lua_State *test_memory_open(struct test_memory *memory);
void test_memory_close(struct test_memory *memory);

/* Puts `limited` and `short_at` into the table on top: limited(true) where a test runs; otherwise
 * who reports about it gets somewhat more. short_at() gives place and limit. */
void test_memory_push(struct test_memory *memory);
