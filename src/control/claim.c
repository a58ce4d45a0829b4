/* The lock is the kernel's and ends with the process, however that ends. The file is removed only
 * by who holds its lock; who then finds that the file he has locked is no longer the one of that
 * name tries again. */

#include "control/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_still_there(const struct claim *claim)
{
    struct stat ours, named;
    return fstat(claim->fd, &ours) == 0 && lstat(claim->path, &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static long holder_of(int fd)
{
    char text[32] = "";
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    return length > 0 ? strtol(text, NULL, 10) : 0;
}

static void write_holder(int fd)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* Only for the words of a refusal. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)
        return;
}

static bool refuse(struct claim *claim, const char *name, int code, struct error *error)
{
    long holder = claim->fd >= 0 ? holder_of(claim->fd) : 0;
    if (claim->fd >= 0)
        close(claim->fd);
    claim->fd = -1;
    if (code != EWOULDBLOCK)
        return error_set(error, "%s: %s", claim->path, strerror(code));
    char number[48] = "";
    if (holder > 0)
        snprintf(number, sizeof number, " (process %ld)", holder);
    return error_set(error,
                     "a program \"%s\" is running already%s; msm stop --name %s ends it, and "
                     "program { name = \"…\" } gives this one another name",
                     name, number, name);
}

bool claim_take(struct claim *claim, const char *path, const char *name, struct error *error)
{
    snprintf(claim->path, sizeof claim->path, "%.*s.lock", PLACE_PATH, path);
    for (;;) {
        claim->fd = open(claim->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (claim->fd < 0 || flock(claim->fd, LOCK_EX | LOCK_NB) != 0)
            return refuse(claim, name, errno, error);
        if (is_still_there(claim)) {
            write_holder(claim->fd);
            return true;
        }
        close(claim->fd);
    }
}

void claim_give_up(struct claim *claim)
{
    if (claim->fd < 0)
        return;
    unlink(claim->path);
    close(claim->fd);
    claim->fd = -1;
}
