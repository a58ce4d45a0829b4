/* Lua's messages begin with a file and a line, and so do ours; a traceback behind them names more,
 * which are not what is wrong. A long path is cut by Lua at its front: "...plant/driver.lua". */

#include "control/marks.h"

#include <stdlib.h>
#include <string.h>
#include "control/value_json.h"

static const char END[] = ".lua:";

static bool is_of(const char *path, const char *name, size_t length)
{
    size_t whole = strlen(path);
    if (length > 3 && strncmp(name, "...", 3) == 0) {
        name += 3;
        length -= 3;
        return whole >= length && memcmp(path + whole - length, name, length) == 0;
    }
    return whole == length && memcmp(path, name, length) == 0;
}

static json_t *file_json(const char *name, size_t length, const struct source *sources,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_of(sources[i].path, name, length))
            return value_json_text(sources[i].path, strlen(sources[i].path));
    return value_json_text(name, length);
}

json_t *marks_of(const char *text, const struct source *sources, size_t count)
{
    json_t *marks = json_array();
    for (const char *end = text; (end = strstr(end, END)); end++) {
        char *behind;
        long line = strtol(end + strlen(END), &behind, 10);
        const char *begin = end;
        while (begin > text && begin[-1] != ' ' && begin[-1] != '\n')
            begin--;
        if (line <= 0 || strncmp(behind, ": ", 2) != 0)
            continue;
        size_t length = (size_t)(end - begin) + strlen(".lua");
        json_array_append_new(
            marks, json_pack("{s:o,s:I,s:o}", "file", file_json(begin, length, sources, count),
                             "line", (json_int_t)line, "text",
                             value_json_text(behind + 2, strcspn(behind + 2, "\n"))));
        break;
    }
    return marks;
}
