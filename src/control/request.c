/* What a JSON parser says of the place of a mistake helps only with its column: a request is one
 * line. */

#include "control/request.h"

#include <string.h>

/* jansson's own words for some mistakes are for those who know its options. */
static const char *words_of(const json_error_t *mistake)
{
    switch (json_error_code(mistake)) {
    case json_error_duplicate_key:
        return "a field stands there twice";
    case json_error_numeric_overflow:
        return "a number is too large; integers have 64 bits, those above 2^63-1 are written as "
               "the "
               "negative number with the same bits";
    case json_error_stack_overflow:
        return "it is nested too deeply";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a text must not have NUL characters";
    case json_error_invalid_utf8:
        return "it is not valid UTF-8";
    default:
        return mistake->text;
    }
}

json_t *request_read(const char *line, size_t length, struct error *error)
{
    json_error_t mistake;
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &mistake);
    if (!request) {
        error_set(error, "not a line of JSON: %s (column %d)", words_of(&mistake), mistake.column);
        return NULL;
    }
    if (json_is_object(request))
        return request;
    json_decref(request);
    error_set(error, "a request is one JSON object, {\"do\": \"status\"}");
    return NULL;
}
