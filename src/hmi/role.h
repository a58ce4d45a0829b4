#pragma once
/* What somebody may do: each role also all that the one before it may. */

#include <stdbool.h>

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ENGINEER };

const char *role_name(enum role role);             /* "viewer" */
bool role_read(const char *text, enum role *role); /* of its name; never ROLE_NONE */
