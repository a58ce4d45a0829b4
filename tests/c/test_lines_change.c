/* Proves on pseudo terminals, with real threads and a real libmodbus at the other end, what happens
 * to serial lines when another program takes over: a port that stays goes on with the new clients
 * or servers without being opened again; one that comes, goes, or has other settings or another
 * role is opened after the old one was closed; and what was only prepared leaves no trace. */

#include "pty_bed.h"
#include <modbus.h>
#include <stdatomic.h>
#include "image/adopt.h"
#include "image/link.h"
#include "modbus/lines.h"
#include "modbus/serial.h"

enum { UNIT = 17, WORDS = 4 };

enum role { NOBODY, CLIENT, SERVER };

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

static void need(bool done, const struct error *error)
{
    if (!done)
        fail_msg("%s", error->text);
}

/* ---- programs with one memory of four words ---- */

static void declare_client(struct plan *plan)
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

static void declare_server(struct plan *plan)
{
    struct error error;
    struct server_spec server = {.where = "t.lua:3", .name = "rtu:port", .line = plan->lines[0]};
    for (size_t i = 0; i < UNIT_IDS; i++)
        server.memory_of[i] = i == UNIT ? 0 : UNIT_NONE;
    need(plan_server(plan, &server, &error) >= 0, &error);
}

static struct program load(const struct desk *desk, enum role role, uint32_t baud)
{
    struct error error;
    struct line_spec line = pty_line(&desk->cable.ends[0]);
    struct memory memory = {.name = "mem", .where = "t.lua:1", .order = ORDER_ABCD, .client = -1};
    struct raw raw = {.table = TABLE_HOLDING, .count = WORDS, .where = "t.lua:2"};
    struct program p = {.plan = plan_create("tank")};
    line.baud = baud;
    need(plan_memory(p.plan, &memory, &error) >= 0, &error);
    need(plan_raw(p.plan, &raw, &error) >= 0, &error);
    if (role != NOBODY)
        need(plan_line(p.plan, &line, &error) >= 0, &error);
    if (role == CLIENT)
        declare_client(p.plan);
    if (role == SERVER)
        declare_server(p.plan);
    need(plan_seal(p.plan, &error), &error);
    p.image = image_create(p.plan, clock_monotonic(), &error);
    need(p.image, &error);
    if (role == SERVER)
        p.servers[0] = server_create(p.image, &p.plan->servers[0]);
    return p;
}

static void drop(struct program *p)
{
    server_destroy(p->servers[0]);
    image_destroy(p->image);
    plan_unref(p->plan);
}

static void start(struct desk *desk, enum role role)
{
    struct error error;
    desk->program = load(desk, role, 115200);
    desk->lines = lines_start(desk->program.image, desk->program.servers, &error);
    need(desk->lines, &error);
}

static struct lines_change *prepare(struct desk *desk, struct program *next,
                                    struct plan_match **match)
{
    struct error error;
    *match = plan_match_create(desk->program.plan, next->plan, &error);
    need(*match, &error);
    struct lines_change *change =
        lines_prepare(desk->lines, next->image, next->servers, *match, &error);
    need(change, &error);
    return change;
}

static void change_over(struct desk *desk, enum role role, uint32_t baud)
{
    struct error error;
    struct plan_match *match;
    struct program next = load(desk, role, baud);
    struct lines_change *change = prepare(desk, &next, &match);
    lines_hold(desk->lines);
    int64_t now = clock_monotonic();
    need(image_adopt(next.image, desk->program.image, match, now, NULL, NULL, &error), &error);
    lines_commit(change, now);
    lines_release(desk->lines);
    lines_settle(desk->lines);
    plan_match_destroy(match);
    drop(&desk->program);
    desk->program = next;
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
    drop(&desk->program);
    cable_drop(&desk->cable);
    free(desk);
    return 0;
}

static uint16_t word_of(const struct desk *desk, uint16_t address)
{
    uint16_t word = 0;
    struct request request = {.serve_stale = true, .read = {TABLE_HOLDING, address, 1, &word}};
    assert_int_equal(image_request(desk->program.image, &request, clock_monotonic()),
                     EXCEPTION_NONE);
    return word;
}

static void put(const struct desk *desk, uint16_t address, uint16_t word)
{
    struct request request = {.serve_stale = true, .write = {TABLE_HOLDING, address, 1, &word, 0}};
    assert_int_equal(image_request(desk->program.image, &request, clock_monotonic()),
                     EXCEPTION_NONE);
}

static bool is_online(const struct desk *desk)
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

/* ---- clients ---- */

