/* Proves that networks hold exactly the addresses within them, in both families and for every
 * prefix, and that a text which is not quite a network is refused with the one that was meant. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include "base/cidr.h"

static struct cidr network(const char *text)
{
    struct error error = {""};
    struct cidr cidr = {{0}, 0};
    if (!cidr_parse(text, &cidr, &error))
        fail_msg("\"%s\" was refused: %s", text, error.text);
    return cidr;
}

/* An address as a listening socket reports it. */
static void address(const char *text, uint8_t bytes[16])
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        assert_true(cidr_address((struct sockaddr *)&ipv4, bytes));
    else if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1)
        assert_true(cidr_address((struct sockaddr *)&ipv6, bytes));
    else
        fail_msg("bad address %s", text);
}

static bool holds(const char *text, const char *peer)
{
    struct cidr cidr = network(text);
    uint8_t bytes[16];
    address(peer, bytes);
    return cidr_match(&cidr, 1, bytes);
}

static void test_match(void **state)
{
    (void)state;
    assert_true(holds("10.0.0.0/24", "10.0.0.0"));
    assert_true(holds("10.0.0.0/24", "10.0.0.255"));
    assert_false(holds("10.0.0.0/24", "10.0.1.0"));
    assert_true(holds("10.0.0.128/25", "10.0.0.200"));
    assert_false(holds("10.0.0.128/25", "10.0.0.127"));
    assert_true(holds("10.0.0.7", "10.0.0.7"));
    assert_false(holds("10.0.0.7", "10.0.0.6"));
    assert_true(holds("0.0.0.0/0", "203.0.113.9"));
    assert_false(holds("0.0.0.0/0", "fd00::1"));
    assert_true(holds("fd00::/8", "fdff::1"));
    assert_false(holds("fd00::/8", "fe00::1"));
    assert_true(holds("::1", "::1"));
    assert_false(holds("::1", "127.0.0.1"));
}

/* A socket of both families reports IPv4 peers as mapped addresses. */
static void test_mapped(void **state)
{
    (void)state;
    assert_true(holds("10.0.0.0/24", "::ffff:10.0.0.9"));
    assert_true(holds("::ffff:10.0.0.0/120", "10.0.0.9"));
    assert_false(holds("fd00::/8", "10.0.0.9"));
}

static void test_every_prefix(void **state)
{
    (void)state;
    for (int prefix = 1; prefix <= 32; prefix++) {
        uint32_t start = UINT32_MAX << (32 - prefix), before = start - 1;
        char text[64], outside[INET_ADDRSTRLEN];
        struct in_addr in = {htonl(start)}, out = {htonl(before)};
        char inside[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &in, inside, sizeof inside);
        inet_ntop(AF_INET, &out, outside, sizeof outside);
        snprintf(text, sizeof text, "%s/%d", inside, prefix);
        assert_true(holds(text, inside));
        assert_true(holds(text, "255.255.255.255"));
        assert_false(holds(text, outside));
    }
}

static void test_list(void **state)
{
    (void)state;
    struct cidr list[] = {network("10.0.0.0/24"), network("192.168.1.5"), network("fd00::/8")};
    uint8_t bytes[16];
    address("192.168.1.5", bytes);
    assert_true(cidr_match(list, 3, bytes));
    address("192.168.1.6", bytes);
    assert_false(cidr_match(list, 3, bytes));
    assert_true(cidr_match(NULL, 0, bytes));
}

static void refuses(const char *text, const char *words)
{
    struct error error = {""};
    struct cidr cidr = {{9}, 9};
    if (cidr_parse(text, &cidr, &error))
        fail_msg("\"%s\" was taken", text);
    assert_int_equal(cidr.prefix, 9);
    if (!strstr(error.text, text) || !strstr(error.text, words))
        fail_msg("\"%s\": the error is \"%s\"", text, error.text);
}

static void test_refuse(void **state)
{
    (void)state;
    refuses("10.0.0.5/24", "\"10.0.0.0/24\"");
    refuses("10.0.0.5/24", "\"10.0.0.5\"");
    refuses("10.0.0.1/31", "\"10.0.0.0/31\"");
    refuses("10.0.0.0/0", "\"0.0.0.0/0\"");
    refuses("fd00::1/8", "\"fd00::/8\"");
    refuses("10.0.0.0/33", "0 to 32");
    refuses("fd00::/129", "0 to 128");
    refuses("10.0.0.0/", "0 to 32");
    refuses("10.0.0.0/-1", "0 to 32");
    refuses("10.0.0.0/ 8", "0 to 32");
    refuses("10.0.0.0/8x", "0 to 32");
    refuses("10.0.0.0/4294967304", "0 to 32");
    refuses("", "not an address");
    refuses("/8", "not an address");
    refuses("10.0.0", "not an address");
    refuses("10.0.0.256", "not an address");
    refuses("plc.local", "not an address");
    refuses("10.0.0.7 ", "not an address");
    refuses("fd00:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", "not an address");
}

static void test_other_families(void **state)
{
    (void)state;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    uint8_t bytes[16];
    assert_false(cidr_address((struct sockaddr *)&local, bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),        cmocka_unit_test(test_mapped),
        cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_list),
        cmocka_unit_test(test_refuse),       cmocka_unit_test(test_other_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
