/* In a person's words, because "Illegal seek" is what the system would say of a pipe. */

#include "store/file_kind.h"

#include <stddef.h>

const char *file_kind(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return NULL;
    case S_IFDIR:
        return "a folder";
    case S_IFIFO:
        return "a pipe";
    case S_IFSOCK:
        return "a socket";
    case S_IFLNK:
        return "a link";
    default:
        return "a device";
    }
}
