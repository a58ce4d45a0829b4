/* Small requests must not wait for one another (no delay), and a device that was unplugged must be
 * noticed: by keepalive while nothing is sent, by the user timeout while something is. */

#include "modbus/dial_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"

enum { USER_TIMEOUT_LEAST_MS = 5000, USER_TIMEOUT_MOST_MS = 600000, ANSWERS = 3 };

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static int user_timeout(int64_t timeout)
{
    int64_t ms = ANSWERS * (timeout / NS_PER_MS);
    if (ms < USER_TIMEOUT_LEAST_MS)
        return USER_TIMEOUT_LEAST_MS;
    return ms < USER_TIMEOUT_MOST_MS ? (int)ms : USER_TIMEOUT_MOST_MS;
}

static bool tune(int fd, int64_t timeout)
{
    return set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
           set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10) && set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5) &&
           set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) &&
           set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout(timeout));
}

int dial_socket_open(const struct sockaddr_storage *address, int64_t timeout)
{
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    socklen_t size =
        address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (tune(fd, timeout) && (connect(fd, (const struct sockaddr *)address, size) == 0 ||
                              errno == EINPROGRESS || errno == EINTR))
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

/* A port of this machine on which nobody listens may be the very one that the system gives to the
 * connecting side; TCP then connects the socket to itself, and it would hear its own requests. */
static bool is_own_echo(int fd)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_size = sizeof here, there_size = sizeof there;
    return getsockname(fd, (struct sockaddr *)&here, &here_size) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &there_size) == 0 &&
           here_size == there_size && memcmp(&here, &there, here_size) == 0;
}

int dial_socket_result(int fd)
{
    int code = 0;
    socklen_t size = sizeof code;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
        return errno;
    return code == 0 && is_own_echo(fd) ? ECONNREFUSED : code;
}

const char *dial_socket_text(int code)
{
    switch (code) {
    case ECONNREFUSED:
        return "connection refused";
    case EHOSTUNREACH:
        return "no route to host";
    case ENETUNREACH:
        return "no route to its network";
    case ETIMEDOUT:
        return "the device has gone silent";
    case ECONNRESET:
    case EPIPE:
        return "connection reset by the device";
    case EMFILE:
    case ENFILE:
        return "no file descriptor is left (see ulimit -n)";
    case EADDRNOTAVAIL:
        return "this machine has no address or port left for it";
    default:
        return strerror(code);
    }
}
