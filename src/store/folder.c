/* One part of the path after the other, as `mkdir -p` does. */

#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int folder_open_of(const char *file)
{
    char folder[PATH];
    const char *slash = strrchr(file, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) + 1 : 1,
             slash ? file : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void folder_sync_of(const char *file)
{
    int fd = folder_open_of(file);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}
