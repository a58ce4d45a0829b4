/* A Modbus device that is libmodbus and nothing else: four tables of SIZE addresses, served over
 * TCP or on a serial line, and told what to hold by lines on stdin, each answered by one line on
 * stdout:
 *
 *     device tcp PORT UNIT           device rtu DEVICE BAUD UNIT
 *     set holding 5 100 …   -> "ok"  get holding 5 2 -> "100 0"  count -> requests so far
 *
 * The first line it prints is "ready" and, over TCP, the port. Ends with its stdin, or when its
 * line is cut. */

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>

enum { SIZE = 20000, CONNECTIONS = 64, LINE = 65536, UNIT_ANY = 0 };

struct device {
    modbus_t *modbus;
    modbus_mapping_t *tables;
    int unit; /* over TCP: answered alone; 0: all */
    int count;
    int polled; /* stdin, then the listening socket or the line, then connections */
    struct pollfd fds[CONNECTIONS + 2];
};

static void die(const char *what)
{
    fprintf(stderr, "device: %s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

static bool is_bits(const char *table)
{
    return strcmp(table, "coil") == 0 || strcmp(table, "discrete") == 0;
}

static uint8_t *bits(struct device *device, const char *table)
{
    return strcmp(table, "coil") == 0 ? device->tables->tab_bits : device->tables->tab_input_bits;
}

static uint16_t *registers(struct device *device, const char *table)
{
    return strcmp(table, "holding") == 0 ? device->tables->tab_registers
                                         : device->tables->tab_input_registers;
}

static void set(struct device *device, const char *table, int address, char *values)
{
    for (char *word = strtok(values, " \n"); word; word = strtok(NULL, " \n"), address++) {
        if (address >= SIZE)
            break;
        if (is_bits(table))
            bits(device, table)[address] = (uint8_t)atoi(word);
        else
            registers(device, table)[address] = (uint16_t)strtol(word, NULL, 0);
    }
    puts("ok");
}

static void get(struct device *device, const char *table, int address, int count)
{
    for (int i = address; i < address + count && i < SIZE; i++)
        printf("%s%d", i > address ? " " : "",
               is_bits(table) ? bits(device, table)[i] : registers(device, table)[i]);
    putchar('\n');
}

static void obey(struct device *device)
{
    static char line[LINE];
    char verb[16], table[16];
    int address, used = 0, count = 1;
    if (!fgets(line, sizeof line, stdin))
        exit(0);
    if (strcmp(line, "count\n") == 0)
        printf("%d\n", device->count);
    else if (sscanf(line, "%15s %15s %d%n", verb, table, &address, &used) < 3)
        puts("what?");
    else if (strcmp(verb, "set") == 0)
        set(device, table, address, line + used);
    else {
        sscanf(line + used, "%d", &count);
        get(device, table, address, count);
    }
    fflush(stdout);
}

static void drop(struct device *device, int i)
{
    close(device->fds[i].fd);
    device->fds[i] = device->fds[--device->polled];
}

/* One request of the connection (or line) at `i`. */
static void answer(struct device *device, int i, bool is_line)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_set_socket(device->modbus, device->fds[i].fd);
    int length = modbus_receive(device->modbus, query);
    if (length > 0 && (is_line || !device->unit || query[6] == device->unit)) {
        device->count++;
        modbus_reply(device->modbus, query, length, device->tables);
    } else if (length < 0 && !is_line) {
        drop(device, i);
    }
}

static void take(struct device *device)
{
    int listening = device->fds[1].fd;
    int fd = modbus_tcp_accept(device->modbus, &listening);
    if (fd >= 0 && device->polled < CONNECTIONS + 2)
        device->fds[device->polled++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void open_tcp(struct device *device, const char *port)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    device->modbus = modbus_new_tcp("127.0.0.1", atoi(port));
    int fd = modbus_tcp_listen(device->modbus, 16);
    if (fd < 0)
        die("listen");
    device->fds[1].fd = fd;
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("ready %d\n", ntohs(address.sin_port));
}

static void open_rtu(struct device *device, const char *path, const char *baud)
{
    device->modbus =
        modbus_new_rtu(path, atoi(baud), 'N', 8, 1); /* pseudo terminals have no parity */
    modbus_set_slave(device->modbus, device->unit);
    if (modbus_connect(device->modbus) < 0)
        die(path);
    device->fds[1].fd = modbus_get_socket(device->modbus);
    puts("ready");
}

int main(int argc, char **argv)
{
    struct device device = {.polled = 2};
    bool is_line = argc == 5 && strcmp(argv[1], "rtu") == 0;
    if (argc != 4 && !is_line) {
        fputs("usage: device tcp PORT UNIT | device rtu DEVICE BAUD UNIT\n", stderr);
        return 2;
    }
    device.unit = atoi(argv[argc - 1]);
    device.tables = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
    device.fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    device.fds[1] = (struct pollfd){.fd = -1, .events = POLLIN};
    if (is_line)
        open_rtu(&device, argv[2], argv[3]);
    else
        open_tcp(&device, argv[2]);
    setvbuf(stdin, NULL, _IONBF, 0); /* poll must see what has not been read */
    fflush(stdout);
    for (;;) {
        if (poll(device.fds, (nfds_t)device.polled, -1) < 0)
            die("poll");
        if (device.fds[0].revents)
            obey(&device);
        for (int i = device.polled - 1; i >= 2; i--)
            if (device.fds[i].revents)
                answer(&device, i, false);
        if (is_line && device.fds[1].revents & (POLLHUP | POLLERR))
            exit(0);
        else if (device.fds[1].revents && is_line)
            answer(&device, 1, true);
        else if (device.fds[1].revents)
            take(&device);
    }
}
