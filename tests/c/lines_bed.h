#pragma once
/* Serial lines with real threads on pseudo terminals: a program whose line has a client, a server
 * or nobody on it, and a real libmodbus slave or master at the other end of the cable. */

#include "pty_bed.h"
#include <modbus.h>
#include <stdatomic.h>
#include "image/image.h"
#include "image/link.h"
#include "modbus/lines.h"
#include "modbus/serial.h"

enum { UNIT = 17, WORDS = 8, BAUD = 115200 };

/* Who is on the line. */
enum role { NO_LINE, NOBODY, CLIENT, SERVER };

struct program {
    struct plan *plan;
    struct image *image;
    struct server *servers[1];
};

struct desk {
    struct cable cable; /* msm is at end 0, the other one at end 1 */
    struct program program;
    struct lines *lines;
};

static inline void need(bool done, const struct error *error)
{
    if (!done)
        fail_msg("%s", error->text);
}

/* ---- programs with one memory of eight words ---- */

static inline void declare_client(struct plan *plan)
{
    struct error error;
    struct client_spec client = {.where = "t.lua:3",
                                 .name = "port unit 17",
                                 .line = plan->lines[0],
                                 .unit = UNIT,
                                 .period = 10 * NS_PER_MS,
                                 .timeout = 2 * (int64_t)NS_PER_S,
                                 .depth = 1,
                                 .max_read = 125,
                                 .max_write = 123};
    need(plan_client(plan, &client, &error) >= 0, &error);
}

static inline void declare_server(struct plan *plan)
{
    struct error error;
    struct server_spec server = {.where = "t.lua:3", .name = "rtu:port", .line = plan->lines[0]};
    for (size_t i = 0; i < UNIT_IDS; i++)
        server.memory_of[i] = i == UNIT ? 0 : UNIT_NONE;
    need(plan_server(plan, &server, &error) >= 0, &error);
}

static inline struct program load(const struct pty *pty, enum role role, uint32_t baud)
{
    struct error error;
    struct line_spec line = pty_line(pty);
    struct memory memory = {.name = "mem", .where = "t.lua:1", .order = ORDER_ABCD, .client = -1};
    struct raw raw = {.table = TABLE_HOLDING, .count = WORDS, .where = "t.lua:2"};
    struct program p = {.plan = plan_create("tank")};
    line.baud = baud;
    need(plan_memory(p.plan, &memory, &error) >= 0, &error);
    need(plan_raw(p.plan, &raw, &error) >= 0, &error);
    if (role != NO_LINE)
        need(plan_line(p.plan, &line, &error) >= 0, &error);
    if (role == CLIENT)
        declare_client(p.plan);
    if (role == SERVER)
        declare_server(p.plan);
    need(plan_seal(p.plan, &error), &error);
    p.image = image_create(p.plan, clock_monotonic(), &error);
    need(p.image, &error);
    if (role == SERVER) {
        p.servers[0] = server_create(p.image, &p.plan->servers[0]);
        assert_non_null(p.servers[0]);
    }
    return p;
}

static inline void drop(struct program *p)
{
    server_destroy(p->servers[0]);
    image_destroy(p->image);
    plan_unref(p->plan);
}

static inline void start(struct desk *desk, const struct pty *pty, enum role role)
{
    struct error error;
    desk->program = load(pty, role, BAUD);
    desk->lines = lines_start(desk->program.image, desk->program.servers, &error);
    need(desk->lines, &error);
}

static inline int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    cable_make(&desk->cable);
    *state = desk;
    return 0;
}

static inline int teardown(void **state)
{
    struct desk *desk = *state;
    lines_stop(desk->lines);
    lines_destroy(desk->lines);
    drop(&desk->program);
    cable_drop(&desk->cable);
    free(desk);
    return 0;
}

static inline uint16_t word_of(const struct desk *desk, uint16_t address)
{
    uint16_t word = 0;
    struct request request = {.serve_stale = true, .read = {TABLE_HOLDING, address, 1, &word}};
    assert_int_equal(image_request(desk->program.image, &request, clock_monotonic()),
                     EXCEPTION_NONE);
    return word;
}

static inline void put(const struct desk *desk, uint16_t address, uint16_t word)
{
    struct request request = {.serve_stale = true, .write = {TABLE_HOLDING, address, 1, &word, 0}};
    assert_int_equal(image_request(desk->program.image, &request, clock_monotonic()),
                     EXCEPTION_NONE);
}

static inline bool is_online(const struct desk *desk)
{
    return link_look(desk->program.image, 0).online;
}

/* Waits for what another thread is about to do. */
#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int left = PTY_PATIENCE_MS;                                                                \
        while (!(condition) && left-- > 0)                                                         \
            poll(NULL, 0, 1);                                                                      \
        assert_true(condition);                                                                    \
    } while (0)

/* ---- a real one at the other end ---- */

static inline modbus_t *peer(const struct pty *pty)
{
    modbus_t *context = modbus_new_rtu(pty->path, BAUD, 'N', 8, 1);
    assert_non_null(context);
    modbus_set_slave(context, UNIT);
    assert_int_equal(modbus_connect(context), 0);
    return context;
}

static inline void drop_peer(modbus_t *peer)
{
    modbus_close(peer);
    modbus_free(peer);
}

/* ---- a real slave ---- */

struct slave {
    modbus_t *context;
    modbus_mapping_t *map;
    pthread_mutex_t mutex;
    pthread_t thread;
    atomic_bool stop;
};

static inline void *serve(void *context)
{
    struct slave *slave = context;
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    while (!atomic_load(&slave->stop)) {
        int length = modbus_receive(slave->context, request);
        if (length <= 0)
            continue;
        pthread_mutex_lock(&slave->mutex);
        modbus_reply(slave->context, request, length, slave->map);
        pthread_mutex_unlock(&slave->mutex);
    }
    return NULL;
}

static inline void slave_start(struct slave *slave, const struct pty *pty)
{
    slave->context = peer(pty);
    modbus_set_indication_timeout(slave->context, 0, 50000);
    slave->map = modbus_mapping_new(0, 0, WORDS, 0);
    pthread_mutex_init(&slave->mutex, NULL);
    atomic_init(&slave->stop, false);
    for (uint16_t i = 0; i < WORDS; i++)
        slave->map->tab_registers[i] = (uint16_t)(0x0D00 + i);
    assert_int_equal(pthread_create(&slave->thread, NULL, serve, slave), 0);
}

static inline void slave_stop(struct slave *slave)
{
    atomic_store(&slave->stop, true);
    pthread_join(slave->thread, NULL);
    modbus_mapping_free(slave->map);
    drop_peer(slave->context);
    pthread_mutex_destroy(&slave->mutex);
}

/* Exchanges one of its words. */
static inline uint16_t slave_word(struct slave *slave, uint16_t address, int word)
{
    pthread_mutex_lock(&slave->mutex);
    uint16_t before = slave->map->tab_registers[address];
    if (word >= 0)
        slave->map->tab_registers[address] = (uint16_t)word;
    pthread_mutex_unlock(&slave->mutex);
    return before;
}

/* ---- a real master ---- */

static inline modbus_t *new_master(const struct pty *pty)
{
    modbus_t *master = peer(pty);
    modbus_set_response_timeout(master, 10, 0);
    return master;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