/* At any moment: with a request on the wire, or none, with a write that waits. */
static void a_port_goes_on_with_the_next_clients(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, CLIENT);
    UNTIL(is_online(desk));
    for (uint16_t i = 1; i <= 40; i++) {
        put(desk, 1, i);
        change_over(desk, CLIENT, 115200);
        assert_true(is_online(desk));
        put(desk, 2, i); /* the wake of the new image */
        slave_word(&slave, 3, i);
        UNTIL(slave_word(&slave, 1, -1) == i && slave_word(&slave, 2, -1) == i);
        UNTIL(word_of(desk, 3) == i);
        assert_int_equal(word_of(desk, 1), i);
    }
    assert_int_equal(link_look(desk->program.image, 0).errors, 0);
    slave_stop(&slave);
}

static bool is_free(const struct desk *desk)
{
    struct error error;
    struct line_spec line = pty_line(&desk->cable.ends[0]);
    struct serial *serial = serial_open(&line, &error);
    bool opened = serial != NULL;
    serial_close(serial);
    return opened;
}

static void a_line_comes_and_goes(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, NOBODY);
    for (uint16_t i = 1; i <= 3; i++) {
        assert_true(is_free(desk));
        slave_word(&slave, 3, i);
        change_over(desk, CLIENT, 115200);
        UNTIL(word_of(desk, 3) == i);
        assert_false(is_free(desk));
        change_over(desk, NOBODY, 0);
        assert_int_equal(word_of(desk, 3), i);
    }
    slave_stop(&slave);
}

static void other_settings_open_the_port_again(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, CLIENT);
    for (uint16_t i = 1; i <= 6; i++) {
        slave_word(&slave, 3, i);
        UNTIL(word_of(desk, 3) == i);
        change_over(desk, CLIENT, i % 2 ? 57600 : 115200);
        UNTIL(is_online(desk));
        assert_int_equal(link_look(desk->program.image, 0).errors, 0);
    }
    slave_stop(&slave);
}

static void what_was_only_prepared_leaves_no_trace(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    static const enum role roles[] = {CLIENT, SERVER, NOBODY};
    slave_start(&slave, &desk->cable.ends[1]);
    start(desk, CLIENT);
    for (uint16_t i = 0; i < 3; i++) {
        struct plan_match *match;
        struct program next = load(desk, roles[i], 115200);
        struct lines_change *change = prepare(desk, &next, &match);
        lines_hold(desk->lines);
        lines_release(desk->lines);
        lines_discard(change);
        plan_match_destroy(match);
        drop(&next);
        put(desk, 1, i);
        slave_word(&slave, 3, i);
        UNTIL(slave_word(&slave, 1, -1) == i && word_of(desk, 3) == i);
    }
    lines_discard(NULL);
    slave_stop(&slave);
}

/* ---- servers ---- */

static void a_master_notices_nothing(void **state)
{
    struct desk *desk = *state;
    uint16_t words[WORDS];
    start(desk, SERVER);
    UNTIL(is_online(desk));
    modbus_t *master = peer(&desk->cable.ends[1]);
    modbus_set_response_timeout(master, 10, 0);
    for (uint16_t i = 1; i <= 20; i++) {
        assert_int_equal(modbus_write_register(master, 2, i), 1);
        int64_t answered = link_look(desk->program.image, 0).answered;
        change_over(desk, SERVER, 115200);
        assert_int_equal(modbus_read_registers(master, 0, WORDS, words), WORDS);
        assert_int_equal(words[2], i);
        UNTIL(link_look(desk->program.image, 0).answered > answered);
        assert_true(is_online(desk));
    }
    modbus_close(master);
    modbus_free(master);
}

static void a_line_may_change_its_role(void **state)
{
    struct desk *desk = *state;
    struct slave slave;
    uint16_t words[WORDS];
    slave_start(&slave, &desk->cable.ends[1]);
    slave_word(&slave, 3, 7);
    start(desk, CLIENT);
    UNTIL(word_of(desk, 3) == 7);
    slave_stop(&slave);
    change_over(desk, SERVER, 115200);
    UNTIL(is_online(desk));
    modbus_t *master = peer(&desk->cable.ends[1]);
    modbus_flush(master); /* what the client asked last */
    modbus_set_response_timeout(master, 10, 0);
    assert_int_equal(modbus_read_registers(master, 0, WORDS, words), WORDS);
    assert_int_equal(words[3], 7);
    modbus_close(master);
    modbus_free(master);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_port_goes_on_with_the_next_clients),
        TEST(a_line_comes_and_goes),
        TEST(other_settings_open_the_port_again),
        TEST(what_was_only_prepared_leaves_no_trace),
        TEST(a_master_notices_nothing),
        TEST(a_line_may_change_its_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
