/* A load generator: so many connections with so many FC 3 requests in flight on each, from one
 * epoll loop, and each answer checked. A request goes out for each answer that came in, so the
 * server sets the pace.
 *
 * usage: loadgen port=N [host=127.0.0.1] [connections=1] [depth=1] [seconds=5 | count=N]
 *                [address=0] [registers=10] [unit=1] [silence_ms=3000]
 * Prints one line of names and values. Exits with 1 if any answer was wrong or missing. */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST = 12, HEADER = 9, DEPTH_MAX = 1024 };
enum { STEPS = 32, BUCKETS = STEPS * 60 }; /* latencies: 32 buckets to each doubling */

struct options {
    const char *host;
    unsigned port, connections, depth, address, registers, unit, silence_ms;
    double seconds;
    uint64_t count; /* 0: until the time is over */
};

struct connection {
    int fd;
    uint16_t sent, received; /* transaction ids of the next request and the next answer */
    size_t length;
    int64_t when[DEPTH_MAX]; /* of sending, by transaction id modulo depth */
    uint8_t in[65536];
};

struct load {
    struct options options;
    int epoll;
    unsigned open;
    int64_t end; /* ns; nothing is asked from then on */
    uint64_t asked, transactions, errors;
    int64_t max;
    uint64_t buckets[BUCKETS];
    size_t frame; /* length of the one right answer */
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Below STEPS ns each has its own bucket; from there the top bits choose. */
static unsigned bucket_of(int64_t latency)
{
    uint64_t x = (uint64_t)latency;
    unsigned shift = 0;
    for (; x >= 2 * STEPS; x >>= 1)
        shift++;
    return shift * STEPS + (unsigned)x;
}

static int64_t bucket_edge(unsigned bucket)
{
    unsigned shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
    return (int64_t)(bucket - shift * STEPS + 1) << shift;
}

static double percentile_us(const struct load *load, double share)
{
    uint64_t seen = 0, wanted = (uint64_t)(share * (double)load->transactions);
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += load->buckets[i];
        if (seen > wanted)
            return (double)(bucket_edge(i) < load->max ? bucket_edge(i) : load->max) / 1000;
    }
    return (double)load->max / 1000;
}

static void put16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

static void hang_up(struct load *load, struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    load->open--;
}

/* One broken answer makes all that were still due on the connection errors. */
static void give_up(struct load *load, struct connection *connection)
{
    load->errors += (uint16_t)(connection->sent - connection->received);
    hang_up(load, connection);
}

static bool finished(const struct load *load, int64_t now)
{
    return now >= load->end || (load->options.count && load->asked >= load->options.count);
}

static void ask(struct load *load, struct connection *connection, unsigned requests, int64_t now)
{
    const struct options *options = &load->options;
    uint8_t out[DEPTH_MAX * REQUEST];
    size_t length = 0;
    for (; requests > 0 && !finished(load, now); requests--, length += REQUEST) {
        uint8_t *to = out + length;
        connection->when[connection->sent % options->depth] = now;
        put16(to, connection->sent++);
        put16(to + 2, 0);
        put16(to + 4, 6);
        to[6] = (uint8_t)options->unit;
        to[7] = 3;
        put16(to + 8, options->address);
        put16(to + 10, options->registers);
        load->asked++;
    }
    if (length > 0 && send(connection->fd, out, length, MSG_NOSIGNAL) != (ssize_t)length)
        give_up(load, connection);
    else if (connection->sent == connection->received)
        hang_up(load, connection);
}

static void record(struct load *load, int64_t latency)
{
    load->transactions++;
    load->buckets[bucket_of(latency)]++;
    if (latency > load->max)
        load->max = latency;
}

static bool right(const struct load *load, const struct connection *connection, const uint8_t *in)
{
    const struct options *options = &load->options;
    return get16(in) == connection->received && connection->received != connection->sent &&
           get16(in + 2) == 0 && get16(in + 4) == load->frame - 6 && in[6] == options->unit &&
           in[7] == 3 && in[8] == 2 * options->registers;
}

