/* Lines of one file that follow one another in the queue go out with one write, behind the header
 * where the file is new. A file that ends in the middle of a line, or begins with another header,
 * is turned over: rows of two kinds never stand in one file, and nothing is thrown away. */

#include "store/text_logs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "store/folder.h"
#include "store/log_file.h"

enum { LOGS = 32, BATCH = 64 * 1024, PART = 16 * 1024, MODE = 0640 };

#define SAY_AGAIN (60 * (int64_t)NS_PER_S)

struct text_log {
    struct text_file *file; /* a reference; NULL: nobody's */
    struct log_file disk;
    bool failed, early; /* said that it cannot be written; that it is too small */
    uint64_t untold;    /* lost lines of the same file, of programs before */
    int64_t said;       /* monotonic ns, of the last time that lines found no room */
    uint64_t used;      /* when, counted */
};

struct text_logs {
    char *directory, *name;
    struct text_log logs[LOGS];
    uint64_t drains;
    struct text_log *log; /* whose lines are in the batch */
    size_t length, lines;
    char batch[TEXT_HEADER_MAX + BATCH]; /* the header ends where the lines begin */
};

struct text_logs *text_logs_open(const char *directory, const char *name, struct error *error)
{
    struct text_logs *logs = calloc(1, sizeof *logs);
    if (logs) {
        logs->directory = strdup(directory);
        logs->name = strdup(name);
    }
    if (logs && logs->directory && logs->name)
        return logs;
    text_logs_close(logs);
    error_set(error, "out of memory for the files that the program writes");
    return NULL;
}

static void release(struct text_log *log)
{
    if (!log->file)
        return;
    log_file_close(&log->disk);
    text_file_unref(log->file);
    *log = (struct text_log){.file = NULL};
}

void text_logs_close(struct text_logs *logs)
{
    if (!logs)
        return;
    for (size_t i = 0; i < LOGS; i++)
        release(&logs->logs[i]);
    free(logs->directory);
    free(logs->name);
    free(logs);
}

/* ---- whose lines they are ---- */

/* Lost, and not told yet. */
static uint64_t lost_since(const struct text_log *log)
{
    return atomic_load(&log->file->lost) - log->file->told + log->untold;
}

static uint64_t tell_lost(struct text_log *log)
{
    uint64_t lost = lost_since(log);
    log->file->told = atomic_load(&log->file->lost);
    log->untold = 0;
    return lost;
}

/* A program that was reloaded comes with a new file of the same name; one that is brought back with
 * its own, whose losses were told. Takes the reference over. */
static void renew(struct text_log *log, struct text_file *file)
{
    if (strcmp(log->file->spec.header, file->spec.header) != 0)
        log_file_close(&log->disk); /* what is in it is looked at when it is opened */
    log->disk.files = file->spec.files;
    log->untold = tell_lost(log);
    text_file_unref(log->file);
    log->file = file;
}

static void begin(const struct text_logs *logs, struct text_log *log, struct text_file *file)
{
    char name[512];
    release(log);
    snprintf(name, sizeof name, "%.255s.%s", logs->name, file->spec.name);
    log_file_init(&log->disk, logs->directory, name, ".csv", file->spec.files, MODE);
    log->file = file;
}

/* The one of that name, or the one that was not used for the longest time. Takes the reference
 * over. */
static struct text_log *log_of(struct text_logs *logs, struct text_file *file)
{
    struct text_log *oldest = logs->logs;
    for (struct text_log *log = logs->logs; log < logs->logs + LOGS; log++) {
        if (log->file && strcmp(log->file->spec.name, file->spec.name) == 0) {
            if (log->file == file)
                text_file_unref(file);
            else
                renew(log, file);
            return log;
        }
        if (log->used < oldest->used)
            oldest = log;
    }
    begin(logs, oldest, file);
    return oldest;
}

/* ---- its file ---- */

static bool has_header(const struct text_log *log)
{
    char begun[TEXT_HEADER_MAX];
    size_t length = strlen(log->file->spec.header);
    return pread(log->disk.fd, begun, length, 0) == (ssize_t)length &&
           memcmp(begun, log->file->spec.header, length) == 0;
}

/* A line break between quotes is no end. */
static bool ends_with_line(const struct text_log *log)
{
    char part[PART], last = '\n';
    bool quoted = false;
    ssize_t got;
    for (off_t at = 0; (got = pread(log->disk.fd, part, sizeof part, at)) > 0; at += got) {
        for (ssize_t i = 0; i < got; i++)
            quoted ^= part[i] == '"';
        last = part[got - 1];
    }
    return got == 0 && last == '\n' && !quoted;
}

