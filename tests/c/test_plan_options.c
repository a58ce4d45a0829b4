/* Proves that options are refused where they would do nothing: without a client, on the wrong
 * direction, towards a broadcast; and that what a client moves as one fits into one request. */

#include "plan_bed.h"

#include <stdio.h>

#define FROM_DEVICE .direction = DIRECTION_IN
#define TO_DEVICE .direction = DIRECTION_OUT
#define ON_LOSS(x) .has_on_loss = true, .on_loss = INTEGER(x)
#define INVALID(x) .has_invalid = true, .invalid = INTEGER(x)
#define EXPIRE(x) .has_expire = true, .expire = x

/* One variable in a fresh program with a client for plc; NULL: it must be accepted. */
static void expect(struct bed *bed, struct client_spec client, struct variable v, const char *text)
{
    struct error error = {""};
    plan_unref(bed->plan);
    bed->plan = plan_create("test");
    bed_memory(bed, (struct memory){.name = "mem"});
    bed_memory(bed, (struct memory){.name = "plc"});
    bed_client(bed, client);
    bed_declare(bed, COIL("OTHER", 0, .memory = 1));
    v.path = v.memory == 1 ? "plc.A" : "mem.A";
    v.where = "t.lua:3";
    bed_declare(bed, v);
    bool sealed = plan_seal(bed->plan, &error);
    assert_string_equal(error.text, text ? text : "");
    assert_int_equal(sealed, text == NULL);
}

static void accepted(struct bed *bed, struct variable v)
{
    expect(bed, client_on(1), v, NULL);
}

static void refused(struct bed *bed, struct variable v, const char *text)
{
    expect(bed, client_on(1), v, text);
}

static void without_a_client_they_mean_nothing(void **state)
{
    struct bed *bed = *state;
    refused(bed, WORD("A", 0, .period = 1),
            "t.lua:3: mem.A: option period is for memories that a client mirrors; mem has no "
            "client");
    const struct variable all[] = {
        WORD("A", 0, .unpolled = true), WORD("A", 0, .refreshed = true),
        WORD("A", 0, .tolerance = 1),   WORD("A", 0, .min_write_interval = 1),
        WORD("A", 0, EXPIRE(0)),        WORD("A", 0, ON_LOSS(0)),
        WORD("A", 0, INVALID(0)),
    };
    const char *const names[] = {"poll = false", "write = \"always\"",
                                 "tolerance",    "min_write_interval",
                                 "expire",       "on_loss",
                                 "invalid"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "t.lua:3: mem.A: option %s is for memories that a client mirrors; mem has no "
                 "client",
                 names[i]);
        refused(bed, all[i], text);
        struct variable mirrored = all[i];
        mirrored.memory = 1;
        accepted(bed, mirrored);
    }
    accepted(bed, WORD("A", 0));
}

static void what_has_no_address_is_not_exchanged(void **state)
{
    struct bed *bed = *state;
    refused(bed, BED_VARIABLE("A", TABLE_VAR, TYPE_UINT16, 0, .memory = 1, ON_LOSS(1)),
            "t.lua:3: plc.A: option on_loss: a client exchanges what has an address, and var has "
            "none");
}

static void what_comes_in_is_never_sent(void **state)
{
    struct bed *bed = *state;
    refused(bed, WORD("A", 0, PLC(FROM_DEVICE, .tolerance = 1)),
            "t.lua:3: plc.A: option tolerance has no effect on dir = \"in\": nothing is ever "
            "written that a device could round");
    refused(bed, WORD("A", 0, PLC(FROM_DEVICE, .min_write_interval = 1)),
            "t.lua:3: plc.A: option min_write_interval has no effect on dir = \"in\": nothing is "
            "ever written");
    refused(bed, WORD("A", 0, PLC(FROM_DEVICE, .refreshed = true)),
            "t.lua:3: plc.A: option write = \"always\" has no effect on dir = \"in\": nothing is "
            "ever written");
    refused(bed, WORD("A", 0, PLC(FROM_DEVICE, EXPIRE(1))),
            "t.lua:3: plc.A: option expire has no effect on dir = \"in\": only writes of \"inout\" "
            "are given up");
    refused(bed, WORD("A", 0, PLC(FROM_DEVICE, .unpolled = true)),
            "t.lua:3: plc.A: option poll = false has no effect on dir = \"in\": nothing else would "
            "ever give it a value");
    refused(bed, WORD("A", 0, PLC(FROM_DEVICE, SAFE(1))),
            "t.lua:3: plc.A: option safe has no effect on dir = \"in\": the device gives this "
            "value");
    refused(bed, COIL("A", 1, PLC(FROM_DEVICE, .pulse = true)),
            "t.lua:3: plc.A: option pulse has no effect on dir = \"in\": a pulse is sent to the "
            "device");
    accepted(bed, WORD("A", 0, PLC(FROM_DEVICE, ON_LOSS(1), INVALID(2), .period = 1)));
}

