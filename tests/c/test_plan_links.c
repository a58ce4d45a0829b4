/* Proves that links are kept as they were declared, that two which cannot share a line, a device, a
 * unit or a memory are refused by naming both, and that a link needs something to move. */

#include "plan_bed.h"

#include <stdio.h>

static const struct line_spec *line(struct bed *bed, const char *device)
{
    struct error error;
    struct line_spec spec = {.where = "t.lua:2", .name = device, .device = device};
    int index = plan_line(bed->plan, &spec, &error);
    if (index < 0)
        fail_msg("%s", error.text);
    return bed->plan->lines[index];
}

static struct server_spec server_on(const struct line_spec *on, int unit)
{
    struct server_spec server = {.where = "t.lua:6", .name = "S", .line = on, .bind = ""};
    for (int i = 0; i < UNIT_IDS; i++)
        server.memory_of[i] = unit < 0 || unit == i ? 0 : UNIT_NONE;
    return server;
}

static struct client_spec client_over(const struct line_spec *on, uint32_t memory)
{
    struct client_spec client = client_on(memory);
    client.line = on;
    return client;
}

static void refused_client(struct bed *bed, struct client_spec client, const char *text)
{
    struct error error = {""};
    assert_int_equal(plan_client(bed->plan, &client, &error), -1);
    assert_string_equal(error.text, text);
}

static void refused_server(struct bed *bed, struct server_spec server, const char *text)
{
    struct error error = {""};
    assert_int_equal(plan_server(bed->plan, &server, &error), -1);
    assert_string_equal(error.text, text);
}

static void lines_stay_where_they_are(void **state)
{
    struct bed *bed = *state;
    const struct line_spec *first = line(bed, "/dev/tty0");
    for (int i = 1; i < 50; i++) {
        char device[20];
        snprintf(device, sizeof device, "/dev/tty%d", i % 100);
        line(bed, plan_string(bed->plan, device));
    }
    assert_ptr_equal(bed->plan->lines[0], first);
    assert_string_equal(bed->plan->lines[49]->device, "/dev/tty49");
    assert_int_equal(bed->plan->line_count, 50);
}

static void one_device_twice_is_refused(void **state)
{
    struct bed *bed = *state;
    struct error error;
    line(bed, "/dev/ttyUSB0");
    struct line_spec again = {.where = "t.lua:9", .device = "/dev/ttyUSB0"};
    assert_int_equal(plan_line(bed->plan, &again, &error), -1);
    assert_string_equal(error.text,
                        "serial: /dev/ttyUSB0 is already opened at t.lua:2; one line carries all "
                        "its units, so give that one to every client or server on it");
    assert_int_equal(bed->plan->line_count, 1);
}

static void a_memory_has_one_client(void **state)
{
    struct bed *bed = *state;
    bed_memory(bed, (struct memory){.name = "plc", .client = 7});
    assert_int_equal(bed->plan->memories[1].client, -1); /* nobody else's to say */
    bed_client(bed, client_on(1));
    assert_int_equal(bed->plan->memories[0].client, -1);
    assert_int_equal(bed->plan->memories[1].client, 0);
    refused_client(bed, client_on(1),
                   "client.tcp: memory plc is already mirrored by 10.0.0.7:502 unit 1, at t.lua:5; "
                   "a memory has one client");
    bed_client(bed, client_on(0)); /* the same unit: other tables of it, perhaps */
    assert_int_equal(bed->plan->memories[0].client, 1);
    assert_int_equal(bed->plan->client_count, 2);
}

static void a_line_has_clients_or_servers(void **state)
{
    struct bed *bed = *state;
    struct error error;
    const struct line_spec *field = line(bed, "/dev/ttyUSB0"), *host = line(bed, "/dev/ttyUSB1");
    struct server_spec server = server_on(host, 17);
    bed_client(bed, client_over(field, 0));
    assert_int_equal(plan_server(bed->plan, &server, &error), 0);
    refused_server(bed, server_on(field, 17),
                   "server.rtu: /dev/ttyUSB0 is used by the client at t.lua:5; a line has either "
                   "clients or servers");
    bed_memory(bed, (struct memory){.name = "plc"});
    refused_client(bed, client_over(host, 1),
                   "client.rtu: /dev/ttyUSB1 is used by the server at t.lua:6; a line has either "
                   "clients or servers");
    bed_client(bed, client_over(field, 1)); /* the same unit again */
}

