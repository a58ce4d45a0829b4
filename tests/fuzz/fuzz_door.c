/* A fuzzer as whoever stands at the door of the pages: its first byte says what the rest is. A
 * cookie header must give no value that does not stand in it; a Host, an Origin and a type must not
 * get past the guard unless the Host is ours, and a POST only with the Origin of that Host and as
 * JSON; a users file is read whole or not at all; a row of the kernel's table is read or not. Built
 * with clang and -DMSM_SANITIZE=fuzzer-no-link,address,undefined. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "hmi/cookie.h"
#include "hmi/guard.h"
#include "hmi/local_user.h"
#include "hmi/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void be_cookies(const char *header)
{
    char value[16];
    if (!cookie_find(header, "sid", value, sizeof value))
        return;
    must(strlen(value) < sizeof value);
    must(strstr(header, value) && !strchr(value, ';'));
}

/* The next line, or NULL where there is none. */
static char *next(char **rest)
{
    return strsep(rest, "\n");
}

static void be_a_request(char *text)
{
    static const char *const names[] = {"plc17", NULL};
    struct error error = {""};
    struct guard_request request = {.names = names};
    request.method = *text & 1 ? "POST" : "GET";
    request.host = next(&text);
    request.origin = next(&text);
    request.type = next(&text);
    request.site = next(&text);
    unsigned status = guard_judge(&request, &error);
    must(status == 0 || status == 403 || status == 415);
    must(!status || *error.text);
    if (status)
        return;
    must(request.host && !strchr(request.host, '/') && !strchr(request.host, '@'));
    must(!request.origin || strcasecmp(request.origin + strlen("http://"), request.host) == 0);
    if (*request.method == 'P')
        must(request.origin && strncasecmp(request.type, "application/json", 16) == 0);
}

static void be_users(const char *text)
{
    struct users users;
    struct error error = {""};
    bool ok = users_parse(text, &users, &error);
    must(ok || (*error.text && !users.count && !users.list));
    for (size_t i = 0; i < users.count; i++) {
        must(users.list[i].role > ROLE_NONE && users.list[i].role <= ROLE_ENGINEER);
        must(!i || strcmp(users.list[i - 1].name, users.list[i].name) < 0);
    }
    users_free(&users);
}

static void be_a_row(const char *line)
{
    static const uint8_t address[16] = {[10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1};
    uid_t uid = 4711;
    bool found = local_user_line(line, address, 41938, 8080, &uid);
    must(found || uid == 4711);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return 0;
    char *text = malloc(length);
    must(text);
    memcpy(text, bytes + 1, length - 1);
    text[length - 1] = '\0';
    if (bytes[0] % 4 == 0)
        be_cookies(text);
    else if (bytes[0] % 4 == 1)
        be_a_request(text);
    else if (bytes[0] % 4 == 2)
        be_users(text);
    else
        be_a_row(text);
    free(text);
    return 0;
}
