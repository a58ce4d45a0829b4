/* A program is found by its socket's file, and runs if somebody answers there: a dead one's file
 * refuses connections. */

#include "control/place_inside.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/nearest.h"

/* ---- connecting ---- */

/* Waits at most a second: one whose queue is full is alive all the same. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 1};
    const struct timeval none = {0};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
        return fd;
    }
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

bool place_answers(const char *path)
{
    int fd = connect_to(path);
    bool alive = fd >= 0 || errno == EAGAIN;
    if (fd >= 0)
        close(fd);
    return alive;
}

static bool runs(const char *folder, const char *name)
{
    char path[PLACE_PATH];
    struct error error;
    return place_join(path, folder, name, &error) && place_answers(path);
}

/* ---- who runs ---- */

struct found {
    char **names;
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "tank" of "tank.sock"; NULL for other files. */
static char *name_of(const char *file)
{
    size_t length = strlen(file), suffix = sizeof PLACE_SUFFIX - 1;
    if (*file == '.' || length <= suffix || strcmp(file + length - suffix, PLACE_SUFFIX) != 0)
        return NULL;
    return strndup(file, length - suffix);
}

static void add_name(struct found *found, char *name)
{
    char **names = realloc(found->names, (found->count + 1) * sizeof *names);
    if (!names) {
        free(name);
        return;
    }
    found->names = names;
    found->names[found->count++] = name;
}

static void find_running(struct found *found, const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char *name = name_of(entry->d_name);
        if (name && runs(folder, name))
            add_name(found, name);
        else
            free(name);
    }
    if (directory)
        closedir(directory);
    if (found->count)
        qsort(found->names, found->count, sizeof *found->names, compare);
}

static void free_found(struct found *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->names[i]);
    free(found->names);
}

/* With `between` between them, and after the last one `end`. */
static char *join_names(const struct found *found, const char *between, const char *end)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    for (size_t i = 0; stream && i < found->count; i++)
        fprintf(stream, "%s%s", found->names[i], i + 1 < found->count ? between : end);
    if (stream)
        fclose(stream);
    return text ? text : calloc(1, 1);
}

char *place_running(void)
{
    char folder[PLACE_PATH];
    struct error error;
    struct found found = {0};
    if (place_folder(folder, false, &error))
        find_running(&found, folder);
    char *text = join_names(&found, "\n", "\n");
    free_found(&found);
    return text;
}

/* ---- the one that is meant ---- */

static bool refuse_unknown(const struct found *found, const char *wanted, const char *folder,
                           struct error *error)
{
    struct nearest nearest;
    char *all = join_names(found, ", ", "");
    nearest_init(&nearest, wanted);
    for (size_t i = 0; i < found->count; i++)
        nearest_offer(&nearest, found->names[i]);
    const char *best = nearest_word(&nearest);
    if (best)
        error_set(error, "no program \"%s\" is running; did you mean %s?", wanted, best);
    else if (found->count)
        error_set(error, "no program \"%s\" is running, only: %s", wanted, all);
    else
        error_set(error, "no program is running (looked in %s); msm run FILE starts one", folder);
    free(all);
    return false;
}

static bool choose(const struct found *found, const char *wanted, const char *folder,
                   const char **name, struct error *error)
{
    for (size_t i = 0; wanted && i < found->count; i++) {
        if (strcmp(found->names[i], wanted) == 0) {
            *name = found->names[i];
            return true;
        }
    }
    if (wanted || found->count == 0)
        return refuse_unknown(found, wanted ? wanted : "", folder, error);
    *name = found->names[0];
    if (found->count == 1)
        return true;
    char *all = join_names(found, ", ", "");
    error_set(error, "several programs are running: %s; --name says which", all);
    free(all);
    return false;
}

static int connect_named(const char *folder, const char *found, char *name, struct error *error)
{
    char path[PLACE_PATH];
    if (!place_join(path, folder, found, error))
        return -1;
    int fd = connect_to(path);
    bool is_silent = fd < 0 && errno == EAGAIN;
    if (fd < 0)
        error_set(error, "the program \"%s\" does not answer at %s: %s", found, path,
                  is_silent ? "it takes no more connections; is it stopped?" : strerror(errno));
    else if (name)
        snprintf(name, PLACE_NAME + 1, "%s", found);
    return is_silent ? PLACE_SILENT : fd;
}

int place_connect(const char *wanted, char *name, struct error *error)
{
    char folder[PLACE_PATH];
    const char *chosen;
    struct found found = {0};
    if (!place_folder(folder, false, error))
        return -1;
    find_running(&found, folder);
    int fd = -1;
    if (choose(&found, wanted, folder, &chosen, error))
        fd = connect_named(folder, chosen, name, error);
    free_found(&found);
    return fd;
}
