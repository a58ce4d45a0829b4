/* The new text is a file of its own until rename() exchanges the two, so that nobody ever reads
 * half of it. Its name does not end in .lua: whoever watches the folder passes it over. */

#include "store/script_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/utf8.h"
#include "store/folder.h"

/* ---- reading ---- */

static bool read_all(int fd, struct script_text *script)
{
    script->text = malloc(SCRIPT_MOST + 2);
    script->length = 0;
    while (script->text && script->length <= SCRIPT_MOST) {
        ssize_t got = read(fd, script->text + script->length, SCRIPT_MOST + 1 - script->length);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return false;
        script->length += got > 0 ? (size_t)got : 0;
    }
    if (script->text)
        script->text[script->length] = '\0';
    return script->text;
}

bool script_check(const char *path, const char *text, size_t length, struct error *error)
{
    if (length > SCRIPT_MOST)
        return error_set(error, "%s is longer than the %d KiB that are edited from here", path,
                         SCRIPT_MOST / 1024);
    if (memchr(text, '\0', length) || !utf8_is_valid(text, length))
        return error_set(error, "%s is no text in UTF-8, and is not edited from here", path);
    return true;
}

bool script_read(const char *path, struct script_text *script, struct error *error)
{
    struct stat status;
    *script = (struct script_text){.text = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    file_identify_open(fd, &script->file);
    bool ok = is_file && read_all(fd, script);
    int code = is_file ? errno : 0;
    close(fd);
    if (!ok)
        error_set(error, "cannot read %s: %s", path, code ? strerror(code) : "it is no file");
    ok = ok && script_check(path, script->text, script->length, error);
    if (!ok) {
        free(script->text);
        script->text = NULL;
    }
    return ok;
}

/* FNV-1a: tells texts apart, keeps no secret. */
void script_version(const char *text, size_t length, char version[SCRIPT_VERSION])
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)text[i]) * 1099511628211u;
    snprintf(version, SCRIPT_VERSION, "%016" PRIx64 "-%zu", sum, length);
}

/* ---- writing ---- */

static bool write_all(int fd, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t put = write(fd, text + at, length - at);
        if (put < 0 && errno != EINTR)
            return false;
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* As the file was; a folder in which it is somebody else's is not for us to change that. */
static bool take_after(int fd, const char *path)
{
    struct stat status, own;
    if (stat(path, &status) != 0)
        return errno == ENOENT && fchmod(fd, 0644) == 0;
    if (fstat(fd, &own) != 0)
        return false;
    if ((own.st_uid != status.st_uid || own.st_gid != status.st_gid) &&
        fchown(fd, status.st_uid, status.st_gid) != 0)
        return false;
    return fchmod(fd, status.st_mode & 07777) == 0;
}

/* To where links lead; a file that has gone is made again where it was. */
static bool find_place(const char *path, struct script_staged *staged)
{
    if (realpath(path, staged->path))
        return true;
    return errno == ENOENT &&
           snprintf(staged->path, sizeof staged->path, "%s", path) < (int)sizeof staged->path;
}

bool script_stage(const char *path, const char *text, size_t length, struct script_staged *staged,
                  struct error *error)
{
    static const char END[] = ".edit-XXXXXX";
    if (!find_place(path, staged))
        return error_set(error, "cannot write %s: %s", path, strerror(errno));
    int needed = snprintf(staged->beside, sizeof staged->beside, "%s%s", staged->path, END);
    int fd = needed < (int)sizeof staged->beside ? mkostemp(staged->beside, O_CLOEXEC) : -1;
    if (fd < 0)
        return error_set(error, "cannot write beside %s: %s", path, strerror(errno));
    bool ok = write_all(fd, text, length) && take_after(fd, staged->path) && fsync(fd) == 0;
    int code = errno;
    file_identify_open(fd, &staged->file);
    if (close(fd) != 0 && ok) {
        ok = false;
        code = errno;
    }
    if (ok)
        return true;
    script_unstage(staged);
    return error_set(error, "cannot write %s: %s", path, strerror(code));
}

bool script_place(const struct script_staged *staged, struct error *error)
{
    if (rename(staged->beside, staged->path) == 0) {
        folder_sync_of(staged->path);
        return true;
    }
    error_set(error, "cannot write %s: %s", staged->path, strerror(errno));
    script_unstage(staged);
    return false;
}

void script_unstage(const struct script_staged *staged)
{
    unlink(staged->beside);
}
