#pragma once
/* Who may do what over HTTP. A request is judged before anything of it is carried out. */

#include "base/error.h"
#include "hmi/web.h"
#include "image/audit.h"

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ENGINEER };

/* Who asks, as far as it is known. */
struct who {
    char user[64];
    enum role role;
    struct origin origin; /* "engineer@127.0.0.1", for the audit log */
};

const char *role_name(enum role role); /* "viewer" */

/* What a control request needs: ROLE_NONE where it is not for browsers at all. */
enum role guard_needs(const char *what);

/* Refuses what a foreign page could have sent: 0, or the status of the refusal with an error. */
unsigned guard_refuses(const struct web_request *request, struct error *error);

/* Who sent it. */
void guard_who(const struct web_request *request, struct who *who);
