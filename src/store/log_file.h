#pragma once
/* A file that only grows, for lines, until it is turned over: "STEM" then becomes "STEM.1" (by way
 * of "STEM.0"), that "STEM.2", and so on to `files`; the oldest goes. What is written at once is in
 * it whole, or not at all. One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LOG_FILE_PATH = 4096 + 160 };

struct log_file {
    char path[LOG_FILE_PATH], stem[LOG_FILE_PATH]; /* the path is the stem and `end` */
    const char *end; /* ".csv", which stays at the end: "STEM.1.csv"; or "" */
    unsigned files;  /* kept beside it */
    mode_t mode;
    int fd; /* -1: not open */
    off_t size;
    int64_t written; /* UTC ns of the last write, also by a process before this one */
};

enum log_file_state { LOG_FILE_FAILED, LOG_FILE_OPEN, LOG_FILE_OPENED };

/* Opens nothing. */
void log_file_init(struct log_file *file, const char *directory, const char *name, const char *end,
                   unsigned files, mode_t mode);
void log_file_close(struct log_file *file);

/* Makes sure that it is open, and is what has the name: who moves or removes logs of his own does
 * no harm. OPENED: just now, and what it ends with is the caller's affair; FAILED with errno. */
enum log_file_state log_file_open(struct log_file *file);

/* False with errno: nothing of it is in the file, unless that could not even be taken back. */
bool log_file_write(struct log_file *file, const char *bytes, size_t length);

/* It is full: the next log_file_open begins a new one. False with errno: it is still there, and
 * nothing has to be written into it. */
bool log_file_turn(struct log_file *file);

/* The path of the nth full one, 1 is the youngest. */
const char *log_file_nth(const struct log_file *file, unsigned n, char path[LOG_FILE_PATH]);

/* Why it failed with this errno, for a person. */
const char *log_file_why(const struct log_file *file, int code, char text[64]);
