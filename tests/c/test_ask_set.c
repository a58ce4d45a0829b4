/* Proves set by the truth table: what a master may write may be set and nothing else, nothing is
 * clamped, and every refusal names the way out and changes nothing. */

#include "ask_bed.h"
#include "image/link.h"

static void declare(struct fake *fake)
{
    struct bed *bed = &fake->bed;
    static const struct label labels[] = {{0, "STOP"}, {2, "RUN"}};
    bed_plc(bed);
    bed_declare(bed, WORD("SP", 0, .path = "mem.SP", RANGE(10, 100), .limit = LIMIT_CLAMP,
                          DEFAULT(50), .unit = "%"));
    bed_declare(bed, WORD("OUT", 1, .path = "mem.OUT", SAFE(0)));
    bed_declare(bed, WORD("MODE", 2, .path = "mem.MODE", .labels = labels, .label_count = 2));
    bed_declare(bed,
                WORD("GUARDED", 3, .path = "mem.GUARDED", SAFE(5), .direction = DIRECTION_INOUT));
    bed_declare(bed, WORD("LIST", 4, .path = "mem.LIST", .count = 3, RANGE(0, 9)));
    bed_declare(bed, BED_VARIABLE("BIG", TABLE_HOLDING, TYPE_UINT64, 8, .path = "mem.BIG"));
    bed_declare(bed, COIL("LAMP", 0, .path = "mem.LAMP"));
    bed_declare(bed, BED_VARIABLE("FLOAT", TABLE_HOLDING, TYPE_FLOAT32, 14, .path = "mem.FLOAT"));
    bed_declare(
        bed, BED_VARIABLE("TEXT", TABLE_HOLDING, TYPE_STRING, 16, .path = "mem.TEXT", .length = 4));
    bed_declare(bed,
                BED_VARIABLE("MEASURED", TABLE_INPUT, TYPE_UINT16, 0, PLC(.path = "plc.MEASURED")));
    bed_declare(bed, WORD("SPEED", 0, PLC(.path = "plc.SPEED")));
    bed_raw(bed, TABLE_HOLDING, 30, 2);
    bed_raw(bed, TABLE_INPUT, 30, 2);
    bed_ready(bed);
}

#define SET(rest) "{\"do\": \"set\", \"name\": " rest "}"

static void values_of_all_kinds(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_answers(fake, SET("\"SP\", \"value\": 42"), "before", "50");
    fake_row(fake, SET("\"SP\", \"text\": \"43\""), "value", "43");
    fake_row(fake, SET("\"SP\", \"value\": 44.0"), "value", "44");
    fake_row(fake, SET("\"SP\", \"default\": true"), "value", "50");
    fake_row(fake, SET("\"MODE\", \"text\": \"RUN\""), "value", "2");
    fake_row(fake, SET("\"MODE\", \"value\": \"STOP\""), "value", "0");
    fake_row(fake, SET("\"MODE\", \"text\": \"0x1F\""), "value", "31");
    fake_row(fake, SET("\"LAMP\", \"text\": \"on\""), "value", "true");
    fake_row(fake, SET("\"LAMP\", \"value\": false"), "value", "false");
    fake_row(fake, SET("\"FLOAT\", \"text\": \"12.5\""), "value", "12.5");
    fake_row(fake, SET("\"FLOAT\", \"value\": 0.1"), "value", "0.1");
    fake_row(fake, SET("\"TEXT\", \"text\": \"true\""), "value", "'true'");
    fake_row(fake, SET("\"TEXT\", \"value\": \"\""), "value", "''");
    fake_row(fake, SET("\"BIG\", \"text\": \"18446744073709551615\""), "value", "-1");
    fake_row(fake, SET("\"BIG\", \"value\": 9007199254740993"), "value", "9007199254740993");
    fake_row(fake, SET("\"LIST\", \"value\": [1, 2, 3]"), "value", "[1, 2, 3]");
    fake_row(fake, SET("\"LIST\", \"text\": \"[4, 5, 6]\""), "value", "[4, 5, 6]");
    fake_row(fake, SET("\"LIST[2]\", \"text\": \"9\""), "value", "9");
    fake_row(fake, SET("\"holding[31]\", \"value\": 7"), "value", "7");
    assert_int_equal(bed_get(&fake->bed, 31), 7);
    assert_int_equal(bed_get(&fake->bed, 5), 9);
}

/* What was refused has changed nothing. */
static void refused(struct fake *fake, const char *text, const char *kind, const char *part)
{
    struct bed_snapshot before = bed_snap(&fake->bed);
    fake_refused(fake, text, kind, part);
    bed_expect_same(&fake->bed, &before);
}

