#pragma once
/* What tells a file, and a state of it, from another one without reading it. */

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* All 0: of no file. */
struct file_identity {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

/* Of what a path leads to, through links; of an open file. False: to nothing, and the identity is
 * as it was. */
bool file_identify(const char *path, struct file_identity *identity);
bool file_identify_open(int fd, struct file_identity *identity);

bool file_is_none(const struct file_identity *identity);

/* Whether it is the same file, perhaps written meanwhile; and whether nothing has happened to it.
 */
bool file_is_same(const struct file_identity *a, const struct file_identity *b);
bool file_is_unchanged(const struct file_identity *a, const struct file_identity *b);
