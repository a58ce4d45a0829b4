/* A mistyped argument is refused: passed over, it would give an answer to another question. */

#include "hmi/arguments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/value_json.h"
#include "hmi/hmi_inside.h"

static bool is_in(const char *const *list, const char *name)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list;
}

static bool is_repeated(const struct web_request *request, size_t at, const char *name)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(web_argument_name(request, i), name) == 0)
            return true;
    return false;
}

/* "from, to, match" */
static void print_list(const char *const *list, char text[160])
{
    size_t length = 0;
    text[0] = '\0';
    for (; *list && length < 160; list++)
        length += (size_t)snprintf(text + length, 160 - length, "%s%s", length ? ", " : "", *list);
}

bool arguments_check(struct web_request *request, const char *const *known)
{
    const char *name;
    char list[160];
    for (size_t i = 0; (name = web_argument_name(request, i)); i++) {
        print_list(known, list);
        if (!is_in(known, name))
            api_refuse(request, 400, "usage", "there is no argument \"%.40s\" here; %s%s", name,
                       *known ? "there are " : "it takes none", list);
        else if (is_repeated(request, i, name))
            api_refuse(request, 400, "usage", "the argument \"%s\" stands there twice", name);
        else
            continue;
        return false;
    }
    return true;
}

json_t *arguments_list(const char *text)
{
    json_t *list = json_array();
    for (const char *at = text; *at; at += *at == ',') {
        size_t length = strcspn(at, ",");
        if (length)
            json_array_append_new(list, value_json_text(at, length));
        at += length;
    }
    return list;
}

double arguments_number(const char *text)
{
    char *end;
    double number = strtod(text, &end);
    bool is_plain = *text && !text[strspn(text, "+-.0123456789eE")] && !*end;
    return is_plain ? number : NAN;
}