static void what_goes_out_is_the_programs(void **state)
{
    struct bed *bed = *state;
    refused(bed, WORD("A", 0, PLC(TO_DEVICE, ON_LOSS(1))),
            "t.lua:3: plc.A: option on_loss has no effect on dir = \"out\": the program's own "
            "value does not go with the link");
    refused(bed, WORD("A", 0, PLC(SAFE(1), EXPIRE(1))),
            "t.lua:3: plc.A: option expire has no effect on dir = \"out\": only writes of "
            "\"inout\" are given up");
    accepted(bed, WORD("A", 0,
                       PLC(TO_DEVICE, .tolerance = 1, .min_write_interval = 1, .refreshed = true,
                           .unpolled = true, .period = 1)));
    accepted(bed, COIL("A", 1, PLC(TO_DEVICE, .pulse = true)));
}

static void a_device_s_inputs_are_never_written(void **state)
{
    struct bed *bed = *state;
    refused(bed, BED_VARIABLE("A", TABLE_INPUT, TYPE_UINT16, 0, PLC(TO_DEVICE)),
            "t.lua:3: plc.A: option dir = \"out\": nobody can write a device's input registers; it "
            "is \"in\"");
    refused(bed, BED_VARIABLE("A", TABLE_DISCRETE, TYPE_BOOL, 0, PLC(.direction = DIRECTION_INOUT)),
            "t.lua:3: plc.A: option dir = \"inout\": nobody can write a device's discrete inputs; "
            "it is \"in\"");
    refused(bed, BED_VARIABLE("A", TABLE_INPUT, TYPE_UINT16, 0, PLC(.from = "OTHER")),
            "t.lua:3: plc.A: option from: the device gives this value, it cannot follow another "
            "one");
    accepted(bed, BED_VARIABLE("A", TABLE_INPUT, TYPE_UINT16, 0, PLC(FROM_DEVICE)));
}

static void options_against_each_other(void **state)
{
    struct bed *bed = *state;
    refused(bed, WORD("A", 0, PLC(.unpolled = true, .period = 1)),
            "t.lua:3: plc.A: option period: with poll = false nothing is done each period");
    refused(bed, WORD("A", 0, PLC(.unpolled = true, INVALID(1))),
            "t.lua:3: plc.A: option invalid: with poll = false nothing is read");
}

/* Who writes depends on the client, so wins and pulse are judged when that is known. */
static void sharing_depends_on_the_client(void **state)
{
    struct bed *bed = *state;
    accepted(bed, COIL("A", 1, PLC(.pulse = true, .wins = WINNER_PROGRAM)));
    refused(bed, COIL("A", 1, .pulse = true, .wins = WINNER_PROGRAM),
            "t.lua:3: mem.A: option wins has no effect on dir = \"in\": it is for what both sides "
            "write");
    refused(bed, COIL("A", 1, .pulse = true, TO_DEVICE),
            "t.lua:3: mem.A: option pulse: it is sent by masters, so it cannot be dir = \"out\"");
}

