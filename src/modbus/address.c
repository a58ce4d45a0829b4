/* Everything a connection needs is set once on the listening socket, because Linux hands it down
 * to what is accepted from it: no delay for small answers, dead peers found by keepalive, and
 * buffers of a size that bounds what a flood can cost. */

#include "modbus/address.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, BUFFER = 64 * 1024, USER_TIMEOUT_MS = 20000 };

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool parse(const char *text, uint16_t port, union socket_address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static bool tune(int fd, int family)
{
    return set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
           set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER) && set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER) &&
           set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10) &&
           set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5) && set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) &&
           set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS) &&
           (family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0));
}

static uint16_t bound_port(int fd)
{
    union socket_address address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) < 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

static const char *reason(int code)
{
    switch (code) {
    case EADDRINUSE:
        return "the port is in use by another program";
    case EACCES:
        return "permission denied (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
    case EADDRNOTAVAIL:
        return "this machine has no such address; bind to one of its own, or to \"0.0.0.0\" for "
               "all of them";
    case EAFNOSUPPORT:
        return "this machine has no network of that family (IPv4 or IPv6)";
    default:
        return strerror(code);
    }
}

static int fail(const char *bind, uint16_t port, const char *why, struct error *error)
{
    bool brackets = strchr(bind, ':') != NULL;
    error_set(error, "cannot listen on %s%s%s:%u: %s", brackets ? "[" : "", bind,
              brackets ? "]" : "", port, why);
    return -1;
}

int address_listen(const char *text, uint16_t port, uint16_t *bound, struct error *error)
{
    union socket_address address;
    errno = 0;
    if (!parse(text, port, &address))
        return fail(text, port,
                    "this is no IPv4 or IPv6 address; write one as in \"127.0.0.1\" (this machine "
                    "only), \"0.0.0.0\" or \"::\" (every network it is on)",
                    error);
    int family = address.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(text, port, reason(errno), error);
    socklen_t size = family == AF_INET ? sizeof address.v4 : sizeof address.v6;
    if (!tune(fd, family) || bind(fd, &address.any, size) < 0 || listen(fd, BACKLOG) < 0) {
        int code = errno;
        fail(text, port, reason(code), error);
        close(fd);
        errno = code;
        return -1;
    }
    *bound = bound_port(fd);
    return fd;
}

const char *address_text(const uint8_t address[16], char *text)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    bool v4 = memcmp(address, mapped, sizeof mapped) == 0;
    const char *done =
        inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + 12 : address, text, INET6_ADDRSTRLEN);
    return done ? done : "?";
}
