/* Proves that each line of the audit log is one whole JSON object that says what was done, whatever
 * bytes are in it; that the files are rotated and bounded; and that a full disk costs lines, but
 * not the count of them. */

#include "image_help.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "image/audit.h"
#include "store/audit_json.h"
#include "store/audit_log.h"

struct office {
    struct bed bed;
    struct audit *audit;
    struct audit_log *log;
    char folder[64], path[128];
};

static int begin(void **state)
{
    struct office *office = calloc(1, sizeof *office);
    struct error error;
    office->bed.plan = plan_create("test");
    bed_memory(&office->bed, (struct memory){.name = "mem"});
    bed_declare(&office->bed, WORD("SPEED", 0, .path = "mem.SPEED", .has_scale = true, .scale = 0.1,
                                   .offset = 0));
    bed_declare(&office->bed, WORD("TEMPS", 1, .path = "mem.TEMPS", .count = 3));
    bed_declare(&office->bed,
                BED_VARIABLE("F", TABLE_HOLDING, TYPE_FLOAT32, 10, .path = "mem.F", .nan = true));
    bed_declare(&office->bed, BED_VARIABLE("NAME", TABLE_HOLDING, TYPE_STRING, 20,
                                           .path = "mem.NAME", .length = 8));
    bed_declare(&office->bed, COIL("PUMP", 0, .path = "mem.PUMP"));
    bed_raw(&office->bed, TABLE_HOLDING, 100, 8);
    bed_raw(&office->bed, TABLE_COIL, 100, 8);
    bed_ready(&office->bed);
    snprintf(office->folder, sizeof office->folder, "/tmp/msm-audit-XXXXXX");
    assert_non_null(mkdtemp(office->folder));
    snprintf(office->path, sizeof office->path, "%s/test.audit", office->folder);
    office->audit = audit_create(&error);
    audit_set_level(office->audit, AUDIT_ALL);
    office->log = audit_log_open(office->folder, "test", &error);
    assert_non_null(office->log);
    *state = office;
    return 0;
}

static int end(void **state)
{
    struct office *office = *state;
    char command[128];
    audit_log_close(office->log);
    audit_destroy(office->audit);
    view_destroy(office->bed.view);
    image_destroy(office->bed.image);
    plan_unref(office->bed.plan);
    snprintf(command, sizeof command, "rm -rf '%s'", office->folder);
    assert_int_equal(system(command), 0);
    free(office);
    return 0;
}

static bool drain(struct office *office)
{
    struct error error;
    return audit_log_drain(office->log, office->audit, &error);
}

/* All lines of a file, parsed strictly, as an array. */
static json_t *read_lines(const char *path)
{
    json_t *lines = json_array();
    FILE *from = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    assert_non_null(from);
    while ((length = getline(&line, &room, from)) > 0) {
        json_error_t error;
        json_t *object = json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_object(object) || line[length - 1] != '\n')
            fail_msg("%s: %s", error.text, line);
        json_array_append_new(lines, object);
    }
    free(line);
    fclose(from);
    return lines;
}

static void expect_line(const json_t *line, const char *expected)
{
    json_t *copy = json_copy((json_t *)line);
    assert_true(json_is_string(json_object_get(copy, "time")));
    json_object_del(copy, "time");
    char *text = json_dumps(copy, JSON_ENCODE_ANY);
    assert_string_equal(text, expected);
    free(text);
    json_decref(copy);
}

static void put(struct office *office, const char *name, uint32_t element, const uint16_t *before,
                const uint16_t *after)
{
    static const struct origin master = {"10.0.0.5:49152", 1, 16};
    audit_point(office->audit, AUDIT_WRITE, &master, office->bed.plan,
                bed_point(&office->bed, name) + element, before, after);
}

