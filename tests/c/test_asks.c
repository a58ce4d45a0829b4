/* Proves that every request is answered once and with its id, that what is malformed is told and
 * changes nothing, that what the host answers late finds its way or is forgotten, and that get,
 * force, unforce, forced, names and status show what is there. Set has a test of its own, and so
 * have the streams. */

#include "ask_bed.h"

static void declare(struct fake *fake)
{
    struct bed *bed = &fake->bed;
    static const struct label labels[] = {{0, "STOP"}, {2, "RUN"}};
    bed_declare(bed, BED_VARIABLE("LEVEL", TABLE_HOLDING, TYPE_FLOAT32, 0, .path = "mem.LEVEL",
                                  .unit = "%", .desc = "Tank level", RANGE(0, 100)));
    bed_declare(bed, WORD("MODE", 2, .path = "mem.MODE", .labels = labels, .label_count = 2));
    bed_declare(bed, WORD("TEMPS", 4, .path = "mem.TEMPS", .count = 3));
    bed_declare(bed, COIL("PUMP", 0, .path = "mem.PUMP", .has_safe = true, .safe = BOOLEAN(false)));
    bed_declare(
        bed, BED_VARIABLE("NAME", TABLE_HOLDING, TYPE_STRING, 10, .path = "mem.NAME", .length = 6));
    bed_raw(bed, TABLE_HOLDING, 20, 4);
    bed_ready(bed);
}

static void ids_come_back(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    static const char *const ids[] = {"7", "\"x\"", "null", "[1,{\"a\":2}]", "1.5"};
    for (size_t i = 0; i < 5; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"do\": \"forced\", \"id\": %s}", ids[i]);
        fake_answers(fake, text, "id", ids[i]);
        snprintf(text, sizeof text, "{\"do\": \"nothing\", \"id\": %s}", ids[i]);
        json_t *line = fake_run(fake, text);
        fake_expect_json(json_object_get(line, "id"), ids[i]);
        fake_expect_refusal(line, "usage", "unknown request \"nothing\"");
    }
    json_t *line = fake_run(fake, "{\"do\": \"forced\"}");
    assert_null(json_object_get(line, "id"));
    json_decref(line);
    assert_int_equal(fake->asker.count, 0);
}

static void malformed_is_told(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_refused(fake, "{}", "usage", "says what to do");
    fake_refused(fake, "[1]", "usage", "says what to do");
    fake_refused(fake, "{\"do\": 5}", "usage", "says what to do");
    fake_refused(fake, "{\"do\": \"gte\"}", "usage", "did you mean get?");
    fake_refused(fake, "{\"do\": \"get\"}", "usage", "either \"names\" or \"match\"");
    fake_refused(fake, "{\"do\": \"get\", \"nmaes\": []}", "usage", "did you mean names?");
    fake_refused(fake, "{\"do\": \"get\", \"names\": \"LEVEL\"}", "usage", "a list of texts");
    fake_refused(fake, "{\"do\": \"get\", \"names\": [1]}", "usage", "a list of texts");
    fake_refused(fake, "{\"do\": \"get\", \"match\": \"*\", \"names\": []}", "usage", "either");
    fake_refused(fake, "{\"do\": \"eval\"}", "usage", "eval: \"code\" is missing");
    fake_refused(fake, "{\"do\": \"eval\", \"code\": null}", "usage", "must be a text");
    fake_refused(fake, "{\"do\": \"force\", \"name\": \"LEVEL\"}", "usage",
                 "\"value\" or \"text\"");
    fake_refused(fake, "{\"do\": \"unforce\"}", "usage", "\"name\" or \"all\"");
    fake_refused(fake, "{\"do\": \"unforce\", \"all\": false}", "usage", "\"name\" or \"all\"");
    fake_refused(fake, "{\"do\": \"log\", \"lines\": -1}", "usage", "0..10000");
    fake_refused(fake, "{\"do\": \"watch\", \"period\": 0}", "usage", "0.02..3600");
    fake_refused(fake, "{\"do\": \"status\", \"value\": 1}", "usage", "unknown field \"value\"");
}

