/* A list of what a request may hold is read twice: along the request for what does not belong
 * there, along the list for what is missing. */

#include "control/fields.h"

#include <string.h>
#include "base/nearest.h"

static const char *const EXPECTED[] = {
    [FIELD_TEXT] = "a text",        [FIELD_BOOLEAN] = "true or false", [FIELD_NUMBER] = "a number",
    [FIELD_INTEGER] = "an integer", [FIELD_TEXTS] = "a list of texts", [FIELD_ANY] = "a value"};

static bool are_texts(const json_t *list)
{
    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i)))
            return false;
    }
    return true;
}

static bool is_of(const json_t *value, enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        return json_is_string(value);
    case FIELD_BOOLEAN:
        return json_is_boolean(value);
    case FIELD_NUMBER:
        return json_is_number(value);
    case FIELD_INTEGER:
        return json_is_integer(value);
    case FIELD_TEXTS:
        return are_texts(value);
    default:
        return true;
    }
}

static const struct field *find(const struct field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name) != 0)
        fields++;
    return fields->name ? fields : NULL;
}

static bool refuse_unknown(const struct field *fields, const char *name, struct error *error)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (; fields->name; fields++)
        nearest_offer(&nearest, fields->name);
    const char *best = nearest_word(&nearest);
    return error_set(error, "unknown field \"%.100s\"%s%s%s", name, best ? "; did you mean " : "",
                     best ? best : "", best ? "?" : "");
}

static bool check_known(const json_t *request, const struct field *fields, struct error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)request, name, value)
    {
        if (strcmp(name, "do") == 0 || strcmp(name, "id") == 0)
            continue;
        const struct field *field = find(fields, name);
        if (!field)
            return refuse_unknown(fields, name, error);
        if (!is_of(value, field->type))
            return error_set(error, "\"%s\" must be %s", name, EXPECTED[field->type]);
    }
    return true;
}

bool fields_read(const json_t *request, const struct field *fields, struct error *error)
{
    const char *what = json_string_value(json_object_get(request, "do"));
    if (!check_known(request, fields, error))
        return error_prefix(error, "%s: ", what);
    for (const struct field *field = fields; field->name; field++) {
        *field->to = json_object_get(request, field->name);
        if (field->required && !*field->to)
            return error_set(error, "%s: \"%s\" is missing; it must be %s", what, field->name,
                             EXPECTED[field->type]);
    }
    return true;
}
