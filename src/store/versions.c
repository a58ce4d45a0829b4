/* Numbers are names: the greatest one is the newest. Whoever looks into the folder reads them with
 * any editor. */

#include "store/versions.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "store/folder.h"
#include "store/script_file.h"

enum { KEPT_MOST = 4096, HEAD = 1024 }; /* files in the folder that are looked at; bytes */

static const char FORMAT[] = "-- %s\n-- %" PRId64 "\n-- %s\n\n";

static bool name_of(const char *folder, uint32_t id, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%08" PRIu32 ".lua", folder, id) < PATH_MAX;
}

/* The next line of a head, without its dashes. */
static bool read_line(FILE *file, char *to, size_t size)
{
    char line[HEAD];
    if (!fgets(line, sizeof line, file) || strncmp(line, "-- ", 3) != 0)
        return false;
    size_t length = strcspn(line + 3, "\n");
    if (length >= size)
        return false;
    memcpy(to, line + 3, length);
    to[length] = '\0';
    return true;
}

/* Leaves the file where its text begins; NULL: it is no version. */
static FILE *open_one(const char *folder, uint32_t id, struct version *version)
{
    char path[PATH_MAX], time[32], empty[4];
    FILE *file = name_of(folder, id, path) ? fopen(path, "re") : NULL;
    *version = (struct version){.id = id};
    if (!file)
        return NULL;
    if (read_line(file, version->path, sizeof version->path) &&
        read_line(file, time, sizeof time) && read_line(file, version->who, sizeof version->who) &&
        fgets(empty, sizeof empty, file) && *empty == '\n') {
        long at = ftell(file);
        version->time = strtoll(time, NULL, 10);
        if (at >= 0 && fseek(file, 0, SEEK_END) == 0) {
            version->size = (size_t)(ftell(file) - at);
            if (fseek(file, at, SEEK_SET) == 0)
                return file;
        }
    }
    fclose(file);
    errno = EINVAL;
    return NULL;
}

/* ---- all of them ---- */

static int newest_first(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? 1 : one > other ? -1 : 0;
}

/* Their numbers, newest first. */
static size_t numbers(const char *folder, uint32_t *ids)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    for (struct dirent *entry; dir && count < KEPT_MOST && (entry = readdir(dir));) {
        char *end;
        unsigned long id = strtoul(entry->d_name, &end, 10);
        if (*entry->d_name >= '0' && *entry->d_name <= '9' && strcmp(end, ".lua") == 0 &&
            id <= UINT32_MAX)
            ids[count++] = (uint32_t)id;
    }
    if (dir)
        closedir(dir);
    qsort(ids, count, sizeof *ids, newest_first);
    return count;
}

/* Of one file; those beyond the last VERSIONS_MOST are removed where that is asked for. */
static size_t walk(const char *folder, const char *path, struct version *list, bool prunes)
{
    uint32_t *ids = malloc(KEPT_MOST * sizeof *ids);
    size_t found = 0, count = ids ? numbers(folder, ids) : 0;
    for (size_t i = 0; i < count; i++) {
        struct version version;
        char name[PATH_MAX];
        FILE *file = open_one(folder, ids[i], &version);
        if (!file)
            continue;
        fclose(file);
        if (strcmp(version.path, path) != 0)
            continue;
        if (found < VERSIONS_MOST && list)
            list[found] = version;
        if (found >= VERSIONS_MOST && prunes && name_of(folder, ids[i], name))
            unlink(name);
        found++;
    }
    free(ids);
    return found < VERSIONS_MOST ? found : VERSIONS_MOST;
}

size_t versions_list(const char *folder, const char *path, struct version list[VERSIONS_MOST])
{
    return walk(folder, path, list, false);
}

/* ---- one ---- */

char *versions_read(const char *folder, uint32_t id, struct version *version, struct error *error)
{
    FILE *file = open_one(folder, id, version);
    char *text = file && version->size <= SCRIPT_MOST ? malloc(version->size + 1) : NULL;
    bool ok = text && fread(text, 1, version->size, file) == version->size;
    if (ok)
        text[version->size] = '\0';
    if (file)
        fclose(file);
    if (ok)
        return text;
    free(text);
    error_set(error, "there is no version %" PRIu32, id);
    return NULL;
}

static uint32_t next_id(const char *folder)
{
    uint32_t *ids = malloc(KEPT_MOST * sizeof *ids);
    uint32_t next = ids && numbers(folder, ids) ? ids[0] + 1 : 1;
    free(ids);
    return next;
}

bool versions_add(const char *folder, const char *path, const char *who, const char *text,
                  size_t length, struct error *error)
{
    char name[PATH_MAX];
    if (strlen(path) >= VERSION_PATH || strpbrk(path, "\n\r")) /* it would not be found again */
        return error_set(error, "cannot keep a version of %.100s: its path is too long", path);
    if (!folder_make(folder, error))
        return false;
    FILE *file = name_of(folder, next_id(folder), name) ? fopen(name, "wxe") : NULL;
    if (!file)
        return error_set(error, "cannot keep a version in %s: %s", folder, strerror(errno));
    fprintf(file, FORMAT, path, clock_now().utc, who);
    fwrite(text, 1, length, file);
    bool ok = !ferror(file);
    if (fclose(file) != 0 || !ok) {
        unlink(name);
        return error_set(error, "cannot keep a version in %s: %s", folder, strerror(errno));
    }
    walk(folder, path, NULL, true);
    return true;
}
