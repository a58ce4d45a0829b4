#pragma once
/* A program's file as it is edited from elsewhere: read whole, and replaced as a whole. Until the
 * moment in which a new text takes its place it lies beside it, already on the disk: what cannot be
 * written is known before anything has changed. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/file_identity.h"

enum { SCRIPT_MOST = 512 * 1024, SCRIPT_VERSION = 40 };

struct script_text {
    char *text; /* malloc */
    size_t length;
    struct file_identity file;
};

/* False with an error: it is not there, no file, longer than SCRIPT_MOST, or no text in UTF-8. */
bool script_read(const char *path, struct script_text *script, struct error *error);

/* A text in UTF-8 without zeros, and not too long. */
bool script_check(const char *path, const char *text, size_t length, struct error *error);

/* What tells a text from others. */
void script_version(const char *text, size_t length, char version[SCRIPT_VERSION]);

struct script_staged {
    char path[PATH_MAX];   /* of the file, through links */
    char beside[PATH_MAX]; /* of the new text */
    struct file_identity file;
};

/* Writes the new text beside the file, with the file's mode and owner. Waits for the disk. False
 * with an error, and nothing is left of it. */
bool script_stage(const char *path, const char *text, size_t length, struct script_staged *staged,
                  struct error *error);

/* It takes the file's place, for good; or goes. Waits for the disk. */
bool script_place(const struct script_staged *staged, struct error *error);
void script_unstage(const struct script_staged *staged);
