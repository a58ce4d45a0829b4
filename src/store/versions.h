#pragma once
/* What a program's files were: the last texts of each that were edited from elsewhere, a file each
 * in the folder NAME.versions beside the state. A head says what it is, then comes the text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { VERSIONS_MOST = 20, VERSION_PATH = 512, VERSION_WHO = 128 };

struct version {
    uint32_t id;             /* counts up */
    int64_t time;            /* UTC ns */
    char path[VERSION_PATH]; /* of the file, as messages show it */
    char who[VERSION_WHO];   /* who wrote it; "": it was there before */
    size_t size;             /* bytes of the text */
};

/* Adds one, and forgets the oldest of that file beyond VERSIONS_MOST. */
bool versions_add(const char *folder, const char *path, const char *who, const char *text,
                  size_t length, struct error *error);

/* Those of one file, newest first; returns how many. */
size_t versions_list(const char *folder, const char *path, struct version list[VERSIONS_MOST]);

/* The text of one (malloc), NULL with an error. */
char *versions_read(const char *folder, uint32_t id, struct version *version, struct error *error);
