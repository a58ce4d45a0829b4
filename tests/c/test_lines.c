/* Proves on pseudo terminals, with real threads and real time, that a serial line exchanges a
 * memory with a real libmodbus slave, serves one to a real libmodbus master, comes back when its
 * port does, and ends when it is told to. */

#include "pty_bed.h"
#include <errno.h>
#include <modbus.h>
#include <stdatomic.h>
#include "image/image.h"
#include "image/link.h"
#include "modbus/lines.h"
#include "modbus/serial.h"

enum { UNIT = 17, WORDS = 8 };

struct desk {
    struct cable cable; /* msm is at end 0, the other one at end 1 */
    struct plan *plan;
    struct image *image;
    struct server *servers[1];
    struct lines *lines;
};

/* ---- a program with one memory of eight words ---- */

static void need(bool done, const struct error *error)
{
    if (!done)
        fail_msg("%s", error->text);
}

static const struct line_spec *declare(struct desk *desk, const struct line_spec *line)
{
    struct error error;
    struct memory memory = {.name = "mem", .where = "t.lua:1", .order = ORDER_ABCD};
    struct raw raw = {.table = TABLE_HOLDING, .count = WORDS, .where = "t.lua:2"};
    desk->plan = plan_create("tank");
    need(plan_memory(desk->plan, &memory, &error) >= 0, &error);
    need(plan_raw(desk->plan, &raw, &error) >= 0, &error);
    need(plan_line(desk->plan, line, &error) >= 0, &error);
    return desk->plan->lines[0];
}

static void run_lines(struct desk *desk)
{
    struct error error;
    need(plan_seal(desk->plan, &error), &error);
    desk->image = image_create(desk->plan, clock_monotonic(), &error);
    need(desk->image, &error);
    if (desk->plan->server_count) {
        desk->servers[0] = server_create(desk->image, &desk->plan->servers[0]);
        assert_non_null(desk->servers[0]);
    }
    desk->lines = lines_start(desk->image, desk->servers, &error);
    need(desk->lines, &error);
}

static void start_client(struct desk *desk, const struct pty *pty)
{
    struct error error;
    struct line_spec line = pty_line(pty);
    struct client_spec client = {.where = "t.lua:3",
                                 .name = "port unit 17",
                                 .line = declare(desk, &line),
                                 .unit = UNIT,
                                 .period = 20 * NS_PER_MS,
                                 .timeout = 2 * (int64_t)NS_PER_S,
                                 .depth = 1,
                                 .max_read = 125,
                                 .max_write = 123};
    need(plan_client(desk->plan, &client, &error) >= 0, &error);
    run_lines(desk);
}

static void start_server(struct desk *desk, const struct pty *pty)
{
    struct error error;
    struct line_spec line = pty_line(pty);
    struct server_spec server = {
        .where = "t.lua:3", .name = "rtu:port", .line = declare(desk, &line)};
    for (size_t i = 0; i < UNIT_IDS; i++)
        server.memory_of[i] = i == UNIT ? 0 : UNIT_NONE;
    need(plan_server(desk->plan, &server, &error) >= 0, &error);
    run_lines(desk);
}

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    cable_make(&desk->cable);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    lines_stop(desk->lines);
    lines_destroy(desk->lines);
    server_destroy(desk->servers[0]);
    image_destroy(desk->image);
    plan_unref(desk->plan);
    cable_drop(&desk->cable);
    free(desk);
    return 0;
}

static uint16_t word_of(const struct desk *desk, uint16_t address)
{
    uint16_t word = 0;
    struct request request = {.serve_stale = true, .read = {TABLE_HOLDING, address, 1, &word}};
    assert_int_equal(image_request(desk->image, &request, clock_monotonic()), EXCEPTION_NONE);
    return word;
}

static void put(const struct desk *desk, uint16_t address, uint16_t word)
{
    struct request request = {.serve_stale = true, .write = {TABLE_HOLDING, address, 1, &word, 0}};
    assert_int_equal(image_request(desk->image, &request, clock_monotonic()), EXCEPTION_NONE);
}

