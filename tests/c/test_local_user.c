/* Proves that the user at the other end of a connection is read from the kernel's table, of both
 * families, and never from a row that is another connection's or nobody's any more; and that it is
 * ourselves for a connection of our own. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "hmi/local_user.h"

#define REST "00000000:00000000 00:00000000 00000000"

static void row(const char *line, const char *from, bool expected)
{
    uint8_t address[16];
    uid_t uid = 4711;
    assert_int_equal(inet_pton(AF_INET6, from, address), 1);
    bool found = local_user_line(line, address, 41938, 8080, &uid);
    if (found != expected)
        fail_msg("%s: %d", line, found);
    assert_int_equal(uid, expected ? 1000 : 4711);
}

static void rows(void **state)
{
    (void)state;
    row("   0: 0100007F:A3D2 0100007F:1F90 01 " REST "  1000        0 12345 1 0 20 4 30 10 -1",
        "::ffff:127.0.0.1", true);
    row("  12: 00000000000000000000000001000000:A3D2 00000000000000000000000001000000:1F90 01 " REST
        "  1000        0 12345 1 0",
        "::1", true);
    row("  12: 0000000000000000FFFF00000100007F:A3D2 0000000000000000FFFF00000100007F:1F90 01 " REST
        "  1000        0 12345 1 0",
        "::ffff:127.0.0.1", true);
    /* our own end of it, another port, another address, a socket that was closed */
    row("   0: 0100007F:1F90 0100007F:A3D2 01 " REST "  1000        0 12345", "::ffff:127.0.0.1",
        false);
    row("   0: 0100007F:A3D3 0100007F:1F90 01 " REST "  1000        0 12345", "::ffff:127.0.0.1",
        false);
    row("   0: 0200007F:A3D2 0100007F:1F90 01 " REST "  1000        0 12345", "::ffff:127.0.0.1",
        false);
    row("   0: 0100007F:A3D2 0100007F:1F90 06 " REST "     0        0 0", "::ffff:127.0.0.1",
        false);
    row("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid", "::1",
        false);
    row("", "::1", false);
    row("   0: :", "::1", false);
    row("   0: 0100007:A3D2 0100007F:1F90 01 " REST "  1000        0 12345", "::1", false);
}

static void a_connection(int family, const char *address)
{
    struct sockaddr_storage here = {.ss_family = (sa_family_t)family}, peer;
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int server = socket(family, SOCK_STREAM, 0), client = socket(family, SOCK_STREAM, 0);
    uid_t uid = 4711;
    inet_pton(family, address,
              family == AF_INET ? (void *)&((struct sockaddr_in *)&here)->sin_addr
                                : (void *)&((struct sockaddr_in6 *)&here)->sin6_addr);
    if (bind(server, (struct sockaddr *)&here, size) != 0 || listen(server, 1) != 0) {
        close(server);
        close(client);
        skip(); /* a machine without IPv6 */
    }
    getsockname(server, (struct sockaddr *)&here, &size);
    assert_int_equal(connect(client, (struct sockaddr *)&here, size), 0);
    int accepted = accept(server, (struct sockaddr *)&peer, &size);
    uint16_t port = ntohs(((struct sockaddr_in *)&here)->sin_port);
    assert_true(local_user_find((struct sockaddr *)&peer, port, &uid));
    assert_int_equal(uid, getuid());
    assert_false(local_user_find((struct sockaddr *)&peer, (uint16_t)(port + 1), &uid));
    close(client);
    assert_false(local_user_find((struct sockaddr *)&peer, port, &uid));
    close(accepted);
    close(server);
}

static void of_ipv4(void **state)
{
    (void)state;
    a_connection(AF_INET, "127.0.0.1");
}

static void of_ipv6(void **state)
{
    (void)state;
    a_connection(AF_INET6, "::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(of_ipv4),
        cmocka_unit_test(of_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
