/* Devices as fast as one thread can make them: holding registers in an array, each port one device,
 * one recv, all requests in it, one send. It is the clock of the mirror's bench, because only the
 * device sees alike what any client does: it measures how long a complete round of reads takes, and
 * how long a changed value takes to come back.
 *
 * usage: flat [devices=N] [registers=N] [gap_ms=N] [change=1] [stamp_ms=N]
 * Prints the ports it listens on, one line, then answers lines on stdin and ends with it:
 *
 *     count     requests so far, and how many of them were answered by an exception
 *     rounds    us from the first connection until all registers were read once, then the us of
 *               each later round
 *     echoes    us from each change to its echo; both lists begin anew
 *
 * A round is what follows a silence of gap_ms, from the arrival of the first request to the sent
 * answer of the last block of 125 registers that was not read yet; rounds with such a silence in
 * them do not count. With change=1 each answer differs in all registers from the one before. With
 * stamp_ms=P the registers 0 and 1 of each device change at moments of chance, one to three times
 * P after the last echo: that is when 2 and 3 were written with the same value. */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 125, IN = 4096, OUT = IN / 12 * 260, DESCRIPTORS = 1024, HELD = 100000 };

struct device {
    int listener;
    uint8_t *registers; /* as they stand in an answer */
    uint32_t *asked;    /* for each block, the round in which it was read last */
    int64_t changed, next;
    bool waits; /* for the echo */
};

struct peer {
    struct device *device;
    size_t length; /* of a request that came in part */
    uint8_t in[IN];
};

struct list {
    unsigned count;
    double us[HELD];
};

static unsigned device_count = 1, register_count = 100, gap_ms = 5, change, stamp_ms;
static struct device devices[DESCRIPTORS];
static struct peer peers[DESCRIPTORS];      /* by descriptor */
static struct device *listens[DESCRIPTORS]; /* likewise */
static uint8_t out[OUT];
static uint64_t requests, exceptions;
static struct list rounds, echoes;
static double first_us;
static int64_t connected, begun, heard; /* first connection, first and last request of the round */
static uint32_t round_now;
static unsigned missing; /* blocks that were not read in this round; 0: it is over */
static bool complete;    /* it is over, and not noted yet */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static unsigned get16(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

static void put16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static unsigned block_count(void)
{
    return (register_count + BLOCK - 1) / BLOCK;
}

/* ---- rounds ---- */

static void keep(struct list *list, double us)
{
    if (list->count < HELD)
        list->us[list->count++] = us;
}

static void begin_round(int64_t now)
{
    round_now++;
    begun = now;
    missing = device_count * block_count();
}

static void note_read(struct device *device, unsigned block, int64_t now)
{
    if (round_now > 1 || (round_now == 1 && !missing)) /* the first one may pause */
        if (now - heard > (int64_t)gap_ms * 1000000)
            begin_round(now);
    heard = now;
    if (missing && device->asked[block] != round_now) {
        device->asked[block] = round_now;
        complete = --missing == 0;
    }
}

static void end_round(int64_t now)
{
    complete = false;
    if (round_now == 1)
        first_us = (double)(now - connected) / 1e3;
    else
        keep(&rounds, (double)(now - begun) / 1e3);
}

/* ---- stamps ---- */

static void plan_change(struct device *device, int64_t now)
{
    device->next = now + (int64_t)stamp_ms * (1000000 + random() % 2000000);
}

/* Returns the ms until the next change. */
static int change_stamps(int64_t now)
{
    int64_t least = INT64_MAX;
    for (unsigned i = 0; i < device_count; i++) {
        struct device *device = &devices[i];
        if (!device->waits && now >= device->next) {
            uint32_t stamp = (uint32_t)(now / 10000);
            put16(device->registers, stamp >> 16);
            put16(device->registers + 2, stamp & 0xFFFF);
            device->changed = now;
            device->waits = true;
        }
        if (!device->waits && device->next - now < least)
            least = device->next - now;
    }
    return least == INT64_MAX ? -1 : (int)(least / 1000000) + 1;
}

static void note_write(struct device *device, int64_t now)
{
    if (!device->waits || memcmp(device->registers, device->registers + 4, 4) != 0)
        return;
    device->waits = false;
    keep(&echoes, (double)(now - device->changed) / 1e3);
    plan_change(device, now);
}

/* ---- answers ---- */

static size_t except(const uint8_t *request, uint8_t *to, uint8_t code)
{
    exceptions++;
    memcpy(to, request, 8);
    put16(to + 4, 3);
    to[7] |= 0x80;
    to[8] = code;
    return 9;
}

static size_t answer_read(struct device *device, const uint8_t *request, uint8_t *to, int64_t now)
{
    unsigned address = get16(request + 8), count = get16(request + 10);
    uint8_t *from = device->registers + 2 * address;
    if (count == 0 || count > BLOCK)
        return except(request, to, 3);
    if (address + count > register_count)
        return except(request, to, 2);
    if (change)
        memset(from, (int)(from[0] + 1), 2 * count);
    note_read(device, address / BLOCK, now);
    memcpy(to, request, 8);
    put16(to + 4, 3 + 2 * count);
    to[8] = (uint8_t)(2 * count);
    memcpy(to + 9, from, 2 * count);
    return 9 + 2 * count;
}

static size_t answer_write(struct device *device, const uint8_t *request, uint8_t *to, int64_t now)
{
    bool one = request[7] == 6;
    unsigned address = get16(request + 8), count = one ? 1 : get16(request + 10);
    if (!one && (count == 0 || count > 123 || get16(request + 4) != 7 + 2 * count))
        return except(request, to, 3);
    if (address + count > register_count)
        return except(request, to, 2);
    memcpy(device->registers + 2 * address, request + (one ? 10 : 13), 2 * count);
    if (stamp_ms)
        note_write(device, now);
    memcpy(to, request, 12);
    put16(to + 4, 6);
    return 12;
}

static size_t answer(struct device *device, const uint8_t *request, uint8_t *to, int64_t now)
{
    requests++;
    if (request[7] == 3)
        return answer_read(device, request, to, now);
    if (request[7] == 6 || request[7] == 16)
        return answer_write(device, request, to, now);
    return except(request, to, 1);
}

static bool serve(int fd)
{
    struct peer *peer = &peers[fd];
    ssize_t received = recv(fd, peer->in + peer->length, IN - peer->length, 0);
    if (received <= 0)
        return false;
    int64_t now = now_ns();
    size_t end = peer->length + (size_t)received, at = 0, made = 0;
    while (end - at >= 12 && end - at >= 6 + get16(peer->in + at + 4)) {
        size_t length = 6 + get16(peer->in + at + 4);
        if (length < 12 || length > 260)
            return false;
        made += answer(peer->device, peer->in + at, out + made, now);
        at += length;
    }
    peer->length = end - at;
    memmove(peer->in, peer->in + at, peer->length);
    if (made && send(fd, out, made, MSG_NOSIGNAL) != (ssize_t)made)
        return false;
    if (complete)
        end_round(now_ns());
    return true;
}

/* ---- sockets ---- */

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0 || fd >= DESCRIPTORS || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
}