/* Waits for what another thread is about to do. */
#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int left = PTY_PATIENCE_MS;                                                                \
        while (!(condition) && left-- > 0)                                                         \
            poll(NULL, 0, 1);                                                                      \
        assert_true(condition);                                                                    \
    } while (0)

/* ---- a real slave ---- */

struct slave {
    modbus_t *context;
    modbus_mapping_t *map;
    pthread_mutex_t mutex;
    pthread_t thread;
    atomic_bool stop;
};

static void *serve(void *context)
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

static modbus_t *peer(const struct pty *pty)
{
    modbus_t *context = modbus_new_rtu(pty->path, 115200, 'N', 8, 1);
    assert_non_null(context);
    modbus_set_slave(context, UNIT);
    assert_int_equal(modbus_connect(context), 0);
    return context;
}

static void slave_start(struct slave *slave, const struct pty *pty)
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

static void slave_stop(struct slave *slave)
{
    atomic_store(&slave->stop, true);
    pthread_join(slave->thread, NULL);
    modbus_mapping_free(slave->map);
    modbus_close(slave->context);
    modbus_free(slave->context);
    pthread_mutex_destroy(&slave->mutex);
}

/* Exchanges one of its words. */
static uint16_t slave_word(struct slave *slave, uint16_t address, int word)
{
    pthread_mutex_lock(&slave->mutex);
    uint16_t before = slave->map->tab_registers[address];
    if (word >= 0)
        slave->map->tab_registers[address] = (uint16_t)word;
    pthread_mutex_unlock(&slave->mutex);
    return before;
}

static void mirrors_a_real_slave(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start_client(desk, &desk->cable.ends[0]);
    for (uint16_t i = 0; i < WORDS; i++)
        UNTIL(word_of(desk, i) == 0x0D00 + i);
    UNTIL(link_look(desk->image, 0).online);
    for (uint16_t i = 1; i <= 20; i++) {
        slave_word(&slave, 3, i);
        UNTIL(word_of(desk, 3) == i);
        put(desk, 4, (uint16_t)(100 + i)); /* the wake must reach the line */
        UNTIL(slave_word(&slave, 4, -1) == 100 + i);
    }
    slave_stop(&slave);
}

/* ---- a real master ---- */

static void serves_a_real_master(void **state)
{
    struct desk *desk = *state;
    uint16_t words[WORDS], some[] = {0x0D0A, 0x1113, 0xFFFF};
    start_server(desk, &desk->cable.ends[0]);
    UNTIL(link_look(desk->image, 0).online);
    modbus_t *master = peer(&desk->cable.ends[1]);
    modbus_set_response_timeout(master, 10, 0);
    for (uint16_t i = 0; i < 20; i++) {
        some[0] = i;
        assert_int_equal(modbus_write_registers(master, 2, 3, some), 3);
        assert_int_equal(modbus_read_registers(master, 0, WORDS, words), WORDS);
        assert_memory_equal(words + 2, some, sizeof some);
        assert_int_equal(word_of(desk, 2), i);
    }
    assert_int_equal(modbus_read_registers(master, 0, WORDS + 1, words), -1);
    assert_int_equal(errno, EMBXILADD);
    UNTIL(link_look(desk->image, 0).answered > 0);
    modbus_set_response_timeout(master, 0, 200000);
    modbus_set_slave(master, UNIT + 1);
    assert_int_equal(modbus_read_registers(master, 0, 1, words), -1); /* silence */
    assert_int_equal(errno, ETIMEDOUT);
    modbus_set_response_timeout(master, 10, 0);
    modbus_set_slave(master, UNIT);
    assert_int_equal(modbus_read_registers(master, 0, 1, words), 1);
    modbus_close(master);
    modbus_free(master);
}

static void a_stopped_server_is_silent(void **state)
{
    struct desk *desk = *state;
    uint16_t word;
    start_server(desk, &desk->cable.ends[0]);
    UNTIL(link_look(desk->image, 0).online);
    modbus_t *master = peer(&desk->cable.ends[1]);
    link_want(desk->image, 0, false);
    UNTIL(!link_look(desk->image, 0).online);
    modbus_set_response_timeout(master, 0, 200000);
    assert_int_equal(modbus_read_registers(master, 0, 1, &word), -1);
    link_want(desk->image, 0, true);
    UNTIL(link_look(desk->image, 0).online);
    modbus_set_response_timeout(master, 10, 0);
    assert_int_equal(modbus_read_registers(master, 0, 1, &word), 1);
    modbus_close(master);
    modbus_free(master);
}

