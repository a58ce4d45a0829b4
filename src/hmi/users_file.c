/* The users file on the disk. It is replaced, never written into, so that who reads it finds it
 * whole; and it is looked at before it is believed. */

#include "hmi/users.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/folder.h"

enum { SIZE_MOST = 256 * 1024 };

/* ---- reading ---- */

static bool check_file(int fd, const char *path, struct stat *status, struct error *error)
{
    if (fstat(fd, status) != 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status->st_mode))
        return error_set(error, "%s is no file", path);
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return error_set(error, "%s belongs to user %u, not to the one who runs msm", path,
                         (unsigned)status->st_uid);
    if (status->st_mode & (S_IRWXG | S_IRWXO))
        return error_set(error, "others may read or write %s; chmod 600 %s keeps them out", path,
                         path);
    if (status->st_size > SIZE_MOST)
        return error_set(error, "%s is too large for users", path);
    return true;
}

static bool read_all(int fd, const char *path, char *text, size_t size, struct error *error)
{
    size_t length = 0;
    ssize_t got;
    while (length < size && (got = read(fd, text + length, size - length)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "%s: %s", path, strerror(errno));
        length += (size_t)got;
    }
    text[length] = '\0';
    return strlen(text) == length || error_set(error, "%s is no text", path);
}

bool users_load(const char *path, struct users *users, struct error *error)
{
    struct stat status;
    *users = (struct users){NULL, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT || error_set(error, "%s: %s", path, strerror(errno));
    bool ok = check_file(fd, path, &status, error);
    char *text = ok ? malloc((size_t)status.st_size + 1) : NULL;
    if (ok && !text)
        ok = error_set(error, "out of memory for %s", path);
    ok = ok && read_all(fd, path, text, (size_t)status.st_size, error) &&
         (users_parse(text, users, error) || error_prefix(error, "%s, ", path));
    if (text)
        password_wipe(text, (unsigned long)status.st_size);
    free(text);
    close(fd);
    return ok;
}

/* ---- writing ---- */

int users_lock(const char *path, struct error *error)
{
    int fd = folder_open_of(path);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    error_set(error, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool print_all(int fd, const struct users *users)
{
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return false;
    }
    fprintf(file, "# Who may log in to the pages; msm passwd writes this file.\n");
    for (size_t i = 0; i < users->count; i++)
        fprintf(file, "%s %s %s\n", users->list[i].name, role_name(users->list[i].role),
                users->list[i].hash);
    bool ok = fflush(file) == 0 && !ferror(file) && fsync(fd) == 0;
    return (fclose(file) == 0) && ok;
}

bool users_save(const char *path, const struct users *users, struct error *error)
{
    char aside[PATH_MAX];
    snprintf(aside, sizeof aside, "%s.new", path);
    unlink(aside); /* of one that was killed meanwhile */
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && print_all(fd, users) && rename(aside, path) == 0) {
        folder_sync_of(path);
        return true;
    }
    error_set(error, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        unlink(aside);
    return false;
}
