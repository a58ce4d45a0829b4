/* Proves what a look at the memory records, and when: changes above the deadband, nothing twice, an
 * unchanged value once an hour; gaps for what is not good, for a clock that was set, and for what
 * found no room; what a reload has in common goes on; and who has asked is answered once, or not at
 * all when he forgot. */

#include "image_help.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include "image/inside.h"
#include "store/history_inside.h"
#include "store/store_file.h"

#define BEGIN INT64_C(1790000000000) /* UTC ms */
#define SECOND 1000

struct desk {
    struct bed bed;
    struct loop *loop;
    struct history *history;
    char folder[64];
    int64_t now, round; /* ms since BEGIN; rounds are called by a clock of their own */
};

static void declare(struct bed *bed, const char *last)
{
    bed->plan = plan_create("test");
    bed_memory(bed, (struct memory){.name = "mem"});
    bed_declare(bed, WORD("A", 0, .direction = DIRECTION_INOUT));
    bed_declare(bed, WORD("ROUGH", 1, .direction = DIRECTION_INOUT, .people = {.history = 5}));
    bed_declare(bed, WORD("IN", 2, .direction = DIRECTION_IN));
    bed_declare(bed, WORD("LIST", 10, .count = 2, .direction = DIRECTION_INOUT));
    bed_declare(bed, WORD("NEVER", 20, .people = {.unrecorded = true}));
    bed_declare(bed, WORD(last, 21, .direction = DIRECTION_INOUT));
    bed_ready(bed);
}

static void look(struct desk *desk, int64_t later)
{
    desk->now += later;
    struct instant now = {.monotonic = (desk->now + SECOND) * NS_PER_MS,
                          .utc = (BEGIN + desk->now) * NS_PER_MS};
    pthread_mutex_lock(&desk->history->mutex);
    history_look(desk->history, now);
    pthread_mutex_unlock(&desk->history->mutex);
}

static void write_all(struct desk *desk)
{
    desk->round += 120 * (int64_t)NS_PER_S;
    history_round(desk->history, desk->round, false);
}

/* As in the beginning, without the look at today's date. */
static void follow(struct desk *desk, struct bed *bed)
{
    struct error error;
    struct history *history = desk->history;
    struct history_board *board = history_board_create(history, bed->image, &error);
    assert_non_null(board);
    pthread_mutex_lock(&history->mutex);
    struct history_board *before = history->board;
    if (before)
        history_board_inherit(history, board, before, BEGIN + desk->now);
    history->board = board;
    pthread_mutex_unlock(&history->mutex);
    history_board_destroy(before);
}

