/* Proves which point of a script is taken for which of a recording: the one of the same name, type
 * and bits, wherever it lies; that all others are counted and one of each is named; and that from
 * every recorded cell all points that lie over it are found, and no others. */

#include "image_help.h"

#include "desk/replay_match.h"

enum { POINTS = 8, CELLS = 8 };

struct played {
    struct bed *bed;
    struct recording recording;
    struct recorded_point points[POINTS];
    struct replay_match match;
};

static int begin(void **state)
{
    struct played *played = calloc(1, sizeof *played);
    bed_init((void **)&played->bed);
    played->recording.points = played->points;
    played->recording.cell_count = CELLS;
    *state = played;
    return 0;
}

static int end(void **state)
{
    struct played *played = *state;
    replay_match_finish(&played->match);
    bed_finish((void *[]){played->bed});
    free(played);
    return 0;
}

static void recorded(struct played *played, const char *name, enum type type, uint32_t cell,
                     uint16_t words, uint16_t mask)
{
    assert_true(played->recording.point_count < POINTS);
    played->points[played->recording.point_count++] =
        (struct recorded_point){name, type, cell, words, mask};
}

static const struct replay_match *matched(struct played *played)
{
    bed_seal(played->bed);
    replay_match_make(&played->match, &played->recording, played->bed->plan);
    return &played->match;
}

static void by_name_wherever_it_lies(void **state)
{
    struct played *played = *state;
    recorded(played, "LEVEL", TYPE_UINT16, 3, 1, 0xFFFF);
    recorded(played, "TOTAL", TYPE_UINT32, 4, 2, 0xFFFF);
    recorded(played, "ON", TYPE_BOOL, 6, 1, 1 << 4);
    bed_declare(played->bed, (struct variable)BIT("ON", 9, 4));
    bed_declare(played->bed, (struct variable)WIDE("TOTAL", 20));
    bed_declare(played->bed, (struct variable)WORD("LEVEL", 40));
    const struct replay_match *match = matched(played);
    assert_int_equal(match->points[0], bed_point(played->bed, "LEVEL"));
    assert_int_equal(match->points[1], bed_point(played->bed, "TOTAL"));
    assert_int_equal(match->points[2], bed_point(played->bed, "ON"));
    assert_int_equal(match->gone + match->new, 0);
    assert_string_equal(match->first_gone, "");
    assert_string_equal(match->first_new, "");
    assert_int_equal(match->masks[bed_find(played->bed, "ON")->cell], 1 << 4);
    assert_int_equal(match->masks[bed_find(played->bed, "TOTAL")->cell + 1], 0xFFFF);
    assert_int_equal(match->masks[bed_find(played->bed, "LEVEL")->cell], 0xFFFF);
}

static void another_type_is_another_point(void **state)
{
    struct played *played = *state;
    recorded(played, "A", TYPE_INT16, 0, 1, 0xFFFF);
    recorded(played, "B", TYPE_UINT16, 1, 1, 0xFFFF);
    recorded(played, "C", TYPE_BOOL, 3, 1, 1 << 2);
    recorded(played, "D", TYPE_UINT16, 4, 1, 0xFFFF);
    bed_declare(played->bed, (struct variable)WORD("A", 0));
    bed_declare(played->bed, (struct variable)WIDE("B", 1));
    bed_declare(played->bed, (struct variable)BIT("C", 3, 3));
    bed_declare(played->bed, (struct variable)WORD("D", 4));
    bed_declare(played->bed, (struct variable)WORD("E", 5));
    const struct replay_match *match = matched(played);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(match->points[i] == REPLAY_NONE);
    assert_int_equal(match->points[3], bed_point(played->bed, "D"));
    assert_int_equal(match->gone, 3);
    assert_int_equal(match->new, 4);
    assert_string_equal(match->first_gone, "A");
    assert_string_equal(match->first_new, "A");
    assert_int_equal(match->masks[bed_find(played->bed, "A")->cell], 0); /* not compared */
    assert_int_equal(match->masks[bed_find(played->bed, "C")->cell], 0);
}

static bool lies_over(const struct replay_match *match, uint32_t cell, uint32_t recorded)
{
    for (uint32_t i = match->first[cell]; i < match->first[cell + 1]; i++)
        if (match->over[i] == recorded)
            return true;
    return false;
}