static void get_shows_rows(void **state)
{
    static const struct {
        const char *name, *field, *expected;
    } rows[] = {
        {"LEVEL", "value", "20.1"},
        {"mem.LEVEL", "name", "'LEVEL'"},
        {"LEVEL", "text", "'20.1 %'"},
        {"LEVEL", "unit", "'%'"},
        {"LEVEL", "type", "'float32'"},
        {"LEVEL", "quality", "'good'"},
        {"LEVEL", "forced", "false"},
        {"MODE", "text", "'RUN (2)'"},
        {"TEMPS", "value", "[1, 2, 3]"},
        {"TEMPS[3]", "value", "3"},
        {"TEMPS[3]", "name", "'TEMPS[3]'"},
        {"mem.holding[21]", "value", "65535"},
        {"mem.holding[21]", "name", "'holding[21]'"},
        {"PUMP", "value", "false"},
    };
    struct fake *fake = *state;
    declare(fake);
    struct bed *bed = &fake->bed;
    bed_write(bed, TABLE_HOLDING, 0, 2, WORDS(0xCCCD, 0x41A0)); /* 20.1 as a float32, low first */
    bed_put(bed, 2, 2);
    bed_write(bed, TABLE_HOLDING, 4, 3, WORDS(1, 2, 3));
    bed_put(bed, 21, 65535);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"do\": \"get\", \"names\": [\"%s\"]}", rows[i].name);
        fake_row(fake, text, rows[i].field, rows[i].expected);
    }
    fake_answers(fake, "{\"do\": \"get\", \"names\": []}", "values", "[]");
    json_t *line = fake_run(fake, "{\"do\": \"get\", \"names\": [\"LEVEL\"]}");
    json_t *row = json_array_get(json_object_get(line, "values"), 0);
    assert_true(json_is_number(json_object_get(row, "age")));
    assert_null(json_object_get(row, "suppressed"));
    assert_null(json_object_get(row, "state"));
    json_decref(line);
}

static size_t matches(struct fake *fake, const char *pattern)
{
    char text[96];
    snprintf(text, sizeof text, "{\"do\": \"get\", \"match\": \"%s\"}", pattern);
    json_t *line = fake_run(fake, text);
    size_t count = json_array_size(json_object_get(line, "values"));
    json_decref(line);
    return count;
}

static void get_takes_patterns(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    assert_int_equal(matches(fake, "*"), 5);
    assert_int_equal(matches(fake, "mem.*"), 5);
    assert_int_equal(matches(fake, "*E*L"), 1);
    assert_int_equal(matches(fake, "TEMPS[*]"), 3);
    assert_int_equal(matches(fake, "*[*]"), 7);
    assert_int_equal(matches(fake, "holding[2?]"), 4);
    assert_int_equal(matches(fake, "PUM?"), 1);
    fake_refused(fake, "{\"do\": \"get\", \"match\": \"X*\"}", "unknown", "nothing matches X*");
}

static void names_are_helped_with(void **state)
{
    static const struct {
        const char *names, *help;
    } cases[] = {
        {"\"LEVEL\", \"LEVL\"", "LEVL is not declared; did you mean LEVEL?"},
        {"\"plc.LEVEL\"", "plc.LEVEL is not declared; did you mean LEVEL?"},
        {"\"TEMPS[4]\"", "elements 1..3"},
        {"\"TEMPS[0]\"", "elements 1..3"},
        {"\"LEVEL[1]\"", "is no array"},
        {"\"holding[24]\"", "as raw"},
        {"\"holding\"", "is a table"},
        {"\"\"", "is not declared"},
        {"\"TEMPS[1\"", "is not declared"},
        {"\"TEMPS[99999999999999999999]\"", "is not declared"},
    };
    struct fake *fake = *state;
    declare(fake);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[96];
        snprintf(text, sizeof text, "{\"do\": \"get\", \"names\": [%s]}", cases[i].names);
        fake_refused(fake, text, "unknown", cases[i].help);
    }
}

