/* A damaged file is somebody's evidence: it keeps its place under another name. The file goes
 * before its log, because a log without its file is found out at the next opening, the other way
 * round it would not be. */

#include "store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "store/folder.h"

enum { ASIDE_MOST = 999 };

static bool exists(const char *path)
{
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool find_free(const char *path, char *aside, size_t size)
{
    for (int n = 1; n <= ASIDE_MOST; n++) {
        snprintf(aside, size, "%s.damaged-%d", path, n);
        if (!exists(aside))
            return true;
    }
    return false;
}

static void rename_beside(const char *path, const char *aside, const char *end)
{
    char from[4096 + 16], to[4096 + 16];
    snprintf(from, sizeof from, "%s%s", path, end);
    snprintf(to, sizeof to, "%s%s", aside, end);
    rename(from, to);
}

bool store_file_set_aside(const char *path, char *aside, size_t size, struct error *error)
{
    if (!find_free(path, aside, size))
        return error_set(error,
                         "%s is damaged, and there are %d such files beside it already; "
                         "remove some of them",
                         path, ASIDE_MOST);
    if (rename(path, aside) != 0)
        return error_set(error, "%s is damaged and cannot be renamed: %s", path, strerror(errno));
    rename_beside(path, aside, "-wal");
    rename_beside(path, aside, "-journal");
    folder_sync_of(path);
    return true;
}
