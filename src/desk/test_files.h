#pragma once
/* What msm test was given: files, and folders for the tests in them. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* Zeroed there are none. */
struct test_files {
    char **paths;
    size_t count;
};

/* A folder stands for its test_*.lua, by their names. False with an error: a folder without any, or
 * one that cannot be read. A file that is none is found out by who opens it. */
bool test_files_add(struct test_files *files, const char *path, struct error *error);
void test_files_finish(struct test_files *files);