static void strings_of_any_bytes(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    bed_write(&fake->bed, TABLE_HOLDING, 10, 3, WORDS(0x41E9, 0x4200, 0));
    fake_row(fake, "{\"do\": \"get\", \"names\": [\"NAME\"]}", "value",
             "'A\xEF\xBF\xBD"
             "B'");
    fake_row(fake, "{\"do\": \"get\", \"names\": [\"NAME\"]}", "hex", "'41e942'");
}

/* ---- pages ---- */

static void pages_of_the_script(void **state)
{
    struct fake *fake = *state;
    struct error error;
    const struct page pages[] = {{.title = "A", .json = "{\"title\": \"A\", \"rows\": [[]]}"},
                                 {.title = "B", .json = "{\"title\": \"B\", \"rows\": []}"}};
    for (size_t i = 0; i < 2; i++)
        assert_true(plan_page(fake->bed.plan, &pages[i], &error));
    declare(fake);
    fake_answers(fake, "{\"do\": \"pages\"}", "pages",
                 "[{'title': 'A', 'rows': [[]]}, {'title': 'B', 'rows': []}]");
    fake_refused(fake, "{\"do\": \"pages\", \"match\": \"A\"}", "usage", "match");
}

/* ---- force ---- */

static void force_and_release(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    struct bed *bed = &fake->bed;
    bed_put(bed, 2, 1);
    fake_row(fake, "{\"do\": \"force\", \"name\": \"MODE\", \"text\": \"RUN\"}", "value", "2");
    fake_row(fake, "{\"do\": \"get\", \"names\": [\"MODE\"]}", "suppressed", "1");
    bed_put(bed, 2, 7);
    assert_int_equal(bed_get(bed, 2), 2);
    fake_row(fake, "{\"do\": \"forced\"}", "suppressed", "7");
    fake_answers(fake, "{\"do\": \"unforce\", \"name\": \"MODE\", \"restore\": true}", "released",
                 "['MODE']");
    assert_int_equal(bed_get(bed, 2), 7);
    fake_answers(fake, "{\"do\": \"forced\"}", "values", "[]");
    fake_refused(fake, "{\"do\": \"unforce\", \"name\": \"MODE\"}", "refused",
                 "MODE is not forced");
    fake_answers(fake, "{\"do\": \"unforce\", \"all\": true}", "released", "[]");
}

static void force_takes_arrays_and_outputs(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_row(fake, "{\"do\": \"force\", \"name\": \"TEMPS\", \"value\": [7, 8, 9]}", "value",
             "[7, 8, 9]");
    fake_row(fake, "{\"do\": \"force\", \"name\": \"PUMP\", \"text\": \"on\"}", "value", "true");
    fake_row(fake, "{\"do\": \"force\", \"name\": \"holding[20]\", \"text\": \"0xFF\"}", "value",
             "255");
    fake_answers(fake, "{\"do\": \"unforce\", \"name\": \"TEMPS[2]\"}", "released", "['TEMPS[2]']");
    fake_row(fake, "{\"do\": \"get\", \"names\": [\"TEMPS\"]}", "suppressed", "[0, null, 0]");
    fake_refused(fake, "{\"do\": \"force\", \"name\": \"TEMPS\", \"value\": [1, 2]}", "refused",
                 "exactly 3");
    fake_refused(fake, "{\"do\": \"force\", \"name\": \"LEVEL\", \"value\": 101}", "refused",
                 "mem.LEVEL = 101 is out of range 0..100 %");
    fake_refused(fake, "{\"do\": \"force\", \"name\": \"LEVL\", \"value\": 1}", "unknown",
                 "LEVEL?");
    fake_answers(fake, "{\"do\": \"unforce\", \"all\": true, \"restore\": true}", "released",
                 "['TEMPS[1]', 'TEMPS[3]', 'PUMP', 'holding[20]']");
}

