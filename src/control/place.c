/* The folder and the names in it. */

#include "control/place_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the folder ---- */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int name_folder(char *folder, size_t size)
{
    const char *own = variable("MSM_RUN"), *runtime = variable("XDG_RUNTIME_DIR");
    if (own)
        return snprintf(folder, size, "%s", own);
    if (runtime)
        return snprintf(folder, size, "%s/msm", runtime);
    if (geteuid() == 0)
        return snprintf(folder, size, "/run/msm");
    return snprintf(folder, size, "/tmp/msm-%u", (unsigned)geteuid());
}

/* Root may look into anybody's, but runs nothing in it. */
static bool check_owner(const char *folder, const struct stat *status, bool make,
                        struct error *error)
{
    bool may_look = geteuid() == 0 && !make;
    if (!S_ISDIR(status->st_mode))
        return error_set(error,
                         "%s, the folder for the sockets of running programs, is no folder; "
                         "MSM_RUN names another one",
                         folder);
    if (status->st_uid != geteuid() && !may_look)
        return error_set(error,
                         "%s, the folder for the sockets of running programs, belongs to user %u; "
                         "MSM_RUN names another one",
                         folder, (unsigned)status->st_uid);
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return error_set(
            error,
            "others may write into %s, the folder for the sockets of running programs; "
            "chmod 700 %s keeps them out",
            folder, folder);
    return true;
}

static bool prepare_folder(const char *folder, bool make, struct error *error)
{
    struct stat status;
    if (make && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return error_set(error,
                         "%s, the folder for the sockets of running programs, cannot be made: %s; "
                         "MSM_RUN names another one",
                         folder, strerror(errno));
    if (lstat(folder, &status) == 0)
        return check_owner(folder, &status, make, error);
    if (errno == ENOENT && !make)
        return true; /* nothing runs */
    return error_set(error, "%s: %s", folder, strerror(errno));
}

bool place_folder(char folder[PLACE_PATH], bool make, struct error *error)
{
    char whole[4096];
    int length = name_folder(whole, sizeof whole);
    if (length >= PLACE_PATH - (int)sizeof "/x.sock")
        return error_set(error,
                         "%.200s is too long for the folder of a socket; MSM_RUN names another one",
                         whole);
    memcpy(folder, whole, (size_t)length + 1);
    return prepare_folder(folder, make, error);
}

/* ---- names ---- */

bool place_name_check(const char *name, struct error *error)
{
    size_t length = strlen(name);
    bool plain = length > 0 && length <= PLACE_NAME && *name != '.' && !strchr(name, '/');
    for (const char *at = name; *at && plain; at++)
        plain = (unsigned char)*at >= ' ' && *at != 0x7F;
    return plain ||
           error_set(
               error,
               "\"%.100s\" cannot be the name of a running program: 1 to %d bytes, no "
               "dot first, no slash, no control characters; program { name = \"…\" } or --name "
               "gives another one",
               name, PLACE_NAME);
}

bool place_join(char path[PLACE_PATH], const char *folder, const char *name, struct error *error)
{
    if (snprintf(path, PLACE_PATH, "%s/%s%s", folder, name, PLACE_SUFFIX) < PLACE_PATH)
        return true;
    return error_set(error,
                     "%s/%s%s is too long for a socket, which has %d bytes; a shorter name or "
                     "another folder (MSM_RUN) helps",
                     folder, name, PLACE_SUFFIX, PLACE_PATH - 1);
}

bool place_socket(char path[PLACE_PATH], const char *name, bool make, struct error *error)
{
    char folder[PLACE_PATH];
    return place_name_check(name, error) && place_folder(folder, make, error) &&
           place_join(path, folder, name, error);
}
