#pragma once
/* Programs that take each other's place on one TCP thread, for the tests of what is handed over:
 * each has a memory "mem" with ten holding registers, servers that show it to every unit, and
 * clients as in dial_bed.h. Ports of servers are any that is free: a server is known by its
 * address.
 */

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include "device_bed.h"
#include "image/adopt.h"
#include "modbus/tcp.h"

enum { CHANGE_SERVERS = 4, CHANGE_WORDS = 10 };

struct program {
    struct dial_bed bed;
    struct server *servers[CHANGE_SERVERS];
    uint16_t ports[CHANGE_SERVERS]; /* 0: any */
};

static inline void program_open(struct program *program)
{
    struct error error;
    *program = (struct program){0};
    dial_bed_open(&program->bed);
    struct memory memory = {.name = "mem", .where = "bed", .order = ORDER_ABCD, .client = -1};
    dial_need(plan_memory(program->bed.plan, &memory, &error) == 0, &error);
    bed_raw(program->bed.plan, 0, TABLE_HOLDING, 0, CHANGE_WORDS);
}

/* The plan refuses port 0, so that stands in for it until it is sealed. */
static inline void program_serve(struct program *program, struct server_spec spec, uint16_t port)
{
    struct error error;
    size_t number = program->bed.plan->server_count;
    spec.where = "bed.lua:3";
    spec.name = spec.bind;
    spec.port = port ? port : (uint16_t)(1 + number);
    program->ports[number] = port;
    dial_need(plan_server(program->bed.plan, &spec, &error) >= 0, &error);
}

static inline void program_seal(struct program *program)
{
    dial_bed_seal(&program->bed);
    const struct plan *plan = program->bed.plan;
    for (size_t i = 0; i < plan->server_count; i++) {
        ((struct server_spec *)&plan->servers[i])->port = program->ports[i];
        program->servers[i] = server_create(program->bed.image, &plan->servers[i]);
    }
}

static inline void program_close(struct program *program)
{
    for (size_t i = 0; i < CHANGE_SERVERS; i++)
        server_destroy(program->servers[i]);
    dial_bed_close(&program->bed);
}

/* One server and at most one client, ready. */
static inline void program_make(struct program *program, const char *bind,
                                const struct client_spec *client)
{
    program_open(program);
    if (bind)
        program_serve(program, (struct server_spec){.bind = bind}, 0);
    if (client)
        dial_bed_add(&program->bed, *client);
    program_seal(program);
}

static inline struct tcp *program_start(struct program *program)
{
    struct error error;
    struct tcp *tcp = tcp_create(&error);
    dial_need(tcp != NULL, &error);
    for (size_t i = 0; i < program->bed.plan->server_count; i++)
        dial_need(tcp_listen(tcp, program->servers[i], &error), &error);
    dial_need(tcp_dial(tcp, program->bed.image, &error), &error);
    dial_need(tcp_start(tcp, &error), &error);
    return tcp;
}

/* False with an error when it is refused. */
static inline bool try_change(struct tcp *tcp, struct program *from, struct program *to,
                              struct error *error)
{
    struct plan_match *match = plan_match_create(from->bed.plan, to->bed.plan, error);
    dial_need(match != NULL, error);
    struct tcp_change *change = tcp_prepare(tcp, to->bed.image, to->servers, match, error);
    if (change) {
        tcp_hold(tcp);
        int64_t now = clock_monotonic();
        dial_need(image_adopt(to->bed.image, from->bed.image, match, now, NULL, NULL, error),
                  error);
        tcp_commit(change, now);
        tcp_release(tcp);
    }
    plan_match_destroy(match);
    return change != NULL;
}

static inline void change(struct tcp *tcp, struct program *from, struct program *to)
{
    struct error error = {""};
    if (!try_change(tcp, from, to, &error))
        fail_msg("%s", error.text);
}

static inline size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* ---- a master that never stops asking ---- */

struct master {
    pthread_t thread;
    int fd;
    uint8_t address; /* of its own register */
    atomic_bool stop;
    atomic_uint served; /* requests with their right answer */
    atomic_bool failed; /* and it asks no more */
};