/* Here without a store: nothing is promised that would not be kept. */
static void force_that_cannot_persist(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_refused(fake, "{\"do\": \"force\", \"name\": \"MODE\", \"value\": 1, \"persist\": true}",
                 "refused", "holds until a restart");
    fake_answers(fake, "{\"do\": \"forced\"}", "values", "[]");
    fake_row(fake, "{\"do\": \"force\", \"name\": \"MODE\", \"value\": 1, \"persist\": false}",
             "value", "1");
}

/* ---- names and status ---- */

static json_t *named(json_t *line, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(line, "names"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0)
            return row;
    }
    fail_msg("%s is not among the names", name);
    return NULL;
}

static void names_tell_all(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    json_t *line = fake_run(fake, "{\"do\": \"names\"}");
    assert_int_equal(json_array_size(json_object_get(line, "names")), 6);
    fake_expect_json(named(line, "LEVEL"),
                     "{'name':'LEVEL','memory':'mem','type':'float32','table':'holding',"
                     "'address':0,'direction':'inout','settable':true,'unit':'%',"
                     "'desc':'Tank level','min':0,'max':100,'retain':false,'pulse':false}");
    fake_expect_json(json_object_get(named(line, "MODE"), "labels"), "[[0,'STOP'],[2,'RUN']]");
    fake_expect_json(json_object_get(named(line, "TEMPS"), "count"), "3");
    fake_expect_json(json_object_get(named(line, "PUMP"), "settable"), "false");
    fake_expect_json(json_object_get(named(line, "PUMP"), "direction"), "'out'");
    fake_expect_json(named(line, "holding[20]"),
                     "{'name':'holding[20]','memory':'mem','type':'uint16','count':4,'raw':true,"
                     "'table':'holding','address':20,'direction':'inout','settable':true,"
                     "'retain':false,'pulse':false}");
    json_decref(line);
    fake_refused(fake, "{\"do\": \"names\", \"match\": \"X*\"}", "unknown", "nothing matches");
}

static void status_tells_all(void **state)
{
    struct fake *fake = *state;
    bed_plc(&fake->bed);
    bed_declare(&fake->bed, WORD("SPEED", 0, PLC(.path = "plc.SPEED")));
    declare(fake);
    fake->status.state = HOST_FAULT;
    fake->status.fault = "tank.lua:5: \xFF";
    json_t *line = fake_run(fake, "{\"do\": \"status\"}");
    fake_expect_json(json_object_get(line, "state"), "'fault'");
    fake_expect_json(json_object_get(line, "fault"), "'tank.lua:5: \xEF\xBF\xBD'");
    fake_expect_json(json_object_get(line, "variables"), "6");
    fake_expect_json(json_object_get(line, "scan"), "null");
    fake_expect_json(json_object_get(line, "store"), "null");
    fake_expect_json(json_object_get(line, "links"),
                     "[{'name':'10.0.0.7:502 unit 1','kind':'client','memories':['plc'],"
                     "'online':false,'complete':false,'wanted':true,'age':null,'errors':0,"
                     "'conflicts':0,'last_error':''}]");
    json_decref(line);
}

/* ---- what takes time ---- */

