#pragma once
/* The rules: who may do what over HTTP, and which requests could have been sent by the page of
 * somebody else, in the browser of one of ours. Pure. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "hmi/role.h"
#include "image/audit.h"

/* Who asks, as far as it is known. */
struct who {
    char user[64];
    enum role role;
    uint64_t session;     /* 0: none */
    struct origin origin; /* "kim@10.0.0.5", for the audit log */
    unsigned status;      /* of ROLE_NONE: 401 or 403, … */
    const char *why;      /* … and the reason */
};

/* What a control request needs: ROLE_NONE where it is not for browsers at all. */
enum role guard_needs(const char *what);

/* What tells where a request came from: headers, NULL where there is none. */
struct guard_request {
    const char *method, *host, *origin, *type;
    const char *site; /* Sec-Fetch-Site */
    const char *authorization;
    bool tls;
    const char *const
        *names; /* of this computer, besides addresses and localhost; ends with NULL */
};

/* The token of "Authorization: Bearer TOKEN"; NULL where there is none. */
const char *guard_token(const char *authorization);

/* 0, or the status of the refusal with an error. */
unsigned guard_judge(const struct guard_request *request, struct error *error);
