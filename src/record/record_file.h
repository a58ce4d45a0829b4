#pragma once
/* The files of a recording, written frame by frame: FILE, and FILE.1 before it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/error.h"

struct record_file {
    char *path, *former; /* FILE and FILE.1 */
    int lock;            /* of the FILE that is there, or -1 */
    FILE *file;          /* NULL: not begun, or cut */
    uint64_t size;
    uint64_t kept; /* bytes that the system has */
    bool full;     /* what failed last did so for want of room */
};

/* Makes FILE where there is none, and locks it against other processes; what is in it stays. False
 * with an error; also where something else lies in one of the two places, which is left alone. */
bool record_file_open(struct record_file *file, const char *path, struct error *error);
void record_file_close(struct record_file *file); /* also one that could not be opened */

/* What is recorded goes behind what lies there. */
bool record_file_begin(struct record_file *file, struct error *error);

/* FILE becomes FILE.1, and a new FILE is begun. */
bool record_file_turn(struct record_file *file, struct error *error);

bool record_file_write(struct record_file *file, const uint8_t *frame, size_t length,
                       struct error *error);
/* False with an error where somebody has moved or removed FILE. */
bool record_file_is_there(const struct record_file *file, struct error *error);

bool record_file_flush(struct record_file *file, struct error *error); /* to the system */

/* After one of these has failed: what came since the last flush is taken out again, and nothing is
 * written until the file is begun again, behind what was kept. */
void record_file_cut(struct record_file *file);
bool record_file_resume(struct record_file *file, struct error *error);
