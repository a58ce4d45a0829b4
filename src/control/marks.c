/* Lua's messages begin with a file and a line, and so do ours; a traceback behind them names more,
 * which are not what is wrong. A long path is cut by Lua at its front: "...plant/driver.lua". What
 * is wrong with the text of a required file is said behind the place that requires it. */

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

/* Where the path begins that ends there: a source's may have spaces. */
static const char *begin_of(const char *text, const char *end, const struct source *sources,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(sources[i].path);
        if ((size_t)(end - text) >= length && is_of(sources[i].path, end - length, length))
            return end - length;
    }
    while (end > text && end[-1] != ' ' && end[-1] != '\n')
        end--;
    return end;
}

json_t *marks_of(const char *text, const struct source *sources, size_t count)
{
    json_t *marks = json_array();
    const char *said = NULL; /* at the place that was found */
    for (const char *end = text; (end = strstr(end, END)); end++) {
        char *behind;
        const char *dot = end + strlen(".lua");
        const char *begin = begin_of(text, dot, sources, count);
        long line = strtol(dot + 1, &behind, 10);
        if (said && begin != said)
            break;
        if (line <= 0 || strncmp(behind, ": ", 2) != 0)
            continue;
        said = behind + 2;
        json_array_clear(marks);
        json_array_append_new(
            marks, json_pack("{s:o,s:I,s:o}", "file",
                             file_json(begin, (size_t)(dot - begin), sources, count), "line",
                             (json_int_t)line, "text", value_json_text(said, strcspn(said, "\n"))));
    }
    return marks;
}
