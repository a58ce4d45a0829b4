#pragma once
/* The fields of a request, checked: what is missing, unknown or of another type is told. */

#include <jansson.h>
#include <stdbool.h>
#include "base/error.h"

enum field_type {
    FIELD_TEXT,
    FIELD_BOOLEAN,
    FIELD_NUMBER,
    FIELD_INTEGER,
    FIELD_TEXTS, /* a list of texts */
    FIELD_ANY
};

struct field {
    const char *name; /* NULL ends the list */
    enum field_type type;
    bool required;
    const json_t **to; /* borrowed from the request; NULL where it is not there */
};

/* "do" and "id" are every request's. */
bool fields_read(const json_t *request, const struct field *fields, struct error *error);
