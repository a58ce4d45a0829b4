/* Proves what becomes of samples in the file: they come back after a crash and after a close, once
 * each; the end of a run is a gap; what was committed in part is not there at all and comes again;
 * age and size are held, by what is oldest; and few points of many samples are the same whether
 * blocks were unpacked or not. */

#include "history_bed.h"
#include "store/store_file.h"

static int64_t count(struct shelf *shelf, const char *sql)
{
    int64_t number = -1;
    assert_int_equal(store_ask(shelf->file.db, sql, &number), SQLITE_OK);
    return number;
}

static void what_was_committed_is_there(void **state)
{
    struct shelf *shelf = *state;
    shelf_add(shelf, 0, 0, 5);
    shelf_add(shelf, 1, 0, 1);
    shelf_add(shelf, 0, 100, 7);
    shelf_commit(shelf);
    assert_trend(shelf, "A", -1000, 1000, 100, "0:5 100:7");
    assert_trend(shelf, "A", -1000, 50, 100, "0:5 50:5");
    assert_trend(shelf, "A", 50, 60, 100, "50:5 60:5");
    assert_trend(shelf, "B", -1000, 1000, 100, "0:1 100:1");
    assert_trend(shelf, "C", -1000, 1000, 100, "");
}

static void a_crash_loses_nothing_of_it(void **state)
{
    struct shelf *shelf = *state;
    shelf_add(shelf, 0, 0, 5);
    shelf_add(shelf, 0, 100, 6);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    shelf_add(shelf, 0, 200, 7);
    shelf_add(shelf, 1, 200, 1);
    shelf_commit(shelf); /* in the tail only */
    shelf_add(shelf, 0, 300, 8);
    shelf_crash(shelf);
    assert_trend(shelf, "A", -1000, 1000, 100, "0:5 100:6 200:7 200:-");
    assert_trend(shelf, "B", -1000, 1000, 100, "200:1 200:-");
    shelf->count = 0;
    shelf_add(shelf, 0, 500, 9);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    shelf_crash(shelf);
    assert_trend(shelf, "A", -1000, 1000, 100, "0:5 100:6 200:7 200:- 500:9 500:-");
    assert_int_equal(count(shelf, "SELECT count(*) FROM tail"), 0);
}

/* Values hold until the end of the run, which is noted even where nothing changes. */
static void a_run_that_ends_is_a_gap(void **state)
{
    struct shelf *shelf = *state;
    shelf_add(shelf, 0, 0, 5);
    shelf_commit(shelf);
    shelf->seen = BEGIN + 20000;
    shelf_commit(shelf);
    assert_trend(shelf, "A", -1000, 50000, 100, "0:5 20000:5");
    shelf_crash(shelf);
    assert_trend(shelf, "A", -1000, 50000, 100, "0:5 20000:-");
    assert_trend(shelf, "A", -1000, 50000, 1, "0:5 20000:-");
    assert_trend(shelf, "A", 30000, 50000, 100, "");
    shelf_add(shelf, 0, 40000, 5);
    shelf_commit(shelf);
    assert_trend(shelf, "A", -1000, 50000, 100, "0:5 20000:- 40000:5");
    struct error error;
    shelf_add(shelf, 0, 41000, 6);
    assert_true(shelf_try(shelf, true, &error)); /* something was lost: it ends in between */
    shelf_add(shelf, 0, 42000, 6);
    shelf_commit(shelf);
    assert_trend(shelf, "A", 30000, 50000, 100, "40000:5 41000:6 41000:- 42000:6");
}

/* Also where each run's samples make one block, of which none is unpacked. */
static void a_gap_between_blocks(void **state)
{
    struct shelf *shelf = *state;
    struct error error;
    for (int run = 0; run < 2; run++) {
        for (int i = 0; i < 600; i++)
            shelf_add(shelf, 0, run * 100000 + 1 + i, i);
        assert_true(shelf_try(shelf, true, &error));
        shelf_flush(shelf, 0, INT64_MAX);
    }
    assert_int_equal(count(shelf, "SELECT count(*) FROM block"), 2);
    assert_trend(shelf, "A", 0, 200000, 4, "1:0..599>599 600:- 100001:0..599>599 100600:-");
}