static void open_device(int epoll, struct device *device)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    device->registers = calloc(register_count, 2);
    device->asked = calloc(block_count(), sizeof *device->asked);
    if (!device->registers || !device->asked || fd < 0 ||
        bind(fd, (struct sockaddr *)&address, length) || listen(fd, 16) ||
        getsockname(fd, (struct sockaddr *)&address, &length))
        die("listen");
    watch(epoll, fd);
    listens[fd] = device;
    plan_change(device, now_ns());
    printf("%u ", ntohs(address.sin_port));
}

static void greet(int epoll, int listener)
{
    int yes = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    watch(epoll, fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    peers[fd] = (struct peer){.device = listens[listener]};
    if (!connected) {
        connected = now_ns();
        begin_round(connected);
    }
}

static void print_list(struct list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        printf(" %.1f", list->us[i]);
    list->count = 0;
}

/* One line for each command; false when stdin is over. */
static bool obey(void)
{
    char line[16];
    if (!fgets(line, sizeof line, stdin))
        return false;
    if (line[0] == 'c') {
        printf("%llu %llu", (unsigned long long)requests, (unsigned long long)exceptions);
    } else if (line[0] == 'r') {
        printf("%.1f", first_us);
        print_list(&rounds);
    } else {
        print_list(&echoes);
    }
    printf("\n");
    fflush(stdout);
    return true;
}

static bool parse(const char *argument)
{
    return sscanf(argument, "devices=%u", &device_count) == 1 ||
           sscanf(argument, "registers=%u", &register_count) == 1 ||
           sscanf(argument, "gap_ms=%u", &gap_ms) == 1 ||
           sscanf(argument, "change=%u", &change) == 1 ||
           sscanf(argument, "stamp_ms=%u", &stamp_ms) == 1;
}

static void look(int epoll, int fd)
{
    if (fd == STDIN_FILENO) {
        if (!obey())
            exit(0);
    } else if (listens[fd]) {
        greet(epoll, fd);
    } else if (!serve(fd)) {
        close(fd);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    int epoll = epoll_create1(0);
    for (int i = 1; i < argc; i++)
        if (!parse(argv[i]))
            return 2;
    if (device_count > 400 || register_count < 1 || register_count > 65536 ||
        (stamp_ms && register_count < 4))
        return 2;
    for (unsigned i = 0; i < device_count; i++)
        open_device(epoll, &devices[i]);
    printf("\n");
    fflush(stdout);
    setvbuf(stdin, NULL, _IONBF, 0);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        int wait = stamp_ms ? change_stamps(now_ns()) : -1;
        int count = epoll_wait(epoll, events, 256, wait);
        for (int i = 0; i < count; i++)
            look(epoll, events[i].data.fd);
    }
}
