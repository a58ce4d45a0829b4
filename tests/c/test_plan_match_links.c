/* Proves that what is mirrored stays only where nothing about its place has changed, that
 * connections, sockets and ports go on by whom they reach, tasks by number and period, and that it
 * is told. */

#include "match_bed.h"

/* ---- mirrored ---- */

static void what_is_mirrored_starts_anew_where_it_changed(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    bed_declare(pair->from, WORD("MOVED", 0, PLC()));
    bed_declare(pair->to, WORD("MOVED", 9, PLC()));
    bed_declare(pair->from, WIDE("ORDER", 2, PLC()));
    bed_declare(pair->to, WIDE("ORDER", 2, PLC(.order = ORDER_ABCD, .has_order = true)));
    bed_declare(pair->from, WORD("SAME", 4, PLC(.order = ORDER_ABCD)));
    bed_declare(pair->to, WORD("SAME", 4, PLC()));
    match_sealed(pair);
    MATCH_GONE(pair, "MOVED");
    MATCH_GONE(pair, "ORDER");
    MATCH_SAME(pair, "SAME"); /* one word has no order */
    match_said_is(
        pair, DIFFERENCE_RESTART,
        "t.lua:3: MOVED moves from holding 0 to holding 9, in the device: it has no value "
        "until it was read there\n"
        "t.lua:3: ORDER changes its order from CDAB to ABCD, in the device: it has no "
        "value until it was read there\n"
        "t.lua:5: 10.0.0.7:502 unit 1 stays connected; what changes: the variables that "
        "are exchanged\n");
}

static void another_device_has_other_values(void **state)
{
    struct pair *pair = *state;
    struct client_spec other = client_on(1);
    other.host = "10.0.0.8";
    other.name = "10.0.0.8:502 unit 1";
    bed_plc(pair->from);
    bed_memory(pair->to, (struct memory){.name = "plc", .where = "t.lua:2"});
    bed_client(pair->to, other);
    pair_declare(pair, WORD("A", 0, PLC()));
    pair_declare(pair, BED_VARIABLE("OURS", TABLE_VAR, TYPE_UINT16, 0, PLC()));
    bed_raw_of(pair->from, 1, TABLE_HOLDING, 5, 2);
    bed_raw_of(pair->to, 1, TABLE_HOLDING, 5, 2);
    match_sealed(pair);
    MATCH_GONE(pair, "A");
    MATCH_SAME(pair, "OURS"); /* not the device's */
    assert_int_equal(pair->match->clients[0], MATCH_NONE);
    assert_int_equal(pair->match->points[pair->to->plan->raws[0].point], MATCH_NONE);
    match_said_is(
        pair, DIFFERENCE_RESTART,
        "t.lua:3: A is now read from 10.0.0.8:502 unit 1: it has no value until it was read "
        "there\n"
        "t.lua:4: raw holding 5..6 of plc is now another device's: without a value until "
        "it was read there\n"
        "t.lua:5: client 10.0.0.8:502 unit 1 of memory plc is new\n"
        "t.lua:5: client 10.0.0.7:502 unit 1 of memory plc is gone\n");
}

static void expect_other_client(struct pair *pair, struct client_spec spec)
{
    bed_plc(pair->from);
    bed_memory(pair->to, (struct memory){.name = "plc"});
    bed_client(pair->to, spec);
    pair_declare(pair, WORD("A", 0, PLC()));
    match_sealed(pair);
    assert_int_equal(pair->match->clients[0], MATCH_NONE);
    MATCH_GONE(pair, "A");
}

static void another_unit_is_another_device(void **state)
{
    struct client_spec spec = client_on(1);
    spec.unit = 2;
    expect_other_client(*state, spec);
}

static void another_port_is_another_device(void **state)
{
    struct client_spec spec = client_on(1);
    spec.port = 503;
    expect_other_client(*state, spec);
}

static void a_memory_gets_and_loses_its_client(void **state)
{
    struct pair *pair = *state;
    bed_plc(pair->from);
    bed_memory(pair->from, (struct memory){.name = "late"});
    bed_memory(pair->to, (struct memory){.name = "plc"});
    bed_memory(pair->to, (struct memory){.name = "late"});
    bed_client(pair->to, client_on(2));
    pair_declare(pair, WORD("A", 0, .memory = 1));
    pair_declare(pair, WORD("B", 0, .memory = 2));
    match_sealed(pair);
    MATCH_SAME(pair, "A"); /* nobody says anything else any more */
    MATCH_GONE(pair, "B"); /* the device has not said it */
}

