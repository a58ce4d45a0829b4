/* The rules are a table, and a few comparisons of headers. */

#include "hmi/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *role_name(enum role role)
{
    static const char *const names[] = {[ROLE_NONE] = "none",
                                        [ROLE_VIEWER] = "viewer",
                                        [ROLE_OPERATOR] = "operator",
                                        [ROLE_ENGINEER] = "engineer"};
    return names[role];
}

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
    {"shelve", ROLE_OPERATOR},   {"source", ROLE_ENGINEER},  {"status", ROLE_VIEWER},
    {"stop", ROLE_ENGINEER},     {"trend", ROLE_VIEWER},     {"unforce", ROLE_ENGINEER},
    {"unshelve", ROLE_OPERATOR}, {"version", ROLE_ENGINEER}, {"versions", ROLE_ENGINEER},
};

enum role guard_needs(const char *what)
{
    for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++)
        if (strcmp(NEEDS[i].what, what) == 0)
            return NEEDS[i].role;
    return ROLE_NONE;
}

/* ---- what a foreign page could have sent ---- */

/* "localhost", "127.0.0.1:8080", "[::1]:8080": a name that somebody else's DNS may point at us is
 * not among them. */
static bool is_numeric(const char *host)
{
    char name[64];
    struct in6_addr address;
    size_t length = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");
    if (*host == '[')
        host++, length -= length > 0;
    if (length >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)length, host);
    return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &address) == 1 ||
           inet_pton(AF_INET6, name, &address) == 1;
}

static bool is_same_origin(const char *origin, const char *host)
{
    const char *rest = strstr(origin, "://");
    return rest && strcasecmp(rest + 3, host) == 0;
}

static bool is_json(const char *type)
{
    size_t length = strlen("application/json");
    return type && strncasecmp(type, "application/json", length) == 0 &&
           (type[length] == '\0' || type[length] == ';');
}

unsigned guard_refuses(const struct web_request *request, struct error *error)
{
    const char *host = web_header(request, "Host"), *origin = web_header(request, "Origin");
    bool posts = strcmp(web_method(request), "POST") == 0;
    if (!host || !is_numeric(host)) {
        error_set(error, "the Host header has to be an address or localhost, not a name");
        return 403;
    }
    if (origin ? !is_same_origin(origin, host) : posts) {
        error_set(error,
                  origin ? "this page comes from elsewhere: %.100s"
                         : "a POST needs the header Origin: http://%.100s",
                  origin ? origin : host);
        return 403;
    }
    if (posts && !is_json(web_header(request, "Content-Type"))) {
        error_set(error, "a POST needs Content-Type: application/json");
        return 415;
    }
    return 0;
}

/* ---- who ---- */

static void print_address(const struct sockaddr *peer, char text[INET6_ADDRSTRLEN])
{
    strcpy(text, "?");
    if (peer->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, text, INET6_ADDRSTRLEN);
    else if (peer->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, text,
                  INET6_ADDRSTRLEN);
}

void guard_who(const struct web_request *request, struct who *who)
{
    char address[INET6_ADDRSTRLEN];
    *who = (struct who){.role = ROLE_ENGINEER};
    print_address(web_peer(request), address);
    snprintf(who->origin.peer, sizeof who->origin.peer, "web %s", address);
}
