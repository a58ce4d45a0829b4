/* Nothing that is no recording is ever written over: a mistyped name must not cost a script. */

#include "record/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "record/form.h"
#include "record/packed.h"

enum { MAGIC = sizeof RECORD_MAGIC - 1 };

static bool fails(const char *what, const char *path, struct error *error)
{
    return error_set(error, "the recording cannot be %s %s: %s", what, path, strerror(errno));
}

/* Whether a recording lies there, or nothing. An empty file is one that was about to become one. */
static bool is_ours(const char *path, struct error *error)
{
    char magic[MAGIC];
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || fails("looked for in", path, error);
    bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    ssize_t length = is_file ? read(fd, magic, sizeof magic) : -1;
    close(fd);
    if (length == 0 || (length == MAGIC && memcmp(magic, RECORD_MAGIC, MAGIC) == 0))
        return true;
    return error_set(error, "%s is there, and is no recording: it is not written over", path);
}

static bool begin(struct record_file *file, struct error *error)
{
    int fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    file->file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!file->file) {
        fails("written to", file->path, error);
        if (fd >= 0)
            close(fd);
        return false;
    }
    file->size = MAGIC;
    return (fwrite(RECORD_MAGIC, 1, MAGIC, file->file) == MAGIC && fflush(file->file) == 0) ||
           fails("written to", file->path, error);
}

static bool make_room(const struct record_file *file, struct error *error)
{
    return rename(file->path, file->former) == 0 || errno == ENOENT ||
           fails("renamed to", file->former, error);
}

bool record_file_open(struct record_file *file, const char *path, struct error *error)
{
    size_t length = strlen(path) + sizeof ".1";
    *file =
        (struct record_file){.path = memory_zeroed(1, length), .former = memory_zeroed(1, length)};
    snprintf(file->path, length, "%s", path);
    snprintf(file->former, length, "%s.1", path);
    return is_ours(file->path, error) && is_ours(file->former, error) && make_room(file, error) &&
           begin(file, error);
}

void record_file_close(struct record_file *file)
{
    if (file->file)
        fclose(file->file);
    free(file->path);
    free(file->former);
    *file = (struct record_file){.file = NULL};
}

bool record_file_turn(struct record_file *file, struct error *error)
{
    bool ok = fclose(file->file) == 0 || fails("written to", file->path, error);
    file->file = NULL;
    return ok && make_room(file, error) && begin(file, error);
}

static void put_low_first(uint8_t *bytes, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
}

bool record_file_write(struct record_file *file, const uint8_t *frame, size_t length,
                       struct error *error)
{
    uint8_t head[RECORD_HEAD];
    put_low_first(head, (uint32_t)length);
    put_low_first(head + 4, packed_sum(frame, length));
    if (fwrite(head, 1, sizeof head, file->file) != sizeof head ||
        fwrite(frame, 1, length, file->file) != length)
        return fails("written to", file->path, error);
    file->size += sizeof head + length;
    return true;
}

bool record_file_flush(struct record_file *file, struct error *error)
{
    return fflush(file->file) == 0 || fails("written to", file->path, error);
}
