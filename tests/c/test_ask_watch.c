/* Proves the streams: watch brings all, then what has changed and nothing else, never misses the
 * last value however slowly its peer reads, and begins anew after a reload; log brings what was
 * said before and after it was asked. */

#include "ask_bed.h"

#include <fcntl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"

static void declare(struct fake *fake)
{
    bed_declare(&fake->bed, WORD("A", 0, .path = "mem.A"));
    bed_declare(&fake->bed, WORD("B", 1, .path = "mem.B"));
    bed_declare(&fake->bed, WORD("LIST", 2, .path = "mem.LIST", .count = 3));
    bed_ready(&fake->bed);
}

/* The next line's rows by name: "A=1 B=2", with flags in front. */
static char *next(struct fake *fake)
{
    fake_until(fake, 1);
    json_t *line = fake_take(fake), *row;
    char *text = calloc(1, 64 * 1024), *at = text;
    size_t i;
    static const char *const flags[] = {"full", "more", "reloaded", "skipped"};
    for (int k = 0; k < 4; k++)
        if (json_object_get(line, flags[k]))
            at += sprintf(at, "%s ", flags[k]);
    json_array_foreach(json_object_get(line, "values"), i, row)
    {
        char *value = json_dumps(json_object_get(row, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
        at += sprintf(at, "%s=%s ", json_string_value(json_object_get(row, "name")), value);
        free(value);
    }
    json_decref(line);
    return text;
}

static void expect(struct fake *fake, const char *wanted)
{
    char *text = next(fake);
    assert_string_equal(text, wanted);
    free(text);
}

static void quick(struct fake *fake, const char *what)
{
    char text[128];
    snprintf(text, sizeof text, "{\"do\": \"watch\", \"period\": 0.02%s}", what);
    fake_request(fake, text);
}

static void all_then_changes(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    quick(fake, "");
    expect(fake, "full A=0 B=0 LIST=[0,0,0] ");
    bed_put(&fake->bed, 1, 7);
    expect(fake, "B=7 ");
    bed_put(&fake->bed, 4, 9);
    bed_put(&fake->bed, 0, 1);
    expect(fake, "A=1 LIST=[0,0,9] ");
    bed_put(&fake->bed, 0, 1); /* the same again is no change */
    image_force(fake->bed.image, bed_point(&fake->bed, "B"), WORDS(7), NULL, BED_NOW);
    expect(fake, "B=7 ");
    bed_put(&fake->bed, 1, 8); /* beneath the force: the row's `suppressed` */
    expect(fake, "B=7 ");
}

static void only_what_is_asked_for(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    quick(fake, ", \"names\": [\"LIST[2]\", \"A\"]");
    expect(fake, "full LIST[2]=0 A=0 ");
    bed_put(&fake->bed, 1, 7);
    bed_put(&fake->bed, 3, 7);
    expect(fake, "LIST[2]=7 ");
    asks_forget(&fake->asker);
    quick(fake, ", \"match\": \"L*[*]\"");
    expect(fake, "full LIST[1]=0 LIST[2]=7 LIST[3]=0 ");
    fake_refused(fake, "{\"do\": \"watch\", \"match\": \"X*\"}", "unknown", "nothing matches");
    fake_refused(fake, "{\"do\": \"watch\", \"names\": [\"X\"]}", "unknown", "is not declared");
    assert_int_equal(fake->asker.count, 1);
}

static void refreshed(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    quick(fake, ", \"names\": [\"A\"], \"refresh\": 0.02");
    expect(fake, "full A=0 ");
    struct request request = {.write = {TABLE_HOLDING, 0, 1, WORDS(0), false}};
    image_request(fake->bed.image, &request, clock_monotonic());
    expect(fake, "A=0 ");
}

/* While there is no room nothing is sent; then the present values are, and that looks were left
 * out. */
static void slow_reader(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    quick(fake, "");
    expect(fake, "full A=0 B=0 LIST=[0,0,0] ");
    fake->room = 0;
    for (uint16_t i = 1; i <= 5; i++) {
        bed_put(&fake->bed, 0, i);
        struct fake_clock clock = {{.fire = fake_stop_loop}, fake->loop};
        loop_set_timer(fake->loop, &clock.timer, loop_now(fake->loop) + 30000000);
        loop_run(fake->loop);
    }
    assert_int_equal(json_array_size(fake->lines), 0);
    fake->room = 1024 * 1024;
    expect(fake, "skipped A=5 ");
    bed_put(&fake->bed, 0, 6);
    expect(fake, "A=6 ");
}

static void large_sets_in_pieces(void **state)
{
    struct fake *fake = *state;
    bed_raw(&fake->bed, TABLE_HOLDING, 0, 600);
    bed_ready(&fake->bed);
    quick(fake, ", \"match\": \"holding[*]\"");
    fake_until(fake, 3);
    size_t rows = 0;
    for (int i = 0; i < 3; i++) {
        json_t *line = fake_take(fake);
        rows += json_array_size(json_object_get(line, "values"));
        assert_true(json_is_true(json_object_get(line, "full")));
        assert_int_equal(json_is_true(json_object_get(line, "more")), i < 2);
        json_decref(line);
    }
    assert_int_equal(rows, 600);
}

/* Another program with another plan: the old image may go as soon as all were told. */
static void replaced(void **state)
{
    struct fake *fake = *state;
    struct bed before, *bed = &fake->bed;
    struct error error;
    declare(fake);
    quick(fake, ", \"names\": [\"A\", \"B\"]");
    expect(fake, "full A=0 B=0 ");
    before = *bed;
    *bed = (struct bed){.plan = plan_create("test")};
    bed_memory(bed, (struct memory){.name = "mem"});
    bed_declare(bed, WORD("C", 0, .path = "mem.C"));
    bed_declare(bed, WORD("B", 9, .path = "mem.B"));
    bed_seal(bed);
    bed->image = image_create(bed->plan, BED_NOW, &error);
    bed->view = view_create(bed->image, &error);
    reading_forget(fake->asker.reading);
    view_destroy(before.view);
    image_destroy(before.image);
    plan_unref(before.plan);
    asks_look(&fake->asker);
    expect(fake, "full reloaded B=0 ");
    bed_put(bed, 9, 3);
    expect(fake, "B=3 ");
}

/* ---- log ---- */

static bool lines_hold(struct fake *fake, const char *text)
{
    json_t *line = fake_take(fake);
    char *all = json_dumps(line, 0);
    bool found = all && strstr(all, text);
    free(all);
    json_decref(line);
    return found;
}

static void log_before_and_after(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    log_line("said before\nin two lines");
    fake_request(fake, "{\"do\": \"log\", \"lines\": 1}");
    assert_true(lines_hold(fake, "\"said before\\nin two lines\""));
    fake_request(fake, "{\"do\": \"log\", \"lines\": 0, \"follow\": true, \"id\": 3}");
    assert_true(lines_hold(fake, "\"lines\": []"));
    log_line("said after \xFF");
    fake_until(fake, 1);
    assert_true(lines_hold(fake, "\"said after \xEF\xBF\xBD\""));
    asks_forget(&fake->asker);
    log_line("said to nobody");
}

static void log_counts_what_was_too_fast(void **state)
{
    struct fake *fake = *state;
    declare(fake);
    fake_request(fake, "{\"do\": \"log\", \"lines\": 0, \"follow\": true}");
    json_decref(fake_take(fake));
    fake->room = 0;
    char text[1024];
    memset(text, 'x', sizeof text);
    int before = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    for (int i = 0; i < 300; i++)
        log_text(text, sizeof text);
    dup2(before, STDERR_FILENO);
    close(before);
    close(nowhere);
    struct fake_clock clock = {{.fire = fake_stop_loop}, fake->loop};
    loop_set_timer(fake->loop, &clock.timer, loop_now(fake->loop) + 30000000);
    loop_run(fake->loop);
    assert_int_equal(json_array_size(fake->lines), 0);
    fake->room = 1024 * 1024;
    fake_until(fake, 4);
    json_int_t heard = 0, lost = 0;
    json_t *line;
    while ((line = fake_take(fake))) {
        heard += (json_int_t)json_array_size(json_object_get(line, "lines"));
        lost += json_integer_value(json_object_get(line, "lost"));
        json_decref(line);
    }
    assert_true(lost > 0);
    assert_int_equal(heard + lost, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(all_then_changes),
        FAKE_TEST(only_what_is_asked_for),
        FAKE_TEST(refreshed),
        FAKE_TEST(slow_reader),
        FAKE_TEST(large_sets_in_pieces),
        FAKE_TEST(replaced),
        FAKE_TEST(log_before_and_after),
        FAKE_TEST(log_counts_what_was_too_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