static void groups_match_whole(void **state)
{
    struct pair *pair = *state;
    pair_plc(pair);
    pair_declare(pair, WORD("ALONE", 0, PLC()));
    pair_declare(pair, WORD("WORD", 1, PLC()));
    pair_declare(pair, WORD("BOTH", 5, PLC()));
    pair_declare(pair, BIT("BOTHS", 5, 2, PLC()));
    bed_declare(pair->to, BIT("NEW", 1, 3, PLC()));
    match_sealed(pair);
    const struct plan *to = pair->to->plan;
    const struct plan *from = pair->from->plan;
    uint32_t alone = to->points[bed_point(pair->to, "ALONE")].group;
    uint32_t joined = to->points[bed_point(pair->to, "WORD")].group;
    uint32_t both = to->points[bed_point(pair->to, "BOTHS")].group;
    assert_int_equal(pair->match->groups[alone],
                     from->points[bed_point(pair->from, "ALONE")].group);
    assert_int_equal(pair->match->groups[both], from->points[bed_point(pair->from, "BOTH")].group);
    assert_int_equal(pair->match->groups[joined], MATCH_NONE);
    MATCH_SAME(pair, "WORD");
    pair_turn(pair); /* and the other way: one of the group's points is gone */
    joined = pair->to->plan->points[bed_point(pair->to, "WORD")].group;
    assert_int_equal(pair->match->groups[joined], MATCH_NONE);
}

static void outputs_that_go_are_listed(void **state)
{
    struct pair *pair = *state;
    uint32_t points[4] = {0};
    pair_plc(pair);
    bed_declare(pair->from, WORD("KEPT", 0, PLC(SAFE(0))));
    bed_declare(pair->to, WORD("KEPT", 0, PLC(SAFE(0))));
    bed_declare(pair->from, WORD("GOES", 1, PLC(SAFE(0), .count = 2)));
    bed_declare(pair->from, WORD("MOVES", 3, PLC(SAFE(0))));
    bed_declare(pair->to, WORD("MOVES", 4, PLC(SAFE(0))));
    bed_declare(pair->from, WORD("SERVED", 0, SAFE(0)));
    bed_declare(pair->to, WORD("SERVED", 7, SAFE(0)));
    match_sealed(pair);
    assert_int_equal(plan_match_retired(pair->match, NULL, 0), 3);
    assert_int_equal(plan_match_retired(pair->match, points, 2), 3);
    assert_int_equal(points[0], bed_point(pair->from, "GOES"));
    assert_int_equal(points[1], bed_point(pair->from, "GOES") + 1);
    assert_int_equal(points[2], 0);
    plan_match_retired(pair->match, points, 4);
    assert_int_equal(points[2], bed_point(pair->from, "MOVES"));
    match_said_is(
        pair, DIFFERENCE_RESTART,
        "t.lua:3: MOVES moves from holding 3 to holding 4, in the device: it has no value "
        "until it was read there\n"
        "t.lua:1: SERVED moves from holding 0 to holding 7; its value stays\n"
        "t.lua:5: 10.0.0.7:502 unit 1 stays connected; what changes: the variables that "
        "are exchanged\n"
        "t.lua:3: GOES is gone (holding 1): the device's output is made safe before\n");
}

/* ---- links and tasks ---- */

static const struct line_spec *line(struct bed *bed, const char *device, uint32_t baud)
{
    struct error error;
    struct line_spec spec = {.where = "t.lua:2", .name = device, .device = device, .baud = baud};
    int index = plan_line(bed->plan, &spec, &error);
    assert_true(index >= 0);
    return bed->plan->lines[index];
}

static void server(struct bed *bed, const struct line_spec *on, uint16_t port, int unit)
{
    struct error error;
    struct server_spec spec = {
        .where = "t.lua:6", .name = "S", .line = on, .bind = "127.0.0.1", .port = port};
    for (int i = 0; i < UNIT_IDS; i++)
        spec.memory_of[i] = unit < 0 || unit == i ? 0 : UNIT_NONE;
    if (plan_server(bed->plan, &spec, &error) < 0)
        fail_msg("%s", error.text);
}

