#pragma once
/* What stands behind the question mark of an address: ?names=LEVEL,SP&from=-60. Main thread. */

#include <jansson.h>
#include <stdbool.h>
#include "hmi/web.h"

/* Whether each argument is one of `known` (a list that ends with NULL) and stands there once; else
 * the request is refused, with the name and what there is. */
bool arguments_check(struct web_request *request, const char *const *known);

/* "A,B" as a list of texts. */
json_t *arguments_list(const char *text);

/* A number in decimal; NAN where the text is anything else. */
double arguments_number(const char *text);
