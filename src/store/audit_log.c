/* All entries there are go out with one write. A write that fails, or ends in the middle of a line,
 * leaves the file as it was: what was in it is counted, and the next line that can be written says
 * how many. */

#include "store/audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "store/audit_json.h"
#include "store/file_kind.h"

enum { PATH = 4096 + 64, BATCH = 128 * 1024 };

struct audit_log {
    char path[PATH];
    int fd; /* -1: not open */
    off_t size;
    uint64_t lost;
    bool failed;
    size_t used, lines; /* in the batch … */
    uint64_t said;      /* … which says so many of the lost */
    char batch[BATCH];
};

struct audit_log *audit_log_open(const char *directory, const char *name, struct error *error)
{
    struct audit_log *log = calloc(1, sizeof *log);
    if (!log) {
        error_set(error, "out of memory for the audit log");
        return NULL;
    }
    log->fd = -1;
    snprintf(log->path, sizeof log->path, "%s/%s.audit", directory, name);
    return log;
}

static void close_file(struct audit_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

void audit_log_close(struct audit_log *log)
{
    if (!log)
        return;
    close_file(log);
    free(log);
}

/* After a power loss the last line may be a half one: it ends there. */
static bool end_last_line(const struct audit_log *log)
{
    char last;
    return log->size == 0 || pread(log->fd, &last, 1, log->size - 1) != 1 || last == '\n' ||
           write(log->fd, "\n", 1) == 1;
}

static bool open_file(struct audit_log *log)
{
    struct stat file;
    log->fd =
        open(log->path,
             O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (log->fd < 0)
        return false;
    if (fstat(log->fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        close_file(log);
        return false;
    }
    log->size = file.st_size;
    if (!end_last_line(log) || fstat(log->fd, &file) != 0)
        return false;
    log->size = file.st_size;
    return true;
}

/* Somebody who rotates or clears logs of his own does no harm. */
static bool is_elsewhere(const struct audit_log *log)
{
    struct stat open, named;
    return fstat(log->fd, &open) != 0 || stat(log->path, &named) != 0 ||
           open.st_ino != named.st_ino || open.st_dev != named.st_dev;
}

static void rotate(struct audit_log *log)
{
    char from[PATH + 16], to[PATH + 16];
    close_file(log);
    for (int n = AUDIT_FILES; n > 1; n--) {
        snprintf(from, sizeof from, "%s.%d", log->path, n - 1);
        snprintf(to, sizeof to, "%s.%d", log->path, n);
        rename(from, to);
    }
    snprintf(to, sizeof to, "%s.1", log->path);
    rename(log->path, to);
}

static bool be_open(struct audit_log *log)
{
    if (log->fd >= 0 && is_elsewhere(log))
        close_file(log);
    if (log->fd < 0 && !open_file(log))
        return false;
    if (log->size + (off_t)log->used <= AUDIT_FILE_MAX || log->size == 0)
        return true;
    rotate(log);
    return open_file(log);
}

/* A part of it is none of it. */
static bool write_batch(struct audit_log *log)
{
    if (!be_open(log))
        return false;
    ssize_t written = write(log->fd, log->batch, log->used);
    if (written == (ssize_t)log->used) {
        log->size += written;
        return true;
    }
    int code = written < 0 ? errno : ENOSPC;
    if (ftruncate(log->fd, log->size) != 0)
        close_file(log);
    errno = code;
    return false;
}

/* What the system says of a pipe or a link would help nobody. */
static const char *why(const struct audit_log *log, int code, char text[64])
{
    struct stat named;
    const char *kind = lstat(log->path, &named) == 0 ? file_kind(named.st_mode) : NULL;
    if (!kind)
        return strerror(code);
    snprintf(text, 64, "it is %s, not a file; move it away", kind);
    return text;
}

/* The error only where it is news. */
static bool flush(struct audit_log *log, struct error *error)
{
    if (log->used == 0)
        return true;
    char text[64];
    bool ok = write_batch(log), news = !ok && !log->failed;
    if (news)
        error_set(error, "the audit log %s cannot be written: %s; what is lost is counted",
                  log->path, why(log, errno, text));
    log->lost = ok ? log->lost - log->said : log->lost + log->lines;
    log->failed = !ok;
    log->used = log->lines = log->said = 0;
    return !news;
}

static void add_lost(struct audit_log *log)
{
    uint64_t lost = log->lost - log->said;
    if (lost)
        log->used += audit_json_lost(lost, clock_now().utc, log->batch + log->used);
    log->said = log->lost;
}

bool audit_log_drain(struct audit_log *log, struct audit *audit, struct error *error)
{
    struct audit_entry entry;
    uint64_t lost = 0;
    bool ok = true;
    while (audit_take(audit, &entry, &lost)) {
        if (log->used + 2 * AUDIT_LINE > BATCH)
            ok = flush(log, error) && ok;
        log->lost += lost;
        add_lost(log);
        log->used += audit_json(&entry, log->batch + log->used);
        log->lines++;
        plan_unref(entry.plan);
    }
    log->lost += lost;
    add_lost(log);
    return flush(log, error) && ok;
}

void audit_log_skip(struct audit *audit)
{
    struct audit_entry entry;
    uint64_t lost;
    while (audit_take(audit, &entry, &lost))
        plan_unref(entry.plan);
}
