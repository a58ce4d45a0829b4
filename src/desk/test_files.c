/* Not what lies deeper in a folder: a test reads its modules from beside it. */

#include "desk/test_files.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct test_files *files, char *path)
{
    char **paths = realloc(files->paths, (files->count + 1) * sizeof *paths);
    if (!paths)
        memory_short(sizeof *paths);
    files->paths = paths;
    files->paths[files->count++] = path;
}

static int is_test(const struct dirent *entry)
{
    return fnmatch("test_*.lua", entry->d_name, 0) == 0;
}

static char *join(const char *folder, const char *name)
{
    char *path;
    const char *between = folder[strlen(folder) - 1] == '/' ? "" : "/";
    if (asprintf(&path, "%s%s%s", folder, between, name) < 0)
        memory_short(strlen(folder) + strlen(name));
    return path;
}

static bool add_folder(struct test_files *files, const char *folder, struct error *error)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_test, alphasort);
    if (count < 0)
        return error_set(error, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        add(files, join(folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return count > 0 || error_set(error, "%s: no file in this folder is called test_….lua", folder);
}

bool test_files_add(struct test_files *files, const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return add_folder(files, path, error);
    add(files, memory_string(path));
    return true;
}

void test_files_finish(struct test_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
}
