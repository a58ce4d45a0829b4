/* Proves that sealing refuses a page that names what is not declared, what is of another kind than
 * the item shows, what nobody writes, and values that do not fit; and takes what is right. */

#include "plan_bed.h"

static const struct label LABELS[] = {{0, "STOP"}, {1, "RUN"}};

#define LABELLED .labels = LABELS, .label_count = 2

static void declare_all(struct bed *bed)
{
    bed_plc(bed);
    bed_declare(bed, WORD("LEVEL", 0, RANGE(0, 100), .limit = LIMIT_CLAMP));
    bed_declare(bed, WORD("MODE", 1, LABELLED));
    bed_declare(bed, WORD("TEMPS", 2, .count = 3));
    bed_declare(bed, COIL("PUMP", 0));
    bed_declare(bed, COIL("OUT", 1, .direction = DIRECTION_OUT));
    bed_declare(bed, COIL("LOOK", 2, .people = {.hmi = HMI_RO}));
    bed_declare(bed, WORD("SPEED", 0, .path = "plc.SPEED", PLC(.direction = DIRECTION_IN)));
}

/* A page with this use, in a fresh program; NULL: it must be accepted. */
static void expect(struct bed *bed, struct page_use use, const char *text)
{
    struct error error = {""};
    plan_unref(bed->plan);
    bed->plan = plan_create("test");
    bed_memory(bed, (struct memory){.name = "mem"});
    declare_all(bed);
    use.what = "ui.item";
    use.where = "t.lua:9";
    const struct page page = {
        .title = "Tank", .where = "t.lua:8", .json = "{}", .uses = &use, .use_count = 1};
    assert_true(plan_page(bed->plan, &page, &error));
    bool sealed = plan_seal(bed->plan, &error);
    assert_string_equal(error.text, text ? text : "");
    assert_int_equal(sealed, text == NULL);
}

#define ACCEPTED(...) expect(*state, (struct page_use){.name = __VA_ARGS__}, NULL)
#define REFUSED(text, ...)                                                                         \
    expect(*state, (struct page_use){.name = __VA_ARGS__}, "t.lua:9: ui.item: " text)
#define WRITES(v) PAGE_SINGLE | PAGE_SETTABLE, .has_value = true, .value = v
#define TEXT(t)                                                                                    \
    {                                                                                              \
        .kind = VALUE_STRING, .string = { t, sizeof t - 1 }                                        \
    }

static void names_are_declared(void **state)
{
    ACCEPTED("LEVEL");
    ACCEPTED("plc.SPEED");
    REFUSED("LEVL is not declared; did you mean LEVEL?", "LEVL");
    REFUSED("plc.SPED is not declared; did you mean plc.SPEED?", "plc.SPED");
    REFUSED("other.X is not declared", "other.X");
}

static void arrays_are_named_by_element(void **state)
{
    ACCEPTED("TEMPS");
    ACCEPTED("TEMPS[3]", .needs = PAGE_SINGLE);
    REFUSED("TEMPS is an array; name one of its elements, TEMPS[1]", "TEMPS", .needs = PAGE_SINGLE);
    REFUSED("TEMPS[4] is not there; its elements are 1..3", "TEMPS[4]");
    REFUSED("TEMPS[0] is not there; its elements are 1..3", "TEMPS[0]");
    REFUSED("LEVEL[1] is asked for, but that is no array", "LEVEL[1]");
}

static void an_item_fits_its_variable(void **state)
{
    ACCEPTED("LEVEL", .needs = PAGE_NUMBER);
    ACCEPTED("PUMP", .needs = PAGE_NUMBER | PAGE_BOOLEAN);
    ACCEPTED("MODE", .needs = PAGE_LABELLED);
    REFUSED("PUMP is a bool, and this is for a number", "PUMP", .needs = PAGE_NUMBER);
    REFUSED("LEVEL is a uint16, and this is for a boolean", "LEVEL", .needs = PAGE_BOOLEAN);
    REFUSED("LEVEL is a uint16, and this is for what has labels, { labels = { [0] = \"OFF\", [1] = "
            "\"ON\" } }",
            "LEVEL", .needs = PAGE_LABELLED);
}

static void what_it_writes_may_be_written(void **state)
{
    ACCEPTED("PUMP", .needs = PAGE_SETTABLE);
    REFUSED("OUT is \"out\", so that only the program writes it; ui.value and ui.lamp show it",
            "OUT", .needs = PAGE_SETTABLE);
    REFUSED("plc.SPEED comes from a device, so that nobody writes it; ui.value and ui.lamp show it",
            "plc.SPEED", .needs = PAGE_SETTABLE);
}

static void what_pages_only_show_is_not_written(void **state)
{
    ACCEPTED("LOOK", .needs = PAGE_BOOLEAN);
    REFUSED("LOOK has hmi = \"ro\", so that no page writes it", "LOOK", .needs = PAGE_SETTABLE);
}

static void what_it_writes_fits(void **state)
{
    ACCEPTED("LEVEL", .needs = WRITES(INTEGER(100)));
    ACCEPTED("MODE", .needs = WRITES(TEXT("RUN")));
    ACCEPTED("TEMPS[2]", .needs = WRITES(INTEGER(7)));
    ACCEPTED("PUMP", .needs = WRITES(BOOLEAN(true)));
    REFUSED("LEVEL = 101 is out of range 0..100", "LEVEL", .needs = WRITES(INTEGER(101)));
    REFUSED("PUMP = 1 is a number; a coil takes true or false", "PUMP",
            .needs = WRITES(INTEGER(1)));
    REFUSED("MODE = \"WALK\" is a string; a uint16 takes integers 0..65535", "MODE",
            .needs = WRITES(TEXT("WALK")));
}

static void titles_are_unique(void **state)
{
    struct bed *bed = *state;
    struct error error = {""};
    const struct page page = {.title = "Tank", .where = "t.lua:8", .json = "{}"};
    assert_true(plan_page(bed->plan, &page, &error));
    assert_false(plan_page(bed->plan, &page, &error));
    assert_string_equal(error.text,
                        "page \"Tank\" is already declared at t.lua:8; each has a title "
                        "of its own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(names_are_declared),
        BED_TEST(arrays_are_named_by_element),
        BED_TEST(an_item_fits_its_variable),
        BED_TEST(what_it_writes_may_be_written),
        BED_TEST(what_pages_only_show_is_not_written),
        BED_TEST(what_it_writes_fits),
        BED_TEST(titles_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