static void servers_keep_their_sockets(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0));
    server(pair->from, NULL, 502, -1);
    server(pair->from, NULL, 503, -1);
    server(pair->to, NULL, 504, -1);
    server(pair->to, NULL, 502, 3);
    match_sealed(pair);
    assert_int_equal(pair->match->servers[0], MATCH_NONE);
    assert_int_equal(pair->match->servers[1], 0);
    match_said_is(pair, DIFFERENCE_LINK_NEW,
                  "t.lua:6: server S is new\n"
                  "t.lua:6: S stays connected; what changes: units and memories\n"
                  "t.lua:6: server S is gone\n");
}

static void no_socket_is_given_away_twice(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0));
    server(pair->from, NULL, 0, 1);
    server(pair->from, NULL, 0, 2);
    server(pair->to, NULL, 0, 2);
    server(pair->to, NULL, 0, 3);
    server(pair->to, NULL, 0, 4);
    match_sealed(pair);
    assert_int_equal(pair->match->servers[0], 1);
    assert_int_equal(pair->match->servers[1], 0);
    assert_int_equal(pair->match->servers[2], MATCH_NONE);
}

static void lines_stay_by_device_and_settings(void **state)
{
    struct pair *pair = *state;
    pair_declare(pair, WORD("A", 0));
    server(pair->from, line(pair->from, "/dev/a", 9600), 0, 1);
    server(pair->from, line(pair->from, "/dev/b", 9600), 0, 1);
    server(pair->to, line(pair->to, "/dev/b", 9600), 0, 1);
    server(pair->to, line(pair->to, "/dev/a", 19200), 0, 1);
    match_sealed(pair);
    assert_int_equal(pair->match->lines[0], 1);
    assert_int_equal(pair->match->lines[1], MATCH_NONE);
    assert_int_equal(pair->match->servers[0], 1);
    assert_int_equal(pair->match->servers[1], MATCH_NONE);
}

static void a_clients_options_may_change(void **state)
{
    struct pair *pair = *state;
    struct client_spec spec = client_on(1);
    spec.period = 7;
    spec.depth = 4;
    bed_plc(pair->from);
    bed_memory(pair->to, (struct memory){.name = "plc"});
    bed_client(pair->to, spec);
    pair_declare(pair, WORD("A", 0, PLC()));
    match_sealed(pair);
    assert_int_equal(pair->match->clients[0], 0);
    assert_int_equal(pair->match->groups[0], 0);
    match_said_is(pair, DIFFERENCE_LINK_CHANGED,
                  "t.lua:5: 10.0.0.7:502 unit 1 stays connected; what changes: period, depth\n");
}

static void tasks_go_by_number_and_period(void **state)
{
    struct pair *pair = *state;
    int64_t ms = 1000000;
    plan_task(pair->from->plan, &(struct task_spec){.period = 100 * ms, .where = "t.lua:10"});
    plan_task(pair->from->plan, &(struct task_spec){.period = 200 * ms, .where = "t.lua:11"});
    plan_task(pair->to->plan, &(struct task_spec){.period = 100 * ms, .where = "t.lua:12"});
    plan_task(pair->to->plan, &(struct task_spec){.period = 50 * ms, .where = "t.lua:13"});
    plan_task(pair->to->plan, &(struct task_spec){.period = 200 * ms, .where = "t.lua:14"});
    match_sealed(pair);
    assert_int_equal(pair->match->tasks[0], 0);
    assert_int_equal(pair->match->tasks[1], MATCH_NONE);
    assert_int_equal(pair->match->tasks[2], MATCH_NONE);
    match_said_is(pair, DIFFERENCE_TASKS,
                  "t.lua:13: task 2 runs every 50 ms instead of every 200 ms\n"
                  "t.lua:14: the program has 3 tasks instead of 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(what_is_mirrored_starts_anew_where_it_changed),
        PAIR_TEST(another_device_has_other_values),
        PAIR_TEST(another_unit_is_another_device),
        PAIR_TEST(another_port_is_another_device),
        PAIR_TEST(a_memory_gets_and_loses_its_client),
        PAIR_TEST(groups_match_whole),
        PAIR_TEST(outputs_that_go_are_listed),
        PAIR_TEST(servers_keep_their_sockets),
        PAIR_TEST(no_socket_is_given_away_twice),
        PAIR_TEST(lines_stay_by_device_and_settings),
        PAIR_TEST(a_clients_options_may_change),
        PAIR_TEST(tasks_go_by_number_and_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
