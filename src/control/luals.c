/* Files for the editor: the language and the library as they are in the binary, and the script's
 * own variables. The first line of each says who wrote it, so that no other file is lost. */

#include "control/luals.h"

#include "base/arena.h"
#include "control/command.h"
#include "control/json_text.h"
#include "control/show.h"
#include "base/embedded.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char MARK[] = "-- Written by msm map --luals, which overwrites it.\n";

/* What a script finds beside Lua's own, and what of Lua's it does not. */
static const char LUACHECKRC[] =
    "std = \"lua54\"\n"
    "globals = { \"mem\" }\n"
    "read_globals = {\n"
    "    \"memory\", \"coil\", \"discrete\", \"holding\", \"input\", \"var\",\n"
    "    \"server\", \"client\", \"serial\",\n"
    "    \"every\", \"on_start\", \"on_stop\", \"program\", \"scan\", \"keep\", \"log\",\n"
    "}\n"
    "not_globals = { \"collectgarbage\", \"debug\", \"dofile\", \"io\", \"loadfile\", \"package\", "
    "\"warn\" }\n"
    "allow_defined_top = true\n";

struct target {
    char path[PATH_MAX];
    const struct embedded *file; /* or NULL: the script's variables */
};

/* False, and said, where it is too long. */
static bool set_path(struct target *target, const char *folder, const char *name, int length,
                     const char *after)
{
    int needed =
        snprintf(target->path, sizeof target->path, "%s/%.*s%s", folder, length, name, after);
    if (needed >= 0 && (size_t)needed < sizeof target->path)
        return true;
    command_say("msm map: %s: the path is too long", folder);
    return false;
}

static bool fail(const char *path)
{
    command_say("msm map: cannot write %s: %s", path, strerror(errno));
    return false;
}

/* Nothing is there, or a file of ours. */
static bool is_free(const struct target *target)
{
    char first[sizeof MARK] = "";
    struct stat status;
    if (stat(target->path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR || fail(target->path);
    FILE *file = S_ISREG(status.st_mode) ? fopen(target->path, "r") : NULL;
    if (file) {
        size_t length = fread(first, 1, sizeof MARK - 1, file);
        first[length] = '\0';
        fclose(file);
    }
    if (strcmp(first, MARK) == 0)
        return true;
    command_say("msm map: %s is there already, and not written by msm map --luals: nothing was "
                "written; another folder, or another name for that file, helps",
                target->path);
    return false;
}

/* The folders that the path names, as far as they are not there. */
static bool make_folders(char *path)
{
    bool ok = true;
    for (char *slash = strchr(path + 1, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(path, 0777) == 0 || errno == EEXIST || fail(path);
        *slash = '/';
    }
    return ok;
}

static bool write_file(struct map *map, struct target *target)
{
    if (!make_folders(target->path))
        return false;
    FILE *file = fopen(target->path, "w");
    if (!file)
        return fail(target->path);
    fputs(MARK, file);
    if (target->file)
        fwrite(target->file->text, 1, target->file->length, file);
    else
        luals_variables(map, file);
    bool ok = !ferror(file);
    return (fclose(file) == 0 && ok) || fail(target->path);
}

/* After the script's name, without ".lua" and folders. */
static bool set_script(struct target *target, const char *script, const char *folder)
{
    const char *slash = strrchr(script, '/'), *name = slash ? slash + 1 : script;
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".lua") == 0)
        length -= 4;
    return set_path(target, folder, name, (int)length, ".d.lua");
}

/* All that is to be written, the script's variables first; NULL, and said, where a path is too
 * long. */
static struct target *list_targets(struct map *map, const char *script, const char *folder,
                                   size_t *count)
{
    *count = 1;
    for (const struct embedded *file = embedded_lua; file->path; file++)
        ++*count;
    struct target *targets = arena_alloc(map->arena, *count * sizeof *targets);
    bool ok = set_script(&targets[0], script, folder);
    for (size_t i = 1; ok && i < *count; i++) {
        const char *path = embedded_lua[i - 1].path;
        targets[i].file = &embedded_lua[i - 1];
        ok = set_path(&targets[i], folder, path, (int)strlen(path), "");
    }
    return ok ? targets : NULL;
}

/* For malloc's free; NULL, and said, for a folder that JSON cannot name. */
static char *settings_text(const char *folder)
{
    json_t *settings = json_pack("{s:s, s:{s:s, s:s}, s:[s], s:[s]}", "runtime.version", "Lua 5.4",
                                 "runtime.builtin", "debug", "disable", "io", "disable",
                                 "workspace.library", folder, "diagnostics.disable",
                                 "inject-field"); /* mem.LEVEL = input.float32(0) is one */
    char *text = settings ? json_text_lines(settings) : NULL;
    json_decref(settings);
    if (!text)
        command_say("msm map: --luals: the folder's name is not UTF-8: %s", folder);
    return text;
}

static void print_settings(const char *script, const char *folder, const char *settings)
{
    show_text(stdout, folder, strlen(folder));
    fputs(" has the variables of ", stdout);
    show_text(stdout, script, strlen(script));
    printf(", the language and its library.\n\n"
           "Settings for the folder that the editor opens, as seen from there:\n\n"
           ".luarc.json\n%s\n\n.luacheckrc\n%s",
           settings, LUACHECKRC);
}

bool luals_write(struct map *map, const char *script, const char *folder)
{
    size_t count;
    char *settings = settings_text(folder);
    struct target *targets = list_targets(map, script, folder, &count);
    bool ok = settings && targets;
    for (size_t i = 0; ok && i < count; i++)
        ok = is_free(&targets[i]);
    for (size_t i = 0; ok && i < count; i++)
        ok = write_file(map, &targets[i]);
    if (ok)
        print_settings(script, folder, settings);
    free(settings);
    return ok;
}