static void every_entry_is_a_line_that_says_all(void **state)
{
    static const struct origin user = {.peer = "user 1000 (pid 4711)"};
    struct office *office = *state;
    uint32_t word = office->bed.plan->raws[0].point + 5, bit = office->bed.plan->raws[1].point + 1;
    put(office, "SPEED", 0, WORDS(0), WORDS(205));
    put(office, "TEMPS", 2, WORDS(1), WORDS(2));
    put(office, "F", 0, WORDS(0, 0x7FC0), WORDS(0xCCCD, 0x3DCC));
    put(office, "NAME", 0, WORDS(0, 0, 0, 0), WORDS(0x225C, 0x0AE4, 0xC3A4, 0));
    put(office, "PUMP", 0, WORDS(0), WORDS(1));
    audit_point(office->audit, AUDIT_SET, &user, office->bed.plan, word, WORDS(7), WORDS(8));
    audit_point(office->audit, AUDIT_FORCE, &user, office->bed.plan, bit, WORDS(0), WORDS(1));
    audit_note(office->audit, AUDIT_FAULT, NULL, "tank.lua:12: \"x\"\n\tis \\ %c", 1);
    assert_true(drain(office));
    json_t *lines = read_lines(office->path);
    static const char *const expected[] = {
        "{\"kind\": \"write\", \"peer\": \"10.0.0.5:49152\", \"unit\": 1, \"function\": 16, "
        "\"name\": \"mem.SPEED\", \"before\": 0, \"after\": 20.5}",
        "{\"kind\": \"write\", \"peer\": \"10.0.0.5:49152\", \"unit\": 1, \"function\": 16, "
        "\"name\": \"mem.TEMPS[3]\", \"before\": 1, \"after\": 2}",
        "{\"kind\": \"write\", \"peer\": \"10.0.0.5:49152\", \"unit\": 1, \"function\": 16, "
        "\"name\": \"mem.F\", \"before\": \"nan\", \"after\": 0.10000000000000001}",
        "{\"kind\": \"write\", \"peer\": \"10.0.0.5:49152\", \"unit\": 1, \"function\": 16, "
        "\"name\": \"mem.NAME\", \"before\": \"\", \"after\": \"\\\"\\\\\\n\xEF\xBF\xBD\xC3\xA4\"}",
        "{\"kind\": \"write\", \"peer\": \"10.0.0.5:49152\", \"unit\": 1, \"function\": 16, "
        "\"name\": \"mem.PUMP\", \"before\": false, \"after\": true}",
        "{\"kind\": \"set\", \"peer\": \"user 1000 (pid 4711)\", \"name\": \"mem.holding[105]\", "
        "\"before\": 7, \"after\": 8}",
        "{\"kind\": \"force\", \"peer\": \"user 1000 (pid 4711)\", \"name\": \"mem.coil[101]\", "
        "\"before\": false, \"after\": true}",
        "{\"kind\": \"fault\", \"text\": \"tank.lua:12: \\\"x\\\"\\n\\tis \\\\ \\u0001\"}",
    };
    assert_int_equal(json_array_size(lines), sizeof expected / sizeof *expected);
    for (size_t i = 0; i < json_array_size(lines); i++)
        expect_line(json_array_get(lines, i), expected[i]);
    json_decref(lines);
}

static void the_time_is_utc_to_the_millisecond(void **state)
{
    struct audit_entry entry = {.time = INT64_C(1769862896789123456), .kind = AUDIT_START};
    char line[AUDIT_LINE];
    (void)state;
    audit_json(&entry, line);
    assert_string_equal(line, "{\"time\": \"2026-01-31T12:34:56.789Z\", \"kind\": \"start\"}\n");
}

/* Any bytes, the longest entry: it fits, and it is JSON. */
static void any_bytes_are_valid_json(void **state)
{
    struct audit_entry entry = {.kind = AUDIT_REFUSED};
    char line[AUDIT_LINE];
    unsigned seed = 1;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        for (size_t k = 0; k < AUDIT_TEXT_MAX - 1; k++)
            entry.text[k] = (char)(1 + rand_r(&seed) % (i % 2 ? 255 : 31));
        memcpy(entry.origin.peer, entry.text, AUDIT_PEER_MAX - 1);
        size_t length = audit_json(&entry, line);
        assert_true(length < AUDIT_LINE);
        json_t *object = json_loadb(line, length, 0, NULL);
        assert_non_null(object);
        json_decref(object);
    }
}

static off_t size_of(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 ? file.st_size : -1;
}

static void files_are_rotated_and_the_oldest_goes(void **state)
{
    struct office *office = *state;
    char path[160];
    unsigned long number = 0;
    for (int round = 0; round < 3500; round++) {
        for (int i = 0; i < 10; i++)
            audit_note(office->audit, AUDIT_REFUSED, NULL, "%lu %0200d", number++, 0);
        assert_true(drain(office));
    }
    for (int n = 0; n <= AUDIT_FILES + 1; n++) {
        snprintf(path, sizeof path, n ? "%s.%d" : "%s", office->path, n);
        if (n > AUDIT_FILES) {
            assert_int_equal(size_of(path), -1);
        } else {
            assert_true(size_of(path) > 0);
            assert_true(size_of(path) <= AUDIT_FILE_MAX);
        }
    }
    for (int n = 0; n <= AUDIT_FILES; n++) { /* no line is missing from one to the next */
        snprintf(path, sizeof path, n ? "%s.%d" : "%s", office->path, n);
        json_t *lines = read_lines(path);
        for (size_t i = json_array_size(lines); i-- > 0;) {
            json_t *text = json_object_get(json_array_get(lines, i), "text");
            assert_int_equal(strtoul(json_string_value(text), NULL, 10), --number);
        }
        json_decref(lines);
    }
}

