/* Proves which role each request of the table needs, none forgotten, and that what the page of
 * somebody else could make a browser send is refused, whichever way it tries. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "control/asks.h"
#include "hmi/guard.h"

static const char *const OF_VIEWERS[] = {"alarms", "forced", "get",    "journal", "log",
                                         "names",  "pages",  "status", "trend",   NULL};
static const char *const OF_OPERATORS[] = {"ack",      "set",     "shelve",   "source",
                                           "unshelve", "version", "versions", NULL};
static const char *const OF_ENGINEERS[] = {"compare", "complete", "edit",    "eval", "force",
                                           "reload",  "stop",     "unforce", NULL};
static const char *const OF_THE_SOCKET[] = {"end", "watch", NULL};

static bool is_in(const char *const *list, const char *what)
{
    while (*list && strcmp(*list, what) != 0)
        list++;
    return *list;
}

static void each_request_has_its_role(void **state)
{
    (void)state;
    for (size_t i = 0; OF_VIEWERS[i]; i++)
        assert_int_equal(guard_needs(OF_VIEWERS[i]), ROLE_VIEWER);
    for (size_t i = 0; OF_OPERATORS[i]; i++)
        assert_int_equal(guard_needs(OF_OPERATORS[i]), ROLE_OPERATOR);
    for (size_t i = 0; OF_ENGINEERS[i]; i++)
        assert_int_equal(guard_needs(OF_ENGINEERS[i]), ROLE_ENGINEER);
    for (size_t i = 0; OF_THE_SOCKET[i]; i++)
        assert_int_equal(guard_needs(OF_THE_SOCKET[i]), ROLE_NONE);
    assert_int_equal(guard_needs("unknown"), ROLE_NONE);
    assert_int_equal(guard_needs(""), ROLE_NONE);
}

static void no_request_is_forgotten(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; asks_name(i); i++)
        if (guard_needs(asks_name(i)) == ROLE_NONE && !is_in(OF_THE_SOCKET, asks_name(i)))
            fail_msg("%s has no role", asks_name(i));
    assert_in_range(i, 10, 100);
}

/* ---- where a request comes from ---- */

static const char *const NAMES[] = {"plc17", "plc17.local", NULL};

static void judge(struct guard_request request, unsigned expected)
{
    struct error error = {""};
    request.names = NAMES;
    unsigned status = guard_judge(&request, &error);
    if (status != expected)
        fail_msg("%s host %s, origin %s, type %s, site %s: %u, %s", request.method,
                 request.host ? request.host : "-", request.origin ? request.origin : "-",
                 request.type ? request.type : "-", request.site ? request.site : "-", status,
                 error.text);
    assert_true(!status || *error.text);
}

#define GET(...) ((struct guard_request){.method = "GET", __VA_ARGS__})
#define POST(...)                                                                                  \
    ((struct guard_request){.method = "POST", .type = "application/json", __VA_ARGS__})

static void our_own_page_may(void **state)
{
    (void)state;
    judge(GET(.host = "127.0.0.1:8080"), 0);
    judge(GET(.host = "localhost"), 0);
    judge(GET(.host = "[::1]:8080"), 0);
    judge(GET(.host = "[fe80::1]"), 0);
    judge(GET(.host = "PLC17:8080"), 0);
    judge(GET(.host = "plc17.local"), 0);
    judge(GET(.host = "10.0.0.5:80", .site = "same-origin"), 0);
    judge(GET(.host = "10.0.0.5:80", .site = "none"), 0);
    judge(POST(.host = "10.0.0.5:8080", .origin = "http://10.0.0.5:8080"), 0);
    judge(POST(.host = "[::1]:8080", .origin = "http://[::1]:8080"), 0);
    judge(POST(.host = "plc17:1", .origin = "https://PLC17:1", .tls = true), 0);
    struct guard_request request = POST(.host = "::1", .origin = "http://::1");
    request.type = "application/json; charset=utf-8";
    request.host = "localhost:1";
    request.origin = "http://localhost:1";
    judge(request, 0);
    request.type = "APPLICATION/JSON";
    judge(request, 0);
}

/* A token is nothing that a browser sends by itself; whose page it is counts all the same. */
static void programs_may(void **state)
{
    (void)state;
    judge(POST(.host = "10.0.0.5:80", .authorization = "Bearer abc"), 0);
    judge(POST(.host = "10.0.0.5:80", .authorization = "bearer abc"), 0);
    judge(POST(.host = "10.0.0.5:80", .authorization = "Basic abc"), 403);
    judge(POST(.host = "10.0.0.5:80", .authorization = "Bearer"), 403);
    judge(POST(.host = "evil.example", .authorization = "Bearer abc"), 403);
    judge(
        POST(.host = "10.0.0.5:80", .origin = "http://evil.example", .authorization = "Bearer abc"),
        403);
    judge(POST(.host = "10.0.0.5:80", .site = "cross-site", .authorization = "Bearer abc"), 403);
    struct guard_request request = POST(.host = "10.0.0.5:80", .authorization = "Bearer abc");
    request.type = "text/plain";
    judge(request, 415);
}

static void names_of_others_may_not(void **state)
{
    static const char *const hosts[] = {NULL,
                                        "",
                                        "evil.example",
                                        "evil.example:8080",
                                        "127.0.0.1.evil.example",
                                        "localhost.evil.example",
                                        "127.0.0.1:80@evil.example",
                                        "127.0.0.1:evil",
                                        "[::1",
                                        "[::1]x",
                                        "[evil]",
                                        "plc17.evil.example",
                                        ":80",
                                        "127.1",
                                        "2130706433",
                                        "0x7f.1"};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        judge(GET(.host = hosts[i]), 403);
        judge(POST(.host = hosts[i], .origin = "http://127.0.0.1"), 403);
    }
}

static void pages_of_others_may_not(void **state)
{
    static const char *const origins[] = {NULL,
                                          "",
                                          "null",
                                          "http://evil.example",
                                          "http://127.0.0.1",
                                          "http://127.0.0.1:8081",
                                          "https://127.0.0.1:8080",
                                          "http://127.0.0.1:8080.evil.example",
                                          "http://127.0.0.1:8080/",
                                          "x http://127.0.0.1:8080",
                                          "127.0.0.1:8080"};
    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
        judge(POST(.host = "127.0.0.1:8080", .origin = origins[i]), 403);
    judge(GET(.host = "127.0.0.1:8080", .origin = "http://evil.example"), 403);
    judge(GET(.host = "127.0.0.1:8080", .site = "cross-site"), 403);
    judge(GET(.host = "127.0.0.1:8080", .site = "same-site"), 403);
    judge(POST(.host = "127.0.0.1:1", .origin = "http://127.0.0.1:1", .tls = true), 403);
}

static void forms_may_not(void **state)
{
    static const char *const types[] = {NULL,
                                        "",
                                        "text/plain",
                                        "application/x-www-form-urlencoded",
                                        "multipart/form-data",
                                        "application/jsonp",
                                        "application/json, text/plain",
                                        "text/plain; application/json"};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct guard_request request = POST(.host = "[::1]", .origin = "http://[::1]");
        request.type = types[i];
        judge(request, 415);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_has_its_role),
        cmocka_unit_test(no_request_is_forgotten),
        cmocka_unit_test(our_own_page_may),
        cmocka_unit_test(programs_may),
        cmocka_unit_test(names_of_others_may_not),
        cmocka_unit_test(pages_of_others_may_not),
        cmocka_unit_test(forms_may_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