static void values_that_do_not_fit(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    refused(fake, SET("\"SP\", \"value\": 101"), "refused",
            "mem.SP = 101 is out of range 10..100 %");
    refused(fake, SET("\"SP\", \"value\": 1.5"), "refused", "not an integer");
    refused(fake, SET("\"SP\", \"value\": true"), "refused", "a uint16 takes integers");
    refused(fake, SET("\"SP\", \"value\": null"), "refused", "not null");
    refused(fake, SET("\"SP\", \"value\": {}"), "refused", "not an object");
    refused(fake, SET("\"SP\", \"value\": [1]"), "refused", "not a list");
    refused(fake, SET("\"SP\", \"text\": \"12abc\""), "refused", "\"12abc\" is a string");
    refused(fake, SET("\"SP\", \"text\": \"\""), "refused", "is a string");
    refused(fake, SET("\"MODE\", \"text\": \"RUNN\""), "refused", "0..65535, or one of STOP, RUN");
    refused(fake, SET("\"SP\", \"text\": \" 12\""), "refused", "is a string");
    refused(fake, SET("\"SP\", \"text\": \"99999999999999999999\""), "refused", "out of range");
    refused(fake, SET("\"FLOAT\", \"text\": \"nan\""), "refused", "not a number");
    refused(fake, SET("\"FLOAT\", \"value\": \"inf\""), "refused", "not finite");
    refused(fake, SET("\"LAMP\", \"value\": 1"), "refused", "takes true or false");
    refused(fake, SET("\"TEXT\", \"value\": \"12345\""), "refused", "the limit is 4");
    refused(fake, SET("\"LIST\", \"value\": [1, 2, 10]"), "refused",
            "LIST[3] = 10 is out of range");
    refused(fake, SET("\"LIST\", \"value\": 1"), "refused", "exactly 3");
    refused(fake, SET("\"LIST\", \"text\": \"1\""), "refused", "exactly 3");
    refused(fake, SET("\"holding[30]\", \"value\": 65536"), "refused", "mem.holding[30] = 65536");
    refused(fake, SET("\"OUT\", \"default\": true"), "refused", "OUT has no default");
    refused(fake, SET("\"holding[30]\", \"default\": true"), "refused", "has no default");
    refused(fake, SET("\"SP\""), "usage", "one of");
    refused(fake, SET("\"SP\", \"value\": 50, \"text\": \"50\""), "usage", "one of");
    refused(fake, SET("\"PS\", \"value\": 50"), "unknown", "did you mean SP?");
    fake_answers(fake, "{\"do\": \"get\", \"names\": [\"SP\"]}", "ok", "true");
    json_t *line = fake_run(fake, SET("\"SP\", \"value\": 101"));
    assert_null(strstr(json_string_value(json_object_get(line, "error")), "clamp"));
    json_decref(line);
}

static void only_what_a_master_may(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    refused(fake, SET("\"OUT\", \"value\": 1"), "refused", "msm force OUT VALUE");
    refused(fake, SET("\"input[30]\", \"value\": 1"), "refused", "msm force input[30] VALUE");
    refused(fake, SET("\"plc.MEASURED\", \"value\": 1"), "refused",
            "plc.MEASURED comes from 10.0.0.7:502 unit 1");
    refused(fake, SET("\"plc.SPEED\", \"value\": 1"), "refused", "is offline");
    link_error(fake->bed.image, 0, "no answer for 3.0 s");
    refused(fake, SET("\"plc.SPEED\", \"value\": 1"), "refused", "is offline: no answer for 3.0 s");
    link_want(fake->bed.image, 0, false);
    refused(fake, SET("\"plc.SPEED\", \"value\": 1"), "refused", "the program has stopped");
    link_publish(fake->bed.image, 0, &(struct link_status){.online = true, .complete = true},
                 false);
    fake_row(fake, SET("\"plc.SPEED\", \"value\": 1"), "state", "'pending'");
}

static void in_a_fault(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_row(fake, SET("\"GUARDED\", \"value\": 1"), "value", "1");
    image_make_safe(fake->bed.image, true, BED_NOW);
    refused(fake, SET("\"GUARDED\", \"value\": 2"), "refused", "in FAULT");
    fake_row(fake, SET("\"SP\", \"value\": 20"), "value", "20");
    fake_row(fake, "{\"do\": \"force\", \"name\": \"GUARDED\", \"value\": 3}", "value", "3");
}

static void beneath_a_force(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_row(fake, "{\"do\": \"force\", \"name\": \"SP\", \"value\": 60}", "value", "60");
    fake_row(fake, SET("\"SP\", \"value\": 70"), "value", "60");
    fake_row(fake, "{\"do\": \"get\", \"names\": [\"SP\"]}", "suppressed", "70");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(values_of_all_kinds),    FAKE_TEST(values_that_do_not_fit),
        FAKE_TEST(only_what_a_master_may), FAKE_TEST(in_a_fault),
        FAKE_TEST(beneath_a_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
