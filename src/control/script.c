/* The same options as at a cold start, but for keeps and links, which a body does not see. */

#include "control/script.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/watchdog.h"
#include "control/command.h"

static void say_in_handler(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

void script_give_up(void *unused, const char *where)
{
    (void)unused;
    say_in_handler(where);
    say_in_handler(*where ? ": " : "");
    say_in_handler("watchdog: the program does not come back from one call that cannot be "
                   "interrupted, such as a pattern that takes for ever\n");
    _exit(EXIT_FAILED);
}

struct program *script_load(const char *path, const char *lua_root)
{
    struct error error;
    struct program *program = NULL;
    struct program_options options = {
        .path = path, .lua_root = lua_root, .now = clock_now(), .stuck = script_give_up};
    options.watchdog = watchdog_open(&error);
    if (options.watchdog)
        program = program_load(&options, &error);
    watchdog_close(options.watchdog);
    if (!program)
        command_say("%s", error.text);
    return program;
}