static void servers_of_a_line_share_its_units(void **state)
{
    struct bed *bed = *state;
    struct error error;
    const struct line_spec *a = line(bed, "/dev/ttyUSB0"), *b = line(bed, "/dev/ttyUSB1");
    struct server_spec server = server_on(a, 17);
    server.memory_of[0] = 0; /* broadcasts reach all of them */
    assert_int_equal(plan_server(bed->plan, &server, &error), 0);
    refused_server(bed, server_on(a, 17),
                   "server.rtu: unit 17 of /dev/ttyUSB0 is already answered at t.lua:6; give each "
                   "server on a line other units");
    struct server_spec all = server_on(a, -1), other = server_on(a, 18), apart = server_on(b, 17);
    assert_int_equal(plan_server(bed->plan, &all, &error), -1);
    other.memory_of[0] = 0;
    assert_int_equal(plan_server(bed->plan, &other, &error), 1);
    assert_int_equal(plan_server(bed->plan, &apart, &error), 2);
    struct server_spec odd = server_on(b, 99), tcp = server_on(NULL, -1);
    odd.port = tcp.port = 502; /* ports are for TCP alone */
    odd.bind = tcp.bind = "127.0.0.1";
    assert_int_equal(plan_server(bed->plan, &odd, &error), 3);
    assert_int_equal(plan_server(bed->plan, &tcp, &error), 4);
}

static void links_are_found_by_name(void **state)
{
    struct bed *bed = *state;
    struct error error;
    bed_plc(bed);
    struct server_spec server = server_on(NULL, -1), other = server_on(NULL, -1);
    server.port = 502;
    other.port = 503;
    other.name = "T";
    other.where = "t.lua:7";
    assert_int_equal(plan_server(bed->plan, &server, &error), 0);
    assert_int_equal(plan_server(bed->plan, &other, &error), 1);
    assert_string_equal(plan_find_link(bed->plan, "10.0.0.7:502 unit 1"), "t.lua:5");
    assert_string_equal(plan_find_link(bed->plan, "S"), "t.lua:6");
    assert_string_equal(plan_find_link(bed->plan, "T"), "t.lua:7");
    assert_null(plan_find_link(bed->plan, "mem")); /* a memory's name is no link's */
}

static void a_client_of_nothing_is_refused(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, COIL("A", 0));
    bed_declare(bed, BED_VARIABLE("FLAG", TABLE_VAR, TYPE_BOOL, 0, .memory = 1));
    bed_refused(bed, "t.lua:5: client.tcp: nothing is addressed in plc, so there is nothing to "
                     "exchange; memories with addresses: mem");
}

static void a_serial_server_of_nothing_is_refused(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct server_spec server = server_on(line(bed, "/dev/ttyUSB0"), 17);
    assert_int_equal(plan_server(bed->plan, &server, &error), 0);
    bed_refused(bed, "t.lua:6: server.rtu: nothing is addressed in mem, so there is nothing to "
                     "serve; declare a variable with an address, or a raw range");
}

static void needs_name_what_a_client_mirrors(void **state)
{
    struct bed *bed = *state;
    static const uint32_t both[] = {1, 0};
    bed_plc(bed);
    bed_raw_of(bed, 1, TABLE_HOLDING, 0, 1);
    struct task_spec task = {.period = 1, .where = "t.lua:8", .needs = both, .need_count = 1};
    plan_task(bed->plan, &task);
    bed_seal(bed);
    plan_unref(bed->plan);
    bed->plan = plan_create("test");
    bed_memory(bed, (struct memory){.name = "mem"});
    bed_plc(bed);
    bed_raw_of(bed, 1, TABLE_HOLDING, 0, 1);
    task.need_count = 2;
    plan_task(bed->plan, &task);
    bed_refused(bed, "t.lua:8: every: needs mem, which has no client and therefore is always good; "
                     "needs is for memories that a client mirrors");
}

static void clients_get_two_seconds_at_a_stop(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(bed->plan->settings.stop_timeout, 2000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(lines_stay_where_they_are),
        BED_TEST(one_device_twice_is_refused),
        BED_TEST(a_memory_has_one_client),
        BED_TEST(a_line_has_clients_or_servers),
        BED_TEST(servers_of_a_line_share_its_units),
        BED_TEST(links_are_found_by_name),
        BED_TEST(a_client_of_nothing_is_refused),
        BED_TEST(a_serial_server_of_nothing_is_refused),
        BED_TEST(needs_name_what_a_client_mirrors),
        BED_TEST(clients_get_two_seconds_at_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