static void take(struct load *load, struct connection *connection)
{
    ssize_t received = recv(connection->fd, connection->in + connection->length,
                            sizeof connection->in - connection->length, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (received <= 0) {
        give_up(load, connection);
        return;
    }
    int64_t now = now_ns();
    size_t at = 0, end = connection->length + (size_t)received;
    unsigned answers = 0;
    /* An exception is shorter than the right answer; its header shows that it is wrong. */
    for (; end - at >= load->frame || (end - at >= HEADER && connection->in[at + 7] != 3);
         at += load->frame, answers++) {
        if (!right(load, connection, connection->in + at)) {
            give_up(load, connection);
            return;
        }
        record(load, now - connection->when[connection->received++ % load->options.depth]);
    }
    connection->length = end - at;
    memmove(connection->in, connection->in + at, connection->length);
    if (answers > 0)
        ask(load, connection, answers, now);
}

static void dial(struct load *load, struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)load->options.port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int yes = 1;
    if (inet_pton(AF_INET, load->options.host, &address.sin_addr) != 1)
        die("host");
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address))
        die("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event))
        die("epoll_ctl");
    load->open++;
}

static void run(struct load *load, struct connection *connections)
{
    struct epoll_event events[256];
    for (unsigned i = 0; i < load->options.connections; i++)
        ask(load, &connections[i], load->options.depth, now_ns());
    while (load->open > 0) {
        int count = epoll_wait(load->epoll, events, 256, (int)load->options.silence_ms);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        if (count == 0)
            break;
        for (int i = 0; i < count; i++)
            take(load, events[i].data.ptr);
    }
    /* What is still open went silent. */
    for (unsigned i = 0; i < load->options.connections; i++)
        if (connections[i].fd >= 0)
            give_up(load, &connections[i]);
}

static bool parse(struct options *options, const char *argument)
{
    const struct {
        const char *name;
        unsigned *value, min, max;
    } numbers[] = {
        {"port=", &options->port, 1, 65535},
        {"connections=", &options->connections, 1, 1000},
        {"depth=", &options->depth, 1, DEPTH_MAX},
        {"address=", &options->address, 0, 65535},
        {"registers=", &options->registers, 1, 125},
        {"unit=", &options->unit, 0, 255},
        {"silence_ms=", &options->silence_ms, 1, 60000},
    };
    const char *value = strchr(argument, '=');
    for (size_t i = 0; value && i < sizeof numbers / sizeof *numbers; i++) {
        if (strncmp(argument, numbers[i].name, strlen(numbers[i].name)) == 0) {
            *numbers[i].value = (unsigned)strtoul(value + 1, NULL, 10);
            return *numbers[i].value >= numbers[i].min && *numbers[i].value <= numbers[i].max;
        }
    }
    if (strncmp(argument, "host=", 5) == 0)
        options->host = value + 1;
    else if (sscanf(argument, "count=%" SCNu64, &options->count) == 1)
        options->seconds = 1e9;
    else if (sscanf(argument, "seconds=%lf", &options->seconds) != 1)
        return false;
    return true;
}

static void report(const struct load *load, double seconds)
{
    printf("transactions %" PRIu64 " errors %" PRIu64 " seconds %.3f rate %.0f"
           " p50_us %.1f p99_us %.1f p999_us %.1f max_us %.1f\n",
           load->transactions, load->errors, seconds, (double)load->transactions / seconds,
           percentile_us(load, 0.5), percentile_us(load, 0.99), percentile_us(load, 0.999),
           (double)load->max / 1000);
}

int main(int argc, char **argv)
{
    static struct load load = {.options = {.host = "127.0.0.1",
                                           .connections = 1,
                                           .depth = 1,
                                           .seconds = 5,
                                           .registers = 10,
                                           .unit = 1,
                                           .silence_ms = 3000}};
    for (int i = 1; i < argc; i++) {
        if (!parse(&load.options, argv[i])) {
            fprintf(stderr, "loadgen: bad argument %s\n", argv[i]);
            return 2;
        }
    }
    struct connection *connections = calloc(load.options.connections, sizeof *connections);
    load.epoll = epoll_create1(0);
    load.frame = HEADER + 2 * load.options.registers;
    if (!connections || load.epoll < 0 || load.options.port == 0)
        die("loadgen port=N");
    for (unsigned i = 0; i < load.options.connections; i++)
        dial(&load, &connections[i]);
    int64_t begin = now_ns();
    load.end = begin + (int64_t)(load.options.seconds * 1e9);
    run(&load, connections);
    report(&load, (double)(now_ns() - begin) / 1e9);
    free(connections);
    return load.errors > 0;
}