static int begin(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error error;
    snprintf(desk->folder, sizeof desk->folder, "/tmp/msm-history-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    const struct history_options options = {desk->folder, "test", 3000, 256};
    desk->loop = loop_create(&error);
    desk->history = history_create(&options, desk->loop, &error);
    assert_non_null(desk->history);
    declare(&desk->bed, "LAST");
    follow(desk, &desk->bed);
    *state = desk;
    return 0;
}

static int end(void **state)
{
    struct desk *desk = *state;
    char command[128];
    history_file_close(&desk->history->file);
    history_close(desk->history);
    loop_destroy(desk->loop);
    view_destroy(desk->bed.view);
    image_destroy(desk->bed.image);
    plan_unref(desk->bed.plan);
    snprintf(command, sizeof command, "rm -rf '%s'", desk->folder);
    assert_int_equal(system(command), 0);
    free(desk);
    return 0;
}

/* "0:5 100:-", ms since BEGIN. */
static void assert_trend(struct desk *desk, const char *name, const char *expected)
{
    const struct trend_query query = {&name, 1, BEGIN - SECOND, BEGIN + (1 << 30), 100000};
    struct history_result result = {.series = NULL};
    struct error error;
    char text[1024] = "";
    size_t used = 0;
    write_all(desk);
    if (!history_read_trend(&desk->history->file, &query, &result, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < result.series[0].count; i++) {
        const struct trend_point *p = &result.series[0].points[i];
        used +=
            (size_t)snprintf(text + used, sizeof text - used, isnan(p->last) ? "%s%d:-" : "%s%d:%g",
                             i ? " " : "", (int)(p->time - BEGIN), p->last);
    }
    assert_string_equal(text, expected);
    history_result_finish(&result);
}

static size_t samples(struct desk *desk)
{
    return (size_t)history_status(desk->history).samples;
}

static void changes_are_recorded_once(void **state)
{
    struct desk *desk = *state;
    look(desk, 0);
    look(desk, 100);
    bed_put(&desk->bed, 0, 7);
    bed_put(&desk->bed, 11, 3);
    look(desk, 100);
    size_t before = samples(desk);
    for (int i = 0; i < 100; i++)
        look(desk, 100);
    assert_int_equal(samples(desk), before);
    assert_trend(desk, "A", "0:0 200:7 10200:7");
    assert_trend(desk, "LIST[1]", "0:0 10200:0");
    assert_trend(desk, "LIST[2]", "0:0 200:3 10200:3");
    const char *name = "NEVER";
    assert_null(history_file_find(&desk->history->file, name));
}

static void a_deadband_is_of_what_was_recorded(void **state)
{
    struct desk *desk = *state;
    static const uint16_t values[] = {4, 5, 9, 10, 6, 4};
    look(desk, 0);
    for (int i = 0; i < 6; i++) {
        bed_put(&desk->bed, 1, values[i]);
        look(desk, 100);
    }
    assert_trend(desk, "ROUGH", "0:0 200:5 400:10 600:4");
}

static void what_is_not_good_is_a_gap(void **state)
{
    struct desk *desk = *state;
    look(desk, 0);
    bed_put(&desk->bed, 2, 4);
    look(desk, 100);
    pthread_mutex_lock(&desk->bed.image->mutex);
    image_set_quality(desk->bed.image, bed_point(&desk->bed, "IN"), QUALITY_STALE);
    pthread_mutex_unlock(&desk->bed.image->mutex);
    look(desk, 100);
    look(desk, 100);
    bed_put(&desk->bed, 2, 4);
    look(desk, 100);
    assert_trend(desk, "IN", "100:4 200:- 400:4");
}

static void what_stays_is_recorded_each_hour(void **state)
{
    struct desk *desk = *state;
    for (int second = 0; second <= 2 * 3600; second += 50)
        look(desk, second ? 50 * SECOND : 0);
    assert_trend(desk, "A", "0:0 3600000:0 7200000:0");
}

static void a_clock_that_is_set_leaves_a_gap(void **state)
{
    struct desk *desk = *state;
    look(desk, 0);
    look(desk, 1000);
    look(desk, -300); /* by a little: waited for */
    bed_put(&desk->bed, 0, 5);
    look(desk, 100);
    assert_trend(desk, "A", "0:0 1000:5");
    look(desk, 3600 * SECOND); /* this look only finds out */
    look(desk, 0);             /* and what is before it has to be taken first */
    write_all(desk);
    look(desk, 100);
    assert_trend(desk, "A", "0:0 1000:5 1000:- 3600900:5");
}

static void what_finds_no_room_is_a_gap(void **state)
{
    struct desk *desk = *state;
    desk->history->fresh.room = desk->history->held.room = 8; /* of six at most in one look */
    look(desk, 0);
    bed_put(&desk->bed, 0, 5);
    bed_put(&desk->bed, 1, 50);
    look(desk, 100); /* no room any more */
    bed_put(&desk->bed, 0, 6);
    look(desk, 100);
    write_all(desk);
    look(desk, 100);
    assert_trend(desk, "A", "0:0 0:- 300:6");
}

static void a_reload_goes_on(void **state)
{
    struct desk *desk = *state;
    struct bed next = {.plan = NULL};
    look(desk, 0);
    bed_put(&desk->bed, 0, 5);
    look(desk, 100);
    size_t before = samples(desk);
    declare(&next, "OTHER");
    bed_put(&next, 0, 5);
    desk->now += 50;
    follow(desk, &next);
    view_destroy(desk->bed.view);
    image_destroy(desk->bed.image);
    plan_unref(desk->bed.plan);
    desk->bed = next;
    look(desk, 50);
    assert_int_equal(samples(desk), before + 1); /* OTHER */
    assert_trend(desk, "A", "0:0 100:5 200:5");
    assert_trend(desk, "LAST", "0:0 150:-");
    assert_trend(desk, "OTHER", "200:0");
}

/* Found out while it is open: the next rounds put it aside, begin another one, and record anew. */
static void a_file_that_breaks_is_set_aside(void **state)
{
    struct desk *desk = *state;
    char aside[128];
    struct stat there;
    look(desk, 0);
    write_all(desk);
    assert_int_equal(store_do(desk->history->file.db, "DROP TABLE tail"), SQLITE_OK);
    bed_put(&desk->bed, 0, 5);
    look(desk, 100);
    write_all(desk); /* fails */
    assert_false(history_status(desk->history).works);
    write_all(desk);
    snprintf(aside, sizeof aside, "%s/test.history.damaged-1", desk->folder);
    assert_int_equal(stat(aside, &there), 0);
    write_all(desk); /* all is recorded anew after this one */
    look(desk, 100);
    assert_trend(desk, "A", "100:5 100:- 200:5");
    assert_true(history_status(desk->history).works);
}

/* ---- who asks ---- */

struct curious {
    struct history_asker asker;
    struct loop *loop;
    int answers;
    size_t series;
    char error[256];
};

static void done(struct history_asker *asker, struct history_result *result,
                 const struct error *error)
{
    struct curious *curious = (struct curious *)asker;
    curious->answers++;
    if (result) {
        curious->series = result->series_count;
        history_result_finish(result);
    } else {
        snprintf(curious->error, sizeof curious->error, "%.250s", error->text);
    }
    loop_stop(curious->loop);
}

static void ask(struct desk *desk, struct curious *curious)
{
    const char *names[] = {"A", "ROUGH"};
    const struct trend_query query = {names, 2, BEGIN, BEGIN + 1000, 10};
    *curious = (struct curious){.asker = {done}, .loop = desk->loop};
    history_ask_trend(desk->history, &query, &curious->asker);
}

static void who_asks_is_answered_once(void **state)
{
    struct desk *desk = *state;
    struct curious one, two, late;
    look(desk, 0);
    ask(desk, &one);
    ask(desk, &two);
    history_forget(desk->history, &one.asker);
    write_all(desk);
    assert_int_equal(two.answers, 0); /* only by the loop */
    loop_run(desk->loop);
    assert_int_equal(one.answers, 0);
    assert_int_equal(two.answers, 1);
    assert_int_equal(two.series, 2);
    ask(desk, &late);
    history_file_close(&desk->history->file);
    history_close(desk->history);
    assert_int_equal(late.answers, 1);
    assert_string_equal(late.error, "test ends");
    const struct history_options options = {desk->folder, "test", 3000, 256};
    struct error error;
    desk->history = history_create(&options, desk->loop, &error);
}

static void alarms_go_into_the_journal(void **state)
{
    struct desk *desk = *state;
    struct error error;
    struct alarm_events *events = alarm_events_create(&error);
    struct alarm_event event = {.time = BEGIN * NS_PER_MS,
                                .what = "shelved",
                                .name = "HIGH",
                                .text = "Level is high",
                                .who = "kim",
                                .reason = "sensor is being changed",
                                .priority = 2,
                                .has_value = true,
                                .value = 97.5};
    const struct journal_query query = {.to = INT64_MAX, .kinds = JOURNAL_ALARM, .most = 10};
    struct history_result result = {.series = NULL};
    history_take_alarms(desk->history, events);
    alarm_events_put(events, &event);
    write_all(desk);
    assert_true(history_read_journal(&desk->history->file, &query, &result, &error));
    assert_int_equal(result.entry_count, 1);
    assert_string_equal(result.entries[0].what, "shelved");
    assert_string_equal(result.entries[0].text, "Level is high: sensor is being changed");
    assert_string_equal(result.entries[0].who, "kim");
    assert_string_equal(result.entries[0].after, "97.5");
    assert_int_equal(result.entries[0].priority, 2);
    history_result_finish(&result);
    history_take_alarms(desk->history, NULL);
    alarm_events_destroy(events);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(changes_are_recorded_once),
        DESK_TEST(a_deadband_is_of_what_was_recorded),
        DESK_TEST(what_is_not_good_is_a_gap),
        DESK_TEST(what_stays_is_recorded_each_hour),
        DESK_TEST(a_clock_that_is_set_leaves_a_gap),
        DESK_TEST(what_finds_no_room_is_a_gap),
        DESK_TEST(a_reload_goes_on),
        DESK_TEST(a_file_that_breaks_is_set_aside),
        DESK_TEST(who_asks_is_answered_once),
        DESK_TEST(alarms_go_into_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
