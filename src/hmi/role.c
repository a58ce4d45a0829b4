/* Names of roles, as the users file and the pages have them. */

#include "hmi/role.h"

#include <string.h>

static const char *const NAMES[] = {[ROLE_NONE] = "none",
                                    [ROLE_VIEWER] = "viewer",
                                    [ROLE_OPERATOR] = "operator",
                                    [ROLE_ENGINEER] = "engineer"};

const char *role_name(enum role role)
{
    return NAMES[role];
}

bool role_read(const char *text, enum role *role)
{
    for (enum role each = ROLE_VIEWER; each <= ROLE_ENGINEER; each++) {
        if (strcmp(text, NAMES[each]) != 0)
            continue;
        *role = each;
        return true;
    }
    return false;
}