static void nobody_answers_a_broadcast(void **state)
{
    struct bed *bed = *state;
    static const struct line_spec line = {.name = "/dev/ttyUSB0"};
    struct client_spec one = client_on(1), all;
    one.line = &line;
    all = one;
    all.unit = 0;
    struct variable input = BED_VARIABLE("A", TABLE_INPUT, TYPE_UINT16, 0, PLC());
    expect(bed, all, input,
           "t.lua:3: plc.A: is \"in\", but client.rtu at t.lua:5 has unit 0, a broadcast: devices "
           "take it and never answer, so only writes are possible");
    expect(bed, one, input, NULL);
    one.line = NULL; /* over TCP 0 is a unit like others */
    one.unit = 0;
    expect(bed, one, input, NULL);
    expect(bed, all, WORD("A", 0, PLC(.period = 1)), NULL);
    assert_true(bed_find(bed, "A")->unpolled);
    expect(bed, one, WORD("A", 0, PLC()), NULL);
    assert_false(bed_find(bed, "A")->unpolled);
}

static void nor_fills_raw_inputs(void **state)
{
    struct bed *bed = *state;
    static const struct line_spec line = {.name = "/dev/ttyUSB0"};
    bed_memory(bed, (struct memory){.name = "plc"});
    struct client_spec all = client_on(1);
    all.line = &line;
    all.unit = 0;
    bed_client(bed, all);
    bed_raw_of(bed, 1, TABLE_HOLDING, 0, 1);
    bed_raw_of(bed, 1, TABLE_INPUT, 0, 1);
    bed_refused(bed, "t.lua:4: raw input: client.rtu at t.lua:5 has unit 0, a broadcast: devices "
                     "take it and never answer, so only writes are possible");
}

static void what_moves_as_one_fits_into_one_request(void **state)
{
    struct bed *bed = *state;
    struct variable text = BED_VARIABLE("A", TABLE_HOLDING, TYPE_STRING, 0, .length = 246, PLC());
    accepted(bed, text);
    struct client_spec small = client_on(1);
    small.max_write = 122;
    expect(bed, small, text,
           "t.lua:3: plc.A: takes 123 registers and does not fit into one request; the client at "
           "t.lua:5 writes at most 122 (max_write)");
    text.direction = DIRECTION_IN;
    expect(bed, small, text, NULL);
    small = client_on(1);
    small.max_read = 122;
    expect(bed, small, text,
           "t.lua:3: plc.A: takes 123 registers and does not fit into one request; the client at "
           "t.lua:5 reads at most 122 (max_read)");
    text.direction = DIRECTION_OUT;
    text.unpolled = true;
    expect(bed, small, text, NULL);
    small.max_read = small.max_write = 1;
    expect(bed, small, WORD("A", 0, PLC(.count = 9)), NULL); /* each element for itself */
}

static void a_chain_of_overlaps_is_counted_whole(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WIDE("A", 0, .path = "plc.A", PLC(.count = 32768)));
    bed_declare(bed, WIDE("B", 1, .path = "plc.B", PLC(.count = 32767)));
    bed_refused(bed, "t.lua:3: plc.A: with what overlaps it takes 65535 registers and does not fit "
                     "into one request; the client at t.lua:5 reads at most 125 (max_read)");
}

static void what_a_device_gives_is_not_retained(void **state)
{
    struct bed *bed = *state;
    bed_plc(bed);
    bed_declare(bed, WORD("OK", 0, PLC(.retain = true)));
    bed_declare(bed, WORD("MASTERS", 0, .retain = true, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("A", 1, PLC(.retain = true, .direction = DIRECTION_IN)));
    bed_refused(bed, "t.lua:3: A: option retain has no effect on dir = \"in\": the device gives "
                     "this value, after a restart too; leave it out, or retain what the program "
                     "makes of it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(without_a_client_they_mean_nothing),
        BED_TEST(what_has_no_address_is_not_exchanged),
        BED_TEST(what_comes_in_is_never_sent),
        BED_TEST(what_goes_out_is_the_programs),
        BED_TEST(a_device_s_inputs_are_never_written),
        BED_TEST(options_against_each_other),
        BED_TEST(sharing_depends_on_the_client),
        BED_TEST(nobody_answers_a_broadcast),
        BED_TEST(nor_fills_raw_inputs),
        BED_TEST(what_moves_as_one_fits_into_one_request),
        BED_TEST(a_chain_of_overlaps_is_counted_whole),
        BED_TEST(what_a_device_gives_is_not_retained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