/* After a crash a block goes on, so that the end of a run lies within it. */
static void a_gap_within_a_block(void **state)
{
    struct shelf *shelf = *state;
    for (int i = 0; i < 200; i++)
        shelf_add(shelf, 0, 1 + i, i);
    shelf_commit(shelf);
    shelf_crash(shelf);
    for (int i = 0; i < 200; i++)
        shelf_add(shelf, 0, 1001 + i, i);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    shelf_add(shelf, 0, 90000, 7);
    shelf_commit(shelf);
    assert_int_equal(count(shelf, "SELECT count(*) FROM block"), 1);
    assert_trend(shelf, "A", 0, 100000, 2, "1:0..199>199 90000:7..199>7");
    assert_trend(shelf, "A", 150, 1050, 3,
                 "150:149 151:149..199>199 200:- 1001:0..48>48 1050:48..49>49");
}

/* The samples are kept by who had them, and come again. */
static void what_fails_comes_again(void **state)
{
    struct shelf *shelf = *state;
    struct error error;
    shelf_add(shelf, 0, 0, 5);
    shelf_commit(shelf);
    assert_int_equal(store_do(shelf->file.db, "PRAGMA max_page_count = 1"), SQLITE_OK);
    for (int i = 1; i < 5000; i++)
        shelf_add(shelf, i % 3, i, i);
    assert_false(shelf_try(shelf, false, &error));
    assert_non_null(strstr(error.text, "full"));
    assert_trend(shelf, "A", -1000, 10000, 100, "0:5");
    assert_trend(shelf, "B", -1000, 10000, 100, ""); /* its name was not written either */
    assert_int_equal(store_do(shelf->file.db, "PRAGMA max_page_count = 1000000"), SQLITE_OK);
    shelf_commit(shelf);
    assert_trend(shelf, "B", 4997, 10000, 10000, "4997:4996 4999:4999");
    assert_int_equal(count(shelf, "SELECT count(*) FROM name"), 3);
    shelf_crash(shelf);
    assert_trend(shelf, "B", 4997, 10000, 10000, "4997:4996 4999:4999 4999:-");
}

/* Many blocks, some of them open, some on the border of a point. */
static void few_points_are_the_same_as_of_all_samples(void **state)
{
    struct shelf *shelf = *state;
    struct trend trend;
    trend_begin(&trend, BEGIN + 12345, BEGIN + 1234567, 7);
    srand(3);
    double value = 0;
    for (int i = 0; i < 20000; i++) {
        value = rand() % 1000 == 0 ? NAN : (isnan(value) ? 0 : value) + rand() % 21 - 10;
        shelf_add(shelf, 0, i * 100, value);
        trend_add(&trend, BEGIN + i * 100, value);
        if (i % 700 == 0)
            shelf_commit(shelf);
        if (history_file_is_due(&shelf->file))
            shelf_flush(shelf, 0, INT64_MAX);
    }
    shelf_commit(shelf);
    assert_true(count(shelf, "SELECT count(*) FROM block") > 20);
    assert_true(trend_end(&trend, INT64_MAX));
    const char *name = "A";
    const struct trend_query query = {&name, 1, BEGIN + 12345, BEGIN + 1234567, 7};
    struct history_result result = {.series = NULL};
    struct error error;
    assert_true(history_read_trend(&shelf->file, &query, &result, &error));
    assert_int_equal(result.series[0].count, trend.count);
    for (size_t i = 0; i < trend.count; i++) {
        const struct trend_point *a = &trend.points[i], *b = &result.series[0].points[i];
        assert_int_equal(a->time, b->time);
        assert_true(a->low == b->low || isnan(a->low));
        assert_true(a->high == b->high || isnan(a->high));
    }
    trend_finish(&trend);
    history_result_finish(&result);
}

static void age_is_held(void **state)
{
    struct shelf *shelf = *state;
    for (int i = 0; i < 5000; i++)
        shelf_add(shelf, 0, i * 1000, i);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    for (int i = 5000; i < 10000; i++)
        shelf_add(shelf, 0, i * 1000, i);
    shelf_commit(shelf);
    shelf_flush(shelf, BEGIN + 6000000, INT64_MAX);
    assert_trend(shelf, "A", 0, 4998000, 10, "");
    assert_trend(shelf, "A", 9998000, 9999000, 10000, "9998000:9998 9999000:9999");
}