static void late_answers(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_request(fake, "{\"do\": \"eval\", \"code\": \"1+1\", \"id\": 1}");
    assert_null(fake_take(fake));
    assert_string_equal(fake->asked, "1+1");
    fake_answers(fake, "{\"do\": \"forced\", \"id\": 2}", "id", "2");
    fake_answer(fake, HOST_OK, "2");
    json_t *line = fake_take(fake);
    fake_expect_json(line, "{'id':1,'ok':true,'text':'2'}");
    json_decref(line);
    assert_int_equal(fake->asker.count, 0);
    fake->at_once = true;
    fake->text = "a\nb";
    fake_answers(fake, "{\"do\": \"complete\", \"code\": \"m\"}", "words", "['a','b']");
    fake_answers(fake, "{\"do\": \"compare\"}", "lines", "['a','b']");
    assert_string_equal(fake->asked, "(none)");
    fake_answers(fake, "{\"do\": \"compare\", \"path\": \"/x.lua\"}", "lines", "['a','b']");
    assert_string_equal(fake->asked, "/x.lua");
    fake_answers(fake, "{\"do\": \"reload\"}", "text", "'a\\nb'");
    assert_string_equal(fake->asked, "user 1000 (pid 4711)");
    fake->text = NULL;
    fake_answers(fake, "{\"do\": \"reload\"}", "text", "''");
}

static void late_refusals(void **state)
{
    static const char *const kinds[] = {"", "failed", "refused"};
    struct fake *fake = *state;
    declare(fake);
    fake->at_once = true;
    fake->text = "tank.lua:12: no";
    for (int result = HOST_FAILED; result <= HOST_REFUSED; result++) {
        fake->result = (enum host_result)result;
        fake_refused(fake, "{\"do\": \"reload\"}", kinds[result], "tank.lua:12: no");
    }
}

static void forgotten_with_the_asker(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_request(fake, "{\"do\": \"reload\"}");
    fake_request(fake, "{\"do\": \"watch\"}");
    fake_request(fake, "{\"do\": \"log\", \"follow\": true}");
    assert_int_equal(fake->asker.count, 3);
    asks_forget(&fake->asker);
    assert_int_equal(fake->asker.count, 0);
    assert_int_equal(fake->forgotten, 1);
    assert_null(fake->pending);
}

static void ended_by_id(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_request(fake, "{\"do\": \"reload\", \"id\": 5}");
    fake_refused(fake, "{\"do\": \"end\", \"of\": 6}", "unknown", "nothing with that id");
    fake_answers(fake, "{\"do\": \"end\", \"of\": 5, \"id\": 5}", "ok", "true");
    assert_int_equal(fake->forgotten, 1);
    assert_int_equal(fake->asker.count, 0);
}

static void ended_with_the_program(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_request(fake, "{\"do\": \"reload\", \"id\": 5}");
    asks_end(&fake->asker, "tank ends");
    fake_expect_refusal(fake_take(fake), "failed", "tank ends");
    assert_int_equal(fake->forgotten, 1);
}

static void not_too_many_at_once(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    for (int i = 0; i < ASKS_MOST; i++)
        fake_request(fake, "{\"do\": \"eval\", \"code\": \"\"}");
    assert_null(fake_take(fake));
    fake_refused(fake, "{\"do\": \"eval\", \"code\": \"\"}", "refused", "32 requests");
    fake_answers(fake, "{\"do\": \"forced\"}", "values", "[]");
}

static void stop_is_answered_first(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_answers(fake, "{\"do\": \"stop\"}", "ok", "true");
    assert_int_equal(fake->stops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(ids_come_back),
        FAKE_TEST(malformed_is_told),
        FAKE_TEST(get_shows_rows),
        FAKE_TEST(get_takes_patterns),
        FAKE_TEST(names_are_helped_with),
        FAKE_TEST(pages_of_the_script),
        FAKE_TEST(strings_of_any_bytes),
        FAKE_TEST(force_and_release),
        FAKE_TEST(force_takes_arrays_and_outputs),
        FAKE_TEST(force_that_cannot_persist),
        FAKE_TEST(names_tell_all),
        FAKE_TEST(status_tells_all),
        FAKE_TEST(late_answers),
        FAKE_TEST(late_refusals),
        FAKE_TEST(forgotten_with_the_asker),
        FAKE_TEST(ended_by_id),
        FAKE_TEST(ended_with_the_program),
        FAKE_TEST(not_too_many_at_once),
        FAKE_TEST(stop_is_answered_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
