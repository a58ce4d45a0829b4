/* The rules are a table, and a few comparisons of headers. */

#include "hmi/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* In the order of the alphabet. Streams are not here: /api/stream is theirs. */
static const struct {
    const char *what;
    enum role role;
} NEEDS[] = {
    {"ack", ROLE_OPERATOR},      {"alarms", ROLE_VIEWER},    {"compare", ROLE_ENGINEER},
    {"complete", ROLE_ENGINEER}, {"edit", ROLE_ENGINEER},    {"eval", ROLE_ENGINEER},
    {"force", ROLE_ENGINEER},    {"forced", ROLE_VIEWER},    {"get", ROLE_VIEWER},
    {"journal", ROLE_VIEWER},    {"log", ROLE_VIEWER},       {"names", ROLE_VIEWER},
    {"pages", ROLE_VIEWER},      {"reload", ROLE_ENGINEER},  {"set", ROLE_OPERATOR},
    {"shelve", ROLE_OPERATOR},   {"source", ROLE_OPERATOR},  {"status", ROLE_VIEWER},
    {"stop", ROLE_ENGINEER},     {"trend", ROLE_VIEWER},     {"unforce", ROLE_ENGINEER},
    {"unshelve", ROLE_OPERATOR}, {"version", ROLE_OPERATOR}, {"versions", ROLE_OPERATOR},
};

enum role guard_needs(const char *what)
{
    for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++)
        if (strcmp(NEEDS[i].what, what) == 0)
            return NEEDS[i].role;
    return ROLE_NONE;
}

/* ---- what a foreign page could have sent ---- */

/* The host without its port, in brackets or not; false where it is none. */
static bool read_host(const char *host, char name[256])
{
    bool brackets = *host == '[';
    host += brackets;
    size_t length = strcspn(host, brackets ? "]" : ":");
    const char *rest = host + length + (brackets && host[length] == ']');
    if (!length || length >= 256 || (brackets && !host[length]) || (*rest && *rest != ':') ||
        (*rest == ':' && rest[1 + strspn(rest + 1, "0123456789")]))
        return false;
    memcpy(name, host, length);
    name[length] = '\0';
    return true;
}

/* An address cannot be pointed at us by somebody else's DNS, nor can a name that is known to be
 * ours. */
static bool is_ours(const char *host, const char *const *names)
{
    char name[256];
    struct in6_addr address;
    if (!host || !read_host(host, name))
        return false;
    if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1 ||
        strcasecmp(name, "localhost") == 0)
        return true;
    for (; names && *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_same_origin(const struct guard_request *request)
{
    const char *scheme = request->tls ? "https://" : "http://";
    size_t length = strlen(scheme);
    return strncasecmp(request->origin, scheme, length) == 0 &&
           strcasecmp(request->origin + length, request->host) == 0;
}

static bool is_json(const char *type)
{
    size_t length = strlen("application/json");
    return type && strncasecmp(type, "application/json", length) == 0 &&
           type[length + strspn(type + length, " ")] == (strchr(type, ';') ? ';' : '\0');
}

const char *guard_token(const char *authorization)
{
    size_t length = strlen("Bearer ");
    bool is_there = authorization && strncasecmp(authorization, "Bearer ", length) == 0;
    return is_there ? authorization + length : NULL;
}

unsigned guard_judge(const struct guard_request *request, struct error *error)
{
    bool posts = strcmp(request->method, "POST") == 0;
    /* A page from elsewhere cannot send a token without our leave, which it never gets. */
    bool is_program = guard_token(request->authorization);
    const char *scheme = request->tls ? "https" : "http";
    if (!is_ours(request->host, request->names))
        error_set(error,
                  "this computer is not called so; open the page by its address, or say msm run "
                  "--http-name NAME");
    else if (request->origin && !is_same_origin(request))
        error_set(error, "this page comes from elsewhere: %.100s", request->origin);
    else if (!request->origin && posts && !is_program)
        error_set(error, "a POST needs the header Origin: %s://%.100s", scheme, request->host);
    else if (request->site && strcasecmp(request->site, "same-origin") != 0 &&
             strcasecmp(request->site, "none") != 0)
        error_set(error, "this was asked by a page from elsewhere");
    else if (posts && !is_json(request->type)) {
        error_set(error, "a POST needs Content-Type: application/json");
        return 415;
    } else
        return 0;
    return 403;
}
