/* What a person types into the next command is what is printed here. */

#include "control/show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "image/number.h"

void show_bare(FILE *file, const json_t *row)
{
    const json_t *value = json_object_get(row, "value");
    if (json_is_string(value)) {
        fwrite(json_string_value(value), 1, json_string_length(value), file);
        return;
    }
    if (json_is_real(value)) {
        char number[NUMBER_TEXT];
        fputs(number_text(json_real_value(value), number), file);
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    fputs(text ? text : "?", file);
    free(text);
}

void show_duration(FILE *file, const json_t *seconds)
{
    char text[64] = "-";
    if (json_is_number(seconds))
        duration_format((int64_t)(json_number_value(seconds) * 1e9), text, sizeof text);
    fputs(text, file);
}

void show_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
    putchar('\n');
}

bool show_ended(const char *command)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "msm %s: cannot write: %s\n", command, strerror(errno));
    return false;
}