static void a_half_line_of_before_stays_one_line(void **state)
{
    struct office *office = *state;
    FILE *to = fopen(office->path, "w");
    fputs("{\"time\": \"20", to);
    fclose(to);
    audit_note(office->audit, AUDIT_START, NULL, "again");
    assert_true(drain(office));
    char text[256] = "";
    FILE *from = fopen(office->path, "r");
    assert_non_null(fgets(text, sizeof text, from));
    assert_string_equal(text, "{\"time\": \"20\n");
    assert_non_null(fgets(text, sizeof text, from));
    assert_non_null(strstr(text, "\"again\"}\n"));
    fclose(from);
}

/* A limit to the size of files is a disk that is full in the middle of a line. */
static void what_a_full_disk_costs_is_counted(void **state)
{
    struct office *office = *state;
    struct rlimit before, full;
    struct error error = {""};
    signal(SIGXFSZ, SIG_IGN);
    audit_note(office->audit, AUDIT_START, NULL, "first");
    assert_true(drain(office));
    getrlimit(RLIMIT_FSIZE, &before);
    full = before;
    full.rlim_cur = (rlim_t)size_of(office->path) + 20;
    setrlimit(RLIMIT_FSIZE, &full);
    audit_note(office->audit, AUDIT_RELOAD, NULL, "lost");
    audit_note(office->audit, AUDIT_RELOAD, NULL, "lost");
    bool ok = audit_log_drain(office->log, office->audit, &error);
    audit_note(office->audit, AUDIT_RELOAD, NULL, "lost too");
    bool again = drain(office);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(ok);
    assert_non_null(strstr(error.text, "cannot be written"));
    assert_true(again); /* it was said */
    audit_note(office->audit, AUDIT_STOP, NULL, "last");
    assert_true(drain(office));
    json_t *lines = read_lines(office->path);
    assert_int_equal(json_array_size(lines), 3);
    expect_line(json_array_get(lines, 0), "{\"kind\": \"start\", \"text\": \"first\"}");
    expect_line(json_array_get(lines, 1), "{\"kind\": \"lost\", \"count\": 3}");
    expect_line(json_array_get(lines, 2), "{\"kind\": \"stop\", \"text\": \"last\"}");
    json_decref(lines);
}

static void what_found_no_room_in_the_ring_is_counted(void **state)
{
    struct office *office = *state;
    json_int_t lost = 0, said = 0;
    for (int i = 0; i < 20000; i++)
        audit_note(office->audit, AUDIT_RELOAD, NULL, "%0200d", i);
    assert_true(drain(office));
    audit_note(office->audit, AUDIT_STOP, NULL, "last");
    assert_true(drain(office));
    json_t *lines = read_lines(office->path);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *count = json_object_get(json_array_get(lines, i), "count");
        lost += json_integer_value(count);
        said += !count;
    }
    assert_true(lost > 0);
    assert_int_equal(lost + said, 20001);
    json_decref(lines);
}

static void a_log_that_somebody_moved_is_begun_anew(void **state)
{
    struct office *office = *state;
    audit_note(office->audit, AUDIT_START, NULL, "one");
    assert_true(drain(office));
    assert_int_equal(unlink(office->path), 0);
    audit_note(office->audit, AUDIT_START, NULL, "two");
    assert_true(drain(office));
    json_t *lines = read_lines(office->path);
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(every_entry_is_a_line_that_says_all),
        cmocka_unit_test(the_time_is_utc_to_the_millisecond),
        cmocka_unit_test(any_bytes_are_valid_json),
        LOG_TEST(files_are_rotated_and_the_oldest_goes),
        LOG_TEST(a_half_line_of_before_stays_one_line),
        LOG_TEST(what_a_full_disk_costs_is_counted),
        LOG_TEST(what_found_no_room_in_the_ring_is_counted),
        LOG_TEST(a_log_that_somebody_moved_is_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