static void a_stopped_client_keeps_the_port(void **state)
{
    struct desk *desk = *state;
    struct error error;
    struct slave slave;
    struct line_spec line = pty_line(&desk->cable.ends[0]);
    slave_start(&slave, &desk->cable.ends[1]);
    start_client(desk, &desk->cable.ends[0]);
    UNTIL(word_of(desk, 1) == 0x0D01);
    link_want(desk->image, 0, false);
    UNTIL(!link_look(desk->image, 0).online);
    assert_null(serial_open(&line, &error));
    assert_non_null(strstr(error.text, "used by another program"));
    slave_word(&slave, 1, 5);
    link_want(desk->image, 0, true);
    UNTIL(word_of(desk, 1) == 5);
    slave_stop(&slave);
}

/* ---- the port comes and goes: a port of its own, the test is the device ---- */

static void expect_poll(struct pty *pty)
{
    static const uint8_t poll_of_8[] = {UNIT, 3, 0, 0, 0, WORDS};
    uint8_t frame[8];
    assert_int_equal(pty_take(pty->master, frame, sizeof frame, PTY_PATIENCE_MS), sizeof frame);
    assert_memory_equal(frame, poll_of_8, sizeof poll_of_8);
}

static void a_port_may_come_late_and_again(void **state)
{
    struct desk *desk = *state;
    struct pty own;
    char text[LINK_ERROR_MAX];
    pty_make(&own);
    pty_pull(&own);
    start_client(desk, &own);
    UNTIL(link_last_error(desk->image, 0, text) || !link_look(desk->image, 0).online);
    for (int i = 0; i < 2; i++) {
        pty_plug(&own);
        expect_poll(&own);
        pty_pull(&own);
    }
    UNTIL(link_last_error(desk->image, 0, text));
    pty_drop(&own);
}

static void a_server_says_when_its_port_is_gone(void **state)
{
    struct desk *desk = *state;
    struct pty own;
    char text[LINK_ERROR_MAX];
    pty_make(&own);
    start_server(desk, &own);
    UNTIL(link_look(desk->image, 0).online);
    pty_pull(&own);
    UNTIL(!link_look(desk->image, 0).online);
    assert_true(link_last_error(desk->image, 0, text));
    assert_true(strstr(text, "the port is gone") || strstr(text, "no such device"));
    pty_plug(&own);
    UNTIL(link_look(desk->image, 0).online);
    pty_drop(&own);
}

/* ---- the end ---- */

static void ends_at_once_in_the_middle_of_anything(void **state)
{
    struct desk *desk = *state;
    start_client(desk,
                 &desk->cable.ends[0]); /* nobody answers: it waits for 2 s, or for the port */
    uint8_t byte;
    assert_int_equal(pty_take(desk->cable.ends[1].keep, &byte, 1, PTY_PATIENCE_MS), 1);
    int64_t begin = clock_monotonic();
    lines_stop(desk->lines);
    assert_true(clock_monotonic() - begin < NS_PER_S);
    link_want(desk->image, 0, false); /* a wake that finds nobody */
    lines_destroy(desk->lines);
    desk->lines = NULL;
    link_want(desk->image, 0, true);
}

static void a_line_without_users_is_left_alone(void **state)
{
    struct desk *desk = *state;
    struct line_spec line = pty_line(&desk->cable.ends[0]);
    declare(desk, &line);
    run_lines(desk);
    struct error error;
    struct serial *serial = serial_open(&line, &error);
    assert_non_null(serial);
    serial_close(serial);
    lines_stop(NULL);
    lines_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mirrors_a_real_slave),
        TEST(serves_a_real_master),
        TEST(a_stopped_server_is_silent),
        TEST(a_stopped_client_keeps_the_port),
        TEST(a_port_may_come_late_and_again),
        TEST(a_server_says_when_its_port_is_gone),
        TEST(ends_at_once_in_the_middle_of_anything),
        TEST(a_line_without_users_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
