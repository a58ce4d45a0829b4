/* msm map: the register map of a script, for the person who configures what talks to it. First
 * rows of text are made from the plan, then one of four writers prints them, or what an editor
 * needs is written to a folder. */

#include "control/command.h"
#include "control/luals.h"
#include "control/map_rows.h"
#include "control/script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct form {
    bool csv, markdown, json;
    const char *luals; /* a folder, or NULL */
};

static bool print_form(struct map *map, const struct form *form, const char *script)
{
    if (form->luals)
        return luals_write(map, script, form->luals);
    if (form->json)
        return map_print_json(map);
    if (form->csv)
        map_print_csv(map);
    else if (form->markdown)
        map_print_markdown(map);
    else
        map_print_table(map);
    return true;
}

/* What is still in the buffer may be what finds the disk full. */
static bool print_map(struct map *map, const struct form *form, const char *script)
{
    if (!print_form(map, form, script))
        return false;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "msm map: cannot write: %s\n", strerror(errno));
    return false;
}

int map_run(const struct command *command, int argc, char **argv)
{
    const char *path, *lua_root = NULL;
    struct form form = {.csv = false};
    struct command_operands operands = {.words = &path, .least = 1, .most = 1};
    const struct command_option options[] = {
        {"csv", &form.csv, NULL},           {"json", &form.json, NULL},
        {"lua-root", NULL, &lua_root},      {"luals", NULL, &form.luals},
        {"markdown", &form.markdown, NULL}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (form.csv + form.markdown + form.json + (form.luals != NULL) > 1) {
        fprintf(stderr, "msm map: --csv, --json, --luals and --markdown exclude each other\n");
        return EXIT_USAGE;
    }
    struct program *program = script_load(path, lua_root);
    if (!program)
        return EXIT_FAILED;
    struct map *map = map_create(program_plan(program));
    result = print_map(map, &form, path) ? EXIT_OK : EXIT_FAILED;
    map_destroy(map);
    program_destroy(program);
    return result;
}
