/* A number may be given again to a new file as soon as the old one is gone, so who cannot be sure
 * that it was there all the time looks at size and time, too. */

#include "base/file_identity.h"

#include <sys/stat.h>

static struct file_identity identity_of(const struct stat *status)
{
    return (struct file_identity){status->st_dev, status->st_ino, status->st_size, status->st_mtim};
}

bool file_identify(const char *path, struct file_identity *identity)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    *identity = identity_of(&status);
    return true;
}

bool file_identify_open(int fd, struct file_identity *identity)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return false;
    *identity = identity_of(&status);
    return true;
}

bool file_is_none(const struct file_identity *identity)
{
    return !identity->device && !identity->number;
}

bool file_is_same(const struct file_identity *a, const struct file_identity *b)
{
    return a->device == b->device && a->number == b->number;
}

bool file_is_unchanged(const struct file_identity *a, const struct file_identity *b)
{
    return file_is_same(a, b) && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}
