/* One part of the path after the other, as `mkdir -p` does. */

#include "store/folder.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH = 4096 };

bool folder_make(const char *path, struct error *error)
{
    char part[PATH];
    for (const char *end = path; end; end = strchr(end + 1, '/')) {
        const char *next = strchr(end + 1, '/');
        snprintf(part, sizeof part, "%.*s", (int)(next ? next - path : (ptrdiff_t)strlen(path)),
                 path);
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return error_set(error, "cannot make the folder %s: %s", part, strerror(errno));
    }
    return true;
}