static void size_is_held_by_the_oldest(void **state)
{
    struct shelf *shelf = *state;
    enum { SIZE = 400 * 1024 };
    srand(4);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 2000; i++)
            shelf_add(shelf, i % 4, round * 200000 + i * 100, rand() / 7.0);
        shelf_commit(shelf);
        shelf_flush(shelf, 0, SIZE);
        assert_true(history_file_size(&shelf->file) <= SIZE);
    }
    assert_true(count(shelf, "SELECT sum(count) FROM block") > 20000);
    assert_true(count(shelf, "SELECT min(begin) FROM block") > BEGIN + 200000);
    assert_int_equal(count(shelf, "SELECT max(end) FROM block"), BEGIN + 39 * 200000 + 199900);
    shelf_crash(shelf);
    assert_true(count(shelf, "SELECT sum(count) FROM block") > 20000);
}

/* Its block is the oldest one, but still open. */
static void what_changes_seldom_is_not_the_oldest(void **state)
{
    struct shelf *shelf = *state;
    srand(5);
    for (int round = 0; round < 20; round++) {
        shelf_add(shelf, 1, round * 200000, round);
        for (int i = 0; i < 2000; i++)
            shelf_add(shelf, 0, round * 200000 + i * 100, rand() / 7.0);
        shelf_commit(shelf);
        shelf_flush(shelf, 0, 200 * 1024);
    }
    shelf_flush(shelf, 0, 200 * 1024);
    shelf_crash(shelf);
    assert_trend(shelf, "B", 3400000, 3700000, 10000, "3400000:17 3600000:18 3700000:18");
}

/* A block that is open, and too old as a whole: its row goes, and no other may be taken for it. */
static void what_was_not_good_for_long_is_nobody_elses(void **state)
{
    struct shelf *shelf = *state;
    const int64_t h = 3600000;
    shelf_add(shelf, 0, 0, 1);
    shelf_add(shelf, 1, 0, NAN);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    shelf_add(shelf, 0, 10 * h, 2);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    shelf_flush(shelf, BEGIN + 5 * h, INT64_MAX);
    assert_int_equal(count(shelf, "SELECT count(*) FROM block"), 1);
    for (int i = 11; i < 13; i++)
        shelf_add(shelf, 0, i * h, i);
    shelf_commit(shelf);
    shelf_flush(shelf, BEGIN + 5 * h, INT64_MAX);
    shelf_add(shelf, 1, 13 * h, 77);
    shelf_commit(shelf);
    shelf_flush(shelf, BEGIN + 5 * h, INT64_MAX);
    assert_int_equal(count(shelf, "SELECT count(*) FROM block WHERE name = 1"), 2);
    assert_int_equal(count(shelf, "SELECT count(*) FROM block WHERE name = 2"), 1);
    shelf_crash(shelf);
    assert_trend(shelf, "A", 10 * h, 12 * h + 1000, 100,
                 "36000000:2 39600000:11 43200000:12 43201000:12");
    assert_trend(shelf, "B", 12 * h, 14 * h, 100, "46800000:77 46800000:-");
}

/* Even where it is the open block's row that has to go. */
static void a_size_below_everything(void **state)
{
    struct shelf *shelf = *state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 10; i++)
            shelf_add(shelf, i % 4, round * 1000 + i, i);
        shelf_commit(shelf);
        shelf_flush(shelf, 0, 1);
    }
    assert_int_equal(count(shelf, "SELECT count(*) FROM block"), 0);
    shelf_add(shelf, 0, 6000, 3);
    shelf_commit(shelf);
    shelf_flush(shelf, 0, INT64_MAX);
    assert_trend(shelf, "A", 5500, 7000, 1000, "5500:8 6000:3");
}

/* An alarm that comes and goes all day must not drive out what is recorded. */
static void a_chatty_journal_has_its_share(void **state)
{
    struct shelf *shelf = *state;
    enum { SIZE = 2 * 1024 * 1024 };
    srand(6);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 2000; i++)
            shelf_add(shelf, 0, round * 200000 + i * 100, rand() / 7.0);
        shelf_commit(shelf);
        assert_int_equal(
            store_do(
                shelf->file.db,
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                " i < 9000) INSERT INTO journal (time, kind, name, text) SELECT 2, 1, 'chatty',"
                " 'an alarm with a text of some length, as people write them' FROM n"),
            SQLITE_OK);
        shelf_flush(shelf, 0, SIZE);
        assert_true(history_file_size(&shelf->file) <= SIZE);
    }
    assert_int_equal(count(shelf, "SELECT sum(count) FROM block"), 20000);
    assert_int_equal(count(shelf, "SELECT count(*) FROM journal"), SIZE / 2048);
}

