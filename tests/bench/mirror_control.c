/* What a plain program does to mirror devices: libmodbus, one thread for each device, the holding
 * registers in blocks of 125, one request after the other. MSM's mirror is measured as a ratio to
 * this program, in time and in CPU.
 *
 * usage: mirror_control [registers=N] [period_ms=N] [echo=1] PORT…
 * Each thread reads its device once in every period, all at the same moments; period_ms=0: without
 * a pause. With echo=1 it reads registers 0 and 1 and, when they have changed, writes them to 2 and
 * 3. Ends when its stdin does, and prints "rounds N errors N" over all devices. */

#include <errno.h>
#include <modbus.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 125, DEVICES = 400, REGISTERS = 65536, SECOND = 1000000000 };

struct device {
    int port;
    pthread_t thread;
    uint16_t *registers;
    uint16_t echoed[2];
    unsigned rounds, errors;
};

static int registers = 100, period_ms = 100, echo;
static struct device devices[DEVICES];
static int64_t start;
static atomic_bool over;

static void die(const char *what)
{
    fprintf(stderr, "mirror_control: %s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

/* Until the next multiple of the period; what was missed is left out. */
static void wait_for_turn(void)
{
    int64_t period = (int64_t)period_ms * 1000000;
    if (period == 0)
        return;
    int64_t due = start + ((now_ns() - start) / period + 1) * period;
    struct timespec t = {.tv_sec = due / SECOND, .tv_nsec = due % SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

static modbus_t *dial(int port)
{
    modbus_t *modbus = modbus_new_tcp("127.0.0.1", port);
    if (!modbus || modbus_set_slave(modbus, 1) || modbus_set_response_timeout(modbus, 5, 0) ||
        modbus_connect(modbus))
        die("connect");
    return modbus;
}

static void read_all(struct device *device, modbus_t *modbus)
{
    for (int at = 0; at < registers && !over; at += BLOCK) {
        int count = registers - at < BLOCK ? registers - at : BLOCK;
        if (modbus_read_registers(modbus, at, count, device->registers + at) != count)
            device->errors++;
    }
}

static void echo_changes(struct device *device, modbus_t *modbus)
{
    if (memcmp(device->registers, device->echoed, sizeof device->echoed) == 0)
        return;
    memcpy(device->echoed, device->registers, sizeof device->echoed);
    if (modbus_write_registers(modbus, 2, 2, device->echoed) != 2)
        device->errors++;
}

static void *mirror(void *context)
{
    struct device *device = context;
    modbus_t *modbus = dial(device->port);
    while (!over) {
        read_all(device, modbus);
        if (echo)
            echo_changes(device, modbus);
        device->rounds++;
        wait_for_turn();
    }
    modbus_close(modbus);
    modbus_free(modbus);
    return NULL;
}

static void begin(struct device *device, const char *port)
{
    pthread_attr_t attributes;
    device->port = atoi(port);
    device->registers = calloc((size_t)registers, sizeof *device->registers);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    if (!device->registers || pthread_create(&device->thread, &attributes, mirror, device))
        die("thread");
    pthread_attr_destroy(&attributes);
}

static bool parse(const char *argument)
{
    return sscanf(argument, "registers=%d", &registers) == 1 ||
           sscanf(argument, "period_ms=%d", &period_ms) == 1 ||
           sscanf(argument, "echo=%d", &echo) == 1;
}

static void wait_for_end(void)
{
    char bytes[64];
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
        ;
    over = true;
}

int main(int argc, char **argv)
{
    int first = 1;
    unsigned rounds = 0, errors = 0;
    while (first < argc && parse(argv[first]))
        first++;
    int count = argc - first;
    if (count < 1 || count > DEVICES || registers < 1 || registers > REGISTERS ||
        (echo && registers < 2))
        return 2;
    start = now_ns();
    for (int i = 0; i < count; i++)
        begin(&devices[i], argv[first + i]);
    wait_for_end();
    for (int i = 0; i < count; i++) {
        pthread_join(devices[i].thread, NULL);
        free(devices[i].registers);
        rounds += devices[i].rounds;
        errors += devices[i].errors;
    }
    printf("rounds %u errors %u\n", rounds, errors);
    return errors > 0;
}
