#pragma once
/* A history's file in a folder of its own, without threads: a test says what comes and when. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/history_file.h"

#define BEGIN INT64_C(1790000000000) /* UTC ms */

enum { ROOM = 100000 };

struct shelf {
    char folder[64], path[96];
    struct history_file file;
    struct recorded names[8];
    struct history_sample *samples;
    size_t count;
    int64_t seen;
};

static inline void shelf_open(struct shelf *shelf)
{
    struct error error;
    if (history_file_open(&shelf->file, shelf->path, false, &error) != HISTORY_READY)
        fail_msg("%s", error.text);
}

/* As a kill does: what was committed stays in the log. */
static inline void shelf_crash(struct shelf *shelf)
{
    char command[256];
    snprintf(command, sizeof command, "cd %s && mkdir copy && cp a.history* copy/", shelf->folder);
    assert_int_equal(system(command), 0);
    history_file_close(&shelf->file);
    snprintf(command, sizeof command, "cd %s && rm a.history* && mv copy/* . && rmdir copy",
             shelf->folder);
    assert_int_equal(system(command), 0);
    shelf_open(shelf);
}

static inline int shelf_begin(void **state)
{
    static const char *const names[] = {"A", "B", "C", "D"};
    struct shelf *shelf = calloc(1, sizeof *shelf);
    snprintf(shelf->folder, sizeof shelf->folder, "/tmp/msm-history-XXXXXX");
    assert_non_null(mkdtemp(shelf->folder));
    snprintf(shelf->path, sizeof shelf->path, "%s/a.history", shelf->folder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        shelf->names[i] = (struct recorded){.name = names[i], .type = "float32", .unit = "%"};
    shelf->samples = calloc(ROOM, sizeof *shelf->samples);
    shelf_open(shelf);
    *state = shelf;
    return 0;
}

static inline int shelf_end(void **state)
{
    struct shelf *shelf = *state;
    char command[128];
    history_file_close(&shelf->file);
    snprintf(command, sizeof command, "rm -rf '%s'", shelf->folder);
    assert_int_equal(system(command), 0);
    free(shelf->samples);
    free(shelf);
    return 0;
}

/* One more sample for the next commit, `time` after BEGIN. */
static inline void shelf_add(struct shelf *shelf, uint32_t name, int64_t time, double value)
{
    shelf->samples[shelf->count++] = (struct history_sample){name, BEGIN + time, value};
    shelf->seen = BEGIN + time;
}

static inline bool shelf_try(struct shelf *shelf, bool ends, struct error *error)
{
    const struct history_batch batch = {.names = shelf->names,
                                        .samples = shelf->samples,
                                        .count = shelf->count,
                                        .seen = shelf->seen,
                                        .ends = ends};
    bool ok = history_file_commit(&shelf->file, &batch, error);
    shelf->count = ok ? 0 : shelf->count;
    return ok;
}

static inline void shelf_commit(struct shelf *shelf)
{
    struct error error;
    if (!shelf_try(shelf, false, &error))
        fail_msg("%s", error.text);
}

static inline void shelf_flush(struct shelf *shelf, int64_t oldest, int64_t size)
{
    struct error error;
    if (!history_file_flush(&shelf->file, oldest, size, &error))
        fail_msg("%s", error.text);
}

/* What a trend shows, "0:5 100:7 200:-", times after BEGIN; with a range "0:1..9>5". */
static inline void assert_trend(struct shelf *shelf, const char *name, int64_t from, int64_t to,
                                unsigned most, const char *expected)
{
    const struct trend_query query = {&name, 1, BEGIN + from, BEGIN + to, most};
    struct history_result result = {.series = NULL};
    struct error error;
    char text[4096] = "";
    size_t used = 0;
    if (!history_read_trend(&shelf->file, &query, &result, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < result.series[0].count && used < sizeof text - 100; i++) {
        const struct trend_point *p = &result.series[0].points[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d:", i ? " " : "",
                                 (int)(p->time - BEGIN));
        if (isnan(p->last))
            used += (size_t)snprintf(text + used, sizeof text - used, "-");
        else if (p->low == p->high)
            used += (size_t)snprintf(text + used, sizeof text - used, "%g", p->last);
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%g..%g>%g", p->low, p->high,
                                     p->last);
    }
    assert_string_equal(text, expected);
    history_result_finish(&result);
}

#define SHELF_TEST(name) cmocka_unit_test_setup_teardown(name, shelf_begin, shelf_end)
