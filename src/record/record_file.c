/* Nothing that is no recording is ever written over: a mistyped name must not cost a script. */

#include "record/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "record/form.h"
#include "record/frame.h"
#include "base/packed.h"

enum { MAGIC = sizeof RECORD_MAGIC - 1 };

static bool fails(const char *what, const char *path, struct error *error)
{
    return error_set(error, "the recording cannot be %s %s: %s", what, path, strerror(errno));
}

/* The same of the file that is written; `full` where there may be room again. */
static bool write_fails(struct record_file *file, struct error *error)
{
    file->full = errno == ENOSPC || errno == EDQUOT;
    return fails("written to", file->path, error);
}

/* Whether a recording lies there, or nothing. An empty file is one that was about to become one. */
static bool is_ours(const char *path, int fd, struct error *error)
{
    char magic[MAGIC];
    struct stat status;
    bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    ssize_t length = is_file ? pread(fd, magic, sizeof magic, 0) : -1;
    if (length == 0 || (length == MAGIC && memcmp(magic, RECORD_MAGIC, MAGIC) == 0))
        return true;
    return error_set(error, "%s is there, and is no recording: it is not written over", path);
}

static bool is_former_ours(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT || fails("looked for in", path, error);
    bool ours = is_ours(path, fd, error);
    close(fd);
    return ours;
}

static bool lock(struct record_file *file, struct error *error)
{
    if (flock(file->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return error_set(error, "another program records into %s: give this one a file of its own",
                         file->path);
    return fails("locked in", file->path, error);
}

bool record_file_open(struct record_file *file, const char *path, struct error *error)
{
    size_t length = strlen(path) + sizeof ".1";
    *file = (struct record_file){
        .lock = -1, .path = memory_zeroed(1, length), .former = memory_zeroed(1, length)};
    snprintf(file->path, length, "%s", path);
    snprintf(file->former, length, "%s.1", path);
    if (!is_former_ours(file->former, error))
        return false;
    file->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file->lock < 0)
        return fails("written to", path, error);
    return is_ours(path, file->lock, error) && lock(file, error);
}

void record_file_close(struct record_file *file)
{
    if (file->file)
        fclose(file->file);
    if (file->lock >= 0)
        close(file->lock);
    free(file->path);
    free(file->former);
    *file = (struct record_file){.lock = -1};
}

static bool create(struct record_file *file, struct error *error)
{
    file->lock = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    file->kept = 0;
    return file->lock >= 0 ? lock(file, error) : write_fails(file, error);
}

/* The new FILE is locked before the lock of the old one is let go of. */
static bool replace(struct record_file *file, struct error *error)
{
    int former = file->lock;
    if (rename(file->path, file->former) != 0 && errno != ENOENT)
        return fails("renamed to", file->former, error);
    bool ok = create(file, error);
    close(former);
    return ok;
}

static off_t end_of_frames(FILE *file)
{
    struct frame frame = {0};
    off_t end = MAGIC;
    while (frame_read(&frame, file) == FRAME_WHOLE)
        end += RECORD_HEAD + (off_t)frame.length;
    frame_finish(&frame);
    return end;
}

/* Where the last frame ends that a reader would take: a process may have been cut off behind it,
 * and a power loss may have left anything there. */
static off_t find_end(const struct record_file *file)
{
    char magic[MAGIC];
    int fd = dup(file->lock);
    FILE *there = fd < 0 ? NULL : fdopen(fd, "rb");
    off_t end = 0;
    if (there && fseeko(there, 0, SEEK_SET) == 0 && fread(magic, 1, MAGIC, there) == MAGIC)
        end = end_of_frames(there);
    if (there)
        fclose(there);
    else if (fd >= 0)
        close(fd);
    return end;
}

static bool put_magic(struct record_file *file)
{
    file->size = MAGIC;
    return fwrite(RECORD_MAGIC, 1, MAGIC, file->file) == MAGIC && fflush(file->file) == 0;
}

/* Behind so many bytes; what is there beyond goes. */
static bool start(struct record_file *file, off_t end, struct error *error)
{
    int fd = dup(file->lock);
    file->file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!file->file) {
        write_fails(file, error);
        if (fd >= 0)
            close(fd);
        return false;
    }
    file->size = file->kept = (uint64_t)end;
    bool ok = ftruncate(fd, end) == 0 && fseeko(file->file, end, SEEK_SET) == 0 &&
              (end || put_magic(file));
    if (!ok)
        return write_fails(file, error);
    file->kept = file->size;
    return true;
}

bool record_file_begin(struct record_file *file, struct error *error)
{
    return start(file, find_end(file), error);
}

bool record_file_turn(struct record_file *file, struct error *error)
{
    bool ok = fclose(file->file) == 0 || write_fails(file, error);
    file->file = NULL;
    return ok && replace(file, error) && start(file, 0, error);
}

void record_file_cut(struct record_file *file)
{
    if (file->file)
        fclose(file->file);
    file->file = NULL;
    file->size = file->kept;
    if (file->lock >= 0 && ftruncate(file->lock, (off_t)file->kept) != 0)
        file->full = false; /* no place to go on from */
}

bool record_file_resume(struct record_file *file, struct error *error)
{
    file->full = false;
    return (file->lock >= 0 || create(file, error)) && start(file, (off_t)file->kept, error);
}

bool record_file_write(struct record_file *file, const uint8_t *frame, size_t length,
                       struct error *error)
{
    uint8_t head[RECORD_HEAD];
    packed_put_low_first(head, (uint32_t)length);
    packed_put_low_first(head + 4, packed_sum(frame, length));
    if (fwrite(head, 1, sizeof head, file->file) != sizeof head ||
        fwrite(frame, 1, length, file->file) != length)
        return write_fails(file, error);
    file->size += sizeof head + length;
    return true;
}

bool record_file_flush(struct record_file *file, struct error *error)
{
    if (fflush(file->file) != 0)
        return write_fails(file, error);
    file->kept = file->size;
    return true;
}

bool record_file_is_there(const struct record_file *file, struct error *error)
{
    struct stat there, ours;
    if (stat(file->path, &there) == 0 && fstat(file->lock, &ours) == 0 &&
        there.st_ino == ours.st_ino && there.st_dev == ours.st_dev)
        return true;
    return error_set(error, "the recording %s was moved or removed by somebody else", file->path);
}