/* Rows are to be kept for so long, but they fill the files faster than that. */
static void say_early(const struct text_logs *logs, struct text_log *log)
{
    const struct text_file_spec *spec = &log->file->spec;
    char path[LOG_FILE_PATH];
    struct stat oldest;
    if (!spec->turn || log->early ||
        stat(log_file_nth(&log->disk, spec->files, path), &oldest) != 0 ||
        (int64_t)oldest.st_mtim.tv_sec * NS_PER_S + spec->turn * spec->files < clock_now().utc)
        return;
    log->early = true;
    log_line("%s: csv %s: rows go before the time to keep them is over: %u files of %" PRId64
             " bytes are full before; give it larger ones",
             logs->name, spec->name, spec->files, spec->size);
}

static bool is_due(const struct text_log *log, size_t more)
{
    const struct text_file_spec *spec = &log->file->spec;
    return (spec->turn && log->disk.written / spec->turn != clock_now().utc / spec->turn) ||
           log->disk.size + (off_t)more > spec->size;
}

static enum log_file_state open_file(const struct text_logs *logs, struct text_log *log)
{
    enum log_file_state state = log_file_open(&log->disk);
    struct error error;
    if (state != LOG_FILE_FAILED || errno != ENOENT)
        return state;
    if (!folder_make(logs->directory, &error))
        return LOG_FILE_FAILED;
    return log_file_open(&log->disk);
}

static bool be_open(const struct text_logs *logs, struct text_log *log, size_t more)
{
    enum log_file_state state = open_file(logs, log);
    if (state == LOG_FILE_FAILED || log->disk.size == 0)
        return state != LOG_FILE_FAILED;
    if (is_due(log, more))
        say_early(logs, log);
    else if (state == LOG_FILE_OPEN || (has_header(log) && ends_with_line(log)))
        return true;
    return log_file_turn(&log->disk) && log_file_open(&log->disk) != LOG_FILE_FAILED;
}

/* ---- what is written ---- */

static bool write_batch(struct text_logs *logs, struct text_log *log)
{
    const char *header = log->file->spec.header;
    if (!be_open(logs, log, logs->length))
        return false;
    size_t first = log->disk.size == 0 ? strlen(header) : 0;
    char *begun = logs->batch + TEXT_HEADER_MAX - first;
    memcpy(begun, header, first);
    return log_file_write(&log->disk, begun, first + logs->length);
}

static void say_failed(const struct text_logs *logs, const struct text_log *log, int code)
{
    char text[64];
    log_line("%s: csv %s: %s cannot be written: %s; rows are lost, and counted", logs->name,
             log->file->spec.name, log->disk.path, log_file_why(&log->disk, code, text));
}

static void say_again(const struct text_logs *logs, struct text_log *log)
{
    uint64_t lost = tell_lost(log);
    log_line("%s: csv %s: %s is written again; %" PRIu64 " row%s lost", logs->name,
             log->file->spec.name, log->disk.path, lost, lost == 1 ? " was" : "s were");
}

static void flush(struct text_logs *logs)
{
    struct text_log *log = logs->log;
    if (!log || !logs->length)
        return;
    errno = 0;
    bool ok = write_batch(logs, log);
    atomic_fetch_add(ok ? &log->file->written : &log->file->lost, logs->lines);
    if (!ok && !log->failed)
        say_failed(logs, log, errno);
    else if (ok && log->failed)
        say_again(logs, log);
    log->failed = !ok;
    logs->length = logs->lines = 0;
}

/* Of a file that works, now and then. */
static void say_no_room(const struct text_logs *logs, struct text_log *log)
{
    int64_t now = clock_monotonic();
    if (log->failed || !lost_since(log) || (log->said && now - log->said < SAY_AGAIN))
        return;
    uint64_t lost = tell_lost(log);
    log->said = now;
    log_line("%s: csv %s: %" PRIu64 " row%s lost, because rows come faster than they are written",
             logs->name, log->file->spec.name, lost, lost == 1 ? " was" : "s were");
}

/* A batch fits into a new file, with its header; a single line is written even where it does not.
 */
static size_t batch_most(const struct text_log *log)
{
    int64_t most = log->file->spec.size - (int64_t)strlen(log->file->spec.header);
    return most < 0 ? 0 : most < BATCH ? (size_t)most : BATCH;
}

static void add(struct text_logs *logs, struct text_log *log, const char *line, size_t length)
{
    if (log != logs->log || logs->length + length > batch_most(log))
        flush(logs);
    logs->log = log;
    memcpy(logs->batch + TEXT_HEADER_MAX + logs->length, line, length);
    logs->length += length;
    logs->lines++;
}

void text_logs_drain(struct text_logs *logs, struct text_queue *queue)
{
    char line[TEXT_LINE_MAX];
    struct text_file *file;
    size_t length;
    logs->drains++;
    while ((length = text_queue_take(queue, &file, line))) {
        if (logs->log && logs->log->file != file)
            flush(logs);
        struct text_log *log = log_of(logs, file);
        log->used = logs->drains;
        add(logs, log, line, length);
    }
    flush(logs);
    logs->log = NULL;
    for (struct text_log *log = logs->logs; log < logs->logs + LOGS; log++)
        if (log->file)
            say_no_room(logs, log);
}