/* Writes a number and reads it back: it is what was written, whoever serves it. */
static inline bool master_ask(struct master *master, uint16_t number)
{
    uint8_t write[12] = {0, 7, 0, 0, 0, 6, 1, 6}, echo[12], answer[READ_ANSWER];
    uint8_t read[12] = {0, 8, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1};
    write[9] = read[9] = master->address;
    write[10] = (uint8_t)(number >> 8);
    write[11] = (uint8_t)number;
    return send(master->fd, write, 12, MSG_NOSIGNAL) == 12 && take(master->fd, echo, 12) &&
           memcmp(write, echo, 12) == 0 && send(master->fd, read, 12, MSG_NOSIGNAL) == 12 &&
           take(master->fd, answer, sizeof answer) && memcmp(answer + 9, write + 10, 2) == 0;
}

static inline void *master_run(void *context)
{
    struct master *master = context;
    for (uint16_t number = 1; !atomic_load(&master->stop); number++) {
        if (!master_ask(master, number)) {
            atomic_store(&master->failed, true);
            break;
        }
        atomic_fetch_add(&master->served, 1);
    }
    return NULL;
}

static inline void master_start(struct master *master, uint16_t port, uint8_t address)
{
    *master = (struct master){.fd = client_from("127.0.0.1", port), .address = address};
    assert_int_equal(pthread_create(&master->thread, NULL, master_run, master), 0);
}

/* Until it was served again. */
static inline void master_wait(struct master *master)
{
    unsigned before = atomic_load(&master->served);
    for (int64_t end = patience(); atomic_load(&master->served) == before;) {
        if (atomic_load(&master->failed) || clock_monotonic() > end)
            fail_msg("after %u requests the master was not served any more", before);
        sched_yield();
    }
}

static inline void master_end(struct master *master)
{
    atomic_store(&master->stop, true);
    pthread_join(master->thread, NULL);
    assert_false(atomic_load(&master->failed));
    close(master->fd);
}

/* ---- a device that answers by itself ---- */

/* Takes its time for each answer, and sees whether somebody asks twice meanwhile. */
struct robot {
    pthread_t thread;
    int listener;
    uint16_t port;
    atomic_bool stop, crowded;
    atomic_uint accepted, answered;
    int think_ms;
};

static inline bool robot_answer(struct robot *robot, int fd)
{
    uint8_t request[REQUEST], answer[9 + 2 * DIAL_WORDS] = {0}, more;
    if (!take(fd, request, sizeof request))
        return false;
    pause_ms(robot->think_ms);
    if (recv(fd, &more, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        atomic_store(&robot->crowded, true);
    memcpy(answer, request, 8);
    answer[5] = 3 + 2 * DIAL_WORDS;
    answer[8] = 2 * DIAL_WORDS;
    answer[10] = 42;
    if (send(fd, answer, sizeof answer, MSG_NOSIGNAL) < 0)
        return false;
    atomic_fetch_add(&robot->answered, 1);
    return true;
}

static inline void *robot_run(void *context)
{
    struct robot *robot = context;
    while (!atomic_load(&robot->stop)) {
        int fd = accept4(robot->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        atomic_fetch_add(&robot->accepted, 1);
        struct timeval limit = {.tv_usec = 100000};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        uint8_t byte;
        for (ssize_t got = 1; got != 0 && !atomic_load(&robot->stop);) {
            got = recv(fd, &byte, 1, MSG_PEEK);
            if (got > 0 && !robot_answer(robot, fd))
                got = 0;
        }
        close(fd);
    }
    return NULL;
}

static inline void robot_start(struct robot *robot, int think_ms)
{
    *robot = (struct robot){.think_ms = think_ms};
    robot->listener = listen_on(&robot->port);
    struct timeval limit = {.tv_usec = 100000};
    setsockopt(robot->listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(pthread_create(&robot->thread, NULL, robot_run, robot), 0);
}

static inline void robot_wait(struct robot *robot)
{
    unsigned before = atomic_load(&robot->answered);
    for (int64_t end = patience(); atomic_load(&robot->answered) == before;) {
        if (clock_monotonic() > end)
            fail_msg("after %u polls the device was not asked any more", before);
        sched_yield();
    }
}

static inline void robot_end(struct robot *robot)
{
    atomic_store(&robot->stop, true);
    pthread_join(robot->thread, NULL);
    close(robot->listener);
}
