/* msm map: the register map of a script, for the person who configures what talks to it. First
 * rows of text are made from the plan, then one of four writers prints them. */

#include "control/command.h"
#include "control/map_rows.h"
#include "control/script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What is still in the buffer may be what finds the disk full. */
static bool print_map(const struct map *map, bool csv, bool markdown, bool json)
{
    if (csv)
        map_print_csv(map);
    else if (markdown)
        map_print_markdown(map);
    else if (!json)
        map_print_table(map);
    else if (!map_print_json(map))
        return false;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "msm map: cannot write: %s\n", strerror(errno));
    return false;
}

int map_run(const struct command *command, int argc, char **argv)
{
    const char *path, *lua_root = NULL;
    bool csv = false, markdown = false, json = false;
    struct command_operands operands = {.words = &path, .least = 1, .most = 1};
    const struct command_option options[] = {{"csv", &csv, NULL},
                                             {"json", &json, NULL},
                                             {"lua-root", NULL, &lua_root},
                                             {"markdown", &markdown, NULL},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (csv + markdown + json > 1) {
        fprintf(stderr, "msm map: --csv, --json and --markdown exclude each other\n");
        return EXIT_USAGE;
    }
    struct program *program = script_load(path, lua_root);
    if (!program)
        return EXIT_FAILED;
    struct map *map = map_create(program_plan(program));
    result = print_map(map, csv, markdown, json) ? EXIT_OK : EXIT_FAILED;
    map_destroy(map);
    program_destroy(program);
    return result;
}