static void a_name_keeps_its_last_words(void **state)
{
    struct shelf *shelf = *state;
    const char *name = "A";
    const struct trend_query query = {&name, 1, BEGIN, BEGIN + 1000, 10};
    struct history_result result = {.series = NULL};
    struct error error;
    shelf_add(shelf, 0, 0, 1);
    shelf_commit(shelf);
    shelf->names[0] = (struct recorded){.name = "A", .type = "int16", .unit = "kW"};
    shelf_add(shelf, 0, 100, 2);
    shelf_commit(shelf);
    shelf_crash(shelf);
    assert_true(history_read_trend(&shelf->file, &query, &result, &error));
    assert_string_equal(result.series[0].type, "int16");
    assert_string_equal(result.series[0].unit, "kW");
    history_result_finish(&result);
    assert_trend(shelf, "A", -10, 1000, 10, "0:1 100:2 100:-");
}

static void a_foreign_file_is_refused(void **state)
{
    struct shelf *shelf = *state;
    struct history_file file;
    struct error error;
    char other[128];
    snprintf(other, sizeof other, "%s/other.history", shelf->folder);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    assert_int_equal(store_do(db, "CREATE TABLE mine (x)"), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(history_file_open(&file, other, false, &error), HISTORY_DAMAGED);
    assert_non_null(strstr(error.text, "not a history"));
    assert_int_equal(history_file_open(&file, shelf->path, false, &error), HISTORY_BUSY);
    assert_int_equal(history_file_open(&file, shelf->folder, false, &error), HISTORY_TROUBLE);
    assert_non_null(strstr(error.text, "a folder"));
}

static void the_journal_is_kept_by_number(void **state)
{
    struct shelf *shelf = *state;
    struct journal_entry notes[2] = {
        {.time = BEGIN, .kind = JOURNAL_ALARM, .priority = 2, .what = "active", .name = "T[1]"},
        {.time = BEGIN + 1, .kind = JOURNAL_AUDIT, .what = "set", .name = "A", .before = "1"}};
    const struct history_batch batch = {.notes = notes, .note_count = 2};
    struct journal_query query = {
        .to = INT64_MAX, .kinds = JOURNAL_ALARM | JOURNAL_AUDIT, .most = 100, .match = "T[*"};
    struct history_result result = {.series = NULL};
    struct error error;
    assert_true(history_file_commit(&shelf->file, &batch, &error));
    assert_true(history_read_journal(&shelf->file, &query, &result, &error));
    assert_int_equal(result.entry_count, 1);
    assert_string_equal(result.entries[0].name, "T[1]");
    assert_int_equal(result.entries[0].priority, 2);
    history_result_finish(&result);
    query.match = NULL;
    assert_true(history_read_journal(&shelf->file, &query, &result, &error));
    assert_int_equal(result.entry_count, 2);
    assert_string_equal(result.entries[0].before, "1"); /* the newest first */
    history_result_finish(&result);
    assert_int_equal(store_do(shelf->file.db,
                              "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                              " WHERE i < 100500) INSERT INTO journal (time, kind, name) SELECT"
                              " 2, 2, 'many' FROM n"),
                     SQLITE_OK);
    shelf_flush(shelf, 0, INT64_MAX);
    assert_int_equal(count(shelf, "SELECT count(*) FROM journal WHERE kind = 2"), 100000);
    assert_int_equal(count(shelf, "SELECT count(*) FROM journal WHERE kind = 1"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(what_was_committed_is_there),
        SHELF_TEST(a_crash_loses_nothing_of_it),
        SHELF_TEST(a_run_that_ends_is_a_gap),
        SHELF_TEST(a_gap_between_blocks),
        SHELF_TEST(a_gap_within_a_block),
        SHELF_TEST(what_fails_comes_again),
        SHELF_TEST(few_points_are_the_same_as_of_all_samples),
        SHELF_TEST(age_is_held),
        SHELF_TEST(size_is_held_by_the_oldest),
        SHELF_TEST(what_changes_seldom_is_not_the_oldest),
        SHELF_TEST(what_was_not_good_for_long_is_nobody_elses),
        SHELF_TEST(a_size_below_everything),
        SHELF_TEST(a_chatty_journal_has_its_share),
        SHELF_TEST(a_name_keeps_its_last_words),
        SHELF_TEST(a_foreign_file_is_refused),
        SHELF_TEST(the_journal_is_kept_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
