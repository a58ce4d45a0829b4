/* All entries there are go out with one write. What a write that failed had in it is counted, and
 * the next line that can be written says how many. */

#include "store/audit_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "store/audit_json.h"
#include "store/log_file.h"

enum { BATCH = 128 * 1024 };

struct audit_log {
    struct log_file file;
    uint64_t lost;
    bool failed;
    size_t used, lines; /* in the batch … */
    uint64_t said;      /* … which says so many of the lost */
    char batch[BATCH];
};

struct audit_log *audit_log_open(const char *directory, const char *name, struct error *error)
{
    struct audit_log *log = calloc(1, sizeof *log);
    char full[256 + sizeof ".audit"];
    if (!log) {
        error_set(error, "out of memory for the audit log");
        return NULL;
    }
    snprintf(full, sizeof full, "%.255s.audit", name);
    log_file_init(&log->file, directory, full, "", AUDIT_FILES, 0600);
    return log;
}

void audit_log_close(struct audit_log *log)
{
    if (!log)
        return;
    log_file_close(&log->file);
    free(log);
}

/* After a power loss the last line may be a half one: it ends there. */
static bool end_last_line(struct log_file *file)
{
    char last;
    if (file->size == 0 || pread(file->fd, &last, 1, file->size - 1) != 1 || last == '\n' ||
        log_file_write(file, "\n", 1))
        return true;
    log_file_close(file); /* and is tried again */
    return false;
}

static bool be_open(struct audit_log *log)
{
    enum log_file_state state = log_file_open(&log->file);
    if (state == LOG_FILE_FAILED || (state == LOG_FILE_OPENED && !end_last_line(&log->file)))
        return false;
    if (log->file.size + (off_t)log->used <= AUDIT_FILE_MAX || log->file.size == 0)
        return true;
    return log_file_turn(&log->file) && log_file_open(&log->file) != LOG_FILE_FAILED;
}

/* The error only where it is news. */
static bool flush(struct audit_log *log, struct error *error)
{
    if (log->used == 0)
        return true;
    char text[64];
    bool ok = be_open(log) && log_file_write(&log->file, log->batch, log->used);
    bool news = !ok && !log->failed;
    if (news)
        error_set(error, "the audit log %s cannot be written: %s; what is lost is counted",
                  log->file.path, log_file_why(&log->file, errno, text));
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
