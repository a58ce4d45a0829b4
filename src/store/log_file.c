/* Every write goes to the end, whoever else writes; one that fails, or ends in the middle, leaves
 * the file as it was. */

#include "store/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "store/file_kind.h"

void log_file_init(struct log_file *file, const char *directory, const char *name, const char *end,
                   unsigned files, mode_t mode)
{
    *file = (struct log_file){.fd = -1, .end = end, .files = files, .mode = mode};
    snprintf(file->stem, sizeof file->stem, "%s/%s", directory, name);
    snprintf(file->path, sizeof file->path, "%s/%s%s", directory, name, end);
}

void log_file_close(struct log_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static bool is_elsewhere(const struct log_file *file)
{
    struct stat open, named;
    return fstat(file->fd, &open) != 0 || stat(file->path, &named) != 0 ||
           open.st_ino != named.st_ino || open.st_dev != named.st_dev;
}

enum log_file_state log_file_open(struct log_file *file)
{
    struct stat status;
    if (file->fd >= 0 && is_elsewhere(file))
        log_file_close(file);
    if (file->fd >= 0)
        return LOG_FILE_OPEN;
    file->fd = open(file->path,
                    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                    file->mode);
    if (file->fd < 0)
        return LOG_FILE_FAILED;
    if (fstat(file->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        log_file_close(file);
        return LOG_FILE_FAILED;
    }
    file->size = status.st_size;
    file->written = (int64_t)status.st_mtim.tv_sec * NS_PER_S + status.st_mtim.tv_nsec;
    return LOG_FILE_OPENED;
}

/* A part that was written; not where somebody else has added to the file meanwhile. */
static void take_back(struct log_file *file, ssize_t written)
{
    struct stat status;
    bool is_last = fstat(file->fd, &status) == 0 && status.st_size == file->size + written;
    if (!is_last || ftruncate(file->fd, file->size) != 0)
        log_file_close(file);
}

bool log_file_write(struct log_file *file, const char *bytes, size_t length)
{
    ssize_t written = write(file->fd, bytes, length);
    if (written == (ssize_t)length) {
        file->size += written;
        file->written = clock_now().utc;
        return true;
    }
    int code = written < 0 ? errno : ENOSPC;
    if (written > 0)
        take_back(file, written);
    errno = code;
    return false;
}

const char *log_file_nth(const struct log_file *file, unsigned n, char path[LOG_FILE_PATH])
{
    snprintf(path, LOG_FILE_PATH, "%.*s.%u%s", LOG_FILE_PATH - 32, file->stem, n, file->end);
    return path;
}

/* Each of the full ones, and what lies aside as number 0, is the next one. Where one cannot be
 * moved, none takes its place. */
static bool shift(const struct log_file *file)
{
    char from[LOG_FILE_PATH], to[LOG_FILE_PATH];
    for (unsigned n = file->files; n > 0; n--) {
        if (rename(log_file_nth(file, n - 1, from), log_file_nth(file, n, to)) != 0 &&
            errno != ENOENT)
            return false;
    }
    return true;
}

/* The file goes aside first: this is tried again with each line, and where it cannot go the older
 * ones must stay where they are. One that lies aside already was left there by a power loss. */
bool log_file_turn(struct log_file *file)
{
    char aside[LOG_FILE_PATH];
    log_file_close(file);
    log_file_nth(file, 0, aside);
    if (access(aside, F_OK) == 0 && !shift(file))
        return false;
    if (rename(file->path, aside) != 0)
        return errno == ENOENT;
    if (shift(file))
        return true;
    int code = errno;
    rename(aside, file->path);
    errno = code;
    return false;
}

/* What the system says of a pipe or a link would help nobody. */
const char *log_file_why(const struct log_file *file, int code, char text[64])
{
    struct stat named;
    const char *kind = lstat(file->path, &named) == 0 ? file_kind(named.st_mode) : NULL;
    if (!kind)
        return strerror(code);
    snprintf(text, 64, "it is %s, not a file; move it away", kind);
    return text;
}
