/* The limit of what a server on this machine can do: every 12-byte FC 3 request gets a prepared
 * answer with the right transaction id. One recv, one send, nothing looked up, nothing checked.
 * MSM's CPU for a transaction is measured as a ratio to this program's.
 *
 * usage: canned [wrong=N]
 * Prints the port it listens on; ends when its stdin does. With wrong=N every Nth answer has a
 * wrong transaction id, which proves that the load generator looks. */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST = 12, HEADER = 9, IN = 4096, REQUESTS = IN / REQUEST, DESCRIPTORS = 1024 };

struct peer {
    size_t length; /* of a request that came in part */
    uint8_t in[IN];
};

static struct peer peers[DESCRIPTORS]; /* by descriptor */
static uint8_t out[REQUESTS * (HEADER + 250)];
static unsigned wrong, answered;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 511) ||
        getsockname(fd, (struct sockaddr *)&address, &length))
        die("listen");
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
}

static void greet(int epoll, int listener)
{
    int yes = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0 || fd >= DESCRIPTORS)
        die("accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    peers[fd].length = 0;
    watch(epoll, fd);
}

/* The bytes between header and values hold the same for each answer of so many registers. */
static size_t answer(const uint8_t *request, uint8_t *to)
{
    uint8_t registers = request[11] <= 125 ? request[11] : 125;
    memcpy(to, request, 8);
    to[5] = (uint8_t)(3 + 2 * registers);
    to[8] = (uint8_t)(2 * registers);
    if (wrong && ++answered % wrong == 0)
        to[0] ^= 0x80;
    return HEADER + 2U * registers;
}

static bool serve(int fd)
{
    struct peer *peer = &peers[fd];
    ssize_t received = recv(fd, peer->in + peer->length, IN - peer->length, 0);
    if (received <= 0)
        return false;
    size_t end = peer->length + (size_t)received, at = 0, made = 0;
    for (; end - at >= REQUEST; at += REQUEST)
        made += answer(peer->in + at, out + made);
    peer->length = end - at;
    memmove(peer->in, peer->in + at, peer->length);
    return made == 0 || send(fd, out, made, MSG_NOSIGNAL) == (ssize_t)made;
}

int main(int argc, char **argv)
{
    struct epoll_event events[128];
    int epoll = epoll_create1(0), listener = listen_anywhere();
    if (argc == 2 && sscanf(argv[1], "wrong=%u", &wrong) != 1)
        return 2;
    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        int count = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO)
                return 0;
            if (fd == listener)
                greet(epoll, listener);
            else if (!serve(fd))
                close(fd);
        }
    }
}