static void each_cell_knows_what_lies_over_it(void **state)
{
    struct played *played = *state;
    static const char *const names[] = {"WIDE", "GONE", "BIT0", "BIT1", "LAST"};
    static const uint32_t cells[] = {1, 2, 4, 4, CELLS - 1}, words[] = {2, 1, 1, 1, 1};
    recorded(played, names[0], TYPE_UINT32, 1, 2, 0xFFFF);
    recorded(played, names[1], TYPE_UINT16, 2, 1, 0xFFFF);
    recorded(played, names[2], TYPE_BOOL, 4, 1, 1);
    recorded(played, names[3], TYPE_BOOL, 4, 1, 2);
    recorded(played, names[4], TYPE_UINT16, CELLS - 1, 1, 0xFFFF);
    bed_declare(played->bed, (struct variable)WIDE("WIDE", 0));
    bed_declare(played->bed, (struct variable)BIT("BIT0", 4, 0));
    bed_declare(played->bed, (struct variable)BIT("BIT1", 4, 1));
    bed_declare(played->bed, (struct variable)WORD("LAST", 5));
    const struct replay_match *match = matched(played);
    size_t total = 0;
    for (uint32_t cell = 0; cell < CELLS; cell++)
        for (uint32_t i = 0; i < 5; i++) {
            bool over = i != 1 && cell >= cells[i] && cell < cells[i] + words[i];
            assert_int_equal(lies_over(match, cell, i), over);
            total += over;
        }
    assert_int_equal(match->first[0], 0);
    assert_int_equal(match->first[CELLS], total);
}

static void pulses_are_those_of_both(void **state)
{
    struct played *played = *state;
    recorded(played, "PLAIN", TYPE_BOOL, 0, 1, 1);
    recorded(played, "GONE", TYPE_BOOL, 1, 1, 1);
    recorded(played, "START", TYPE_BOOL, 2, 1, 1);
    bed_declare(played->bed, (struct variable)COIL("NEW", 0, .pulse = true));
    bed_declare(played->bed, (struct variable)COIL("PLAIN", 1));
    bed_declare(played->bed, (struct variable)COIL("START", 2, .pulse = true));
    const struct replay_match *match = matched(played);
    assert_int_equal(match->pulse_count, 1);
    assert_int_equal(match->pulses[0], 2); /* as the recording numbers them */
}

static void links_by_name(void **state)
{
    struct played *played = *state;
    const char *names[] = {"gone", "10.0.0.7:502 unit 1"};
    struct error error;
    uint32_t plc = (uint32_t)bed_memory(played->bed, (struct memory){.name = "plc", .client = -1});
    struct client_spec spec = {.where = "t.lua:1",
                               .name = names[1],
                               .host = "10.0.0.7",
                               .port = 502,
                               .unit = 1,
                               .memory = plc,
                               .period = 1000000,
                               .timeout = 1000000,
                               .depth = 1,
                               .max_read = READ_MOST,
                               .max_write = WRITE_MOST};
    bed_declare(played->bed,
                (struct variable)WORD("IN", 0, .memory = plc, .direction = DIRECTION_IN));
    if (plan_client(played->bed->plan, &spec, &error) < 0)
        fail_msg("%s", error.text);
    played->recording.links = names;
    played->recording.link_count = 2;
    const struct replay_match *match = matched(played);
    assert_true(match->links[0] == REPLAY_NONE);
    assert_int_equal(match->links[1], 0);
    assert_string_equal(match->first_new, "IN");
}

/* Neither has anything; and what is finished may be finished again. */
static void nothing_at_all(void **state)
{
    struct played *played = *state;
    played->recording.cell_count = 0;
    const struct replay_match *match = matched(played);
    assert_int_equal(match->gone + match->new + match->pulse_count, 0);
    replay_match_finish(&played->match);
    assert_null(played->match.points);
}

#define PLAYED_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAYED_TEST(by_name_wherever_it_lies),
        PLAYED_TEST(another_type_is_another_point),
        PLAYED_TEST(each_cell_knows_what_lies_over_it),
        PLAYED_TEST(pulses_are_those_of_both),
        PLAYED_TEST(links_by_name),
        PLAYED_TEST(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
