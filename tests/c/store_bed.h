#pragma once
/* A program's memory with retained variables and a keep, and a store for it in a folder of its own.
 * No thread: a test calls the rounds, and time is what it says. */

#include "image_help.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "image/keeps.h"
#include "store/inside.h"

#define SECOND INT64_C(1000000000)

struct shop {
    struct bed bed;
    struct keeps *keeps;
    struct store *store;
    char folder[64], path[128];
    int64_t now;
};

static inline void shop_folder(struct shop *shop)
{
    snprintf(shop->folder, sizeof shop->folder, "/dev/shm/msm-store-XXXXXX"); /* syncs at once */
    if (!mkdtemp(shop->folder)) {
        snprintf(shop->folder, sizeof shop->folder, "/tmp/msm-store-XXXXXX");
        assert_non_null(mkdtemp(shop->folder));
    }
    snprintf(shop->path, sizeof shop->path, "%s/test.state", shop->folder);
    shop->now = clock_monotonic(); /* the store's own, when it is opened */
}

static inline void shop_plan(struct shop *shop)
{
    shop->bed = (struct bed){.plan = plan_create("test")};
    plan_settings(shop->bed.plan)->retain_interval = SECOND;
    bed_memory(&shop->bed, (struct memory){.name = "mem"});
}

static inline void shop_declare(struct shop *shop, struct variable v)
{
    char *path = plan_alloc(shop->bed.plan, 64);
    snprintf(path, 64, "mem.%s", v.name);
    v.path = path;
    bed_declare(&shop->bed, v);
}

/* Variables V0, V1, … at the addresses 0, 1, …; all are retained. */
static inline void shop_retain_words(struct shop *shop, int count)
{
    for (int i = 0; i < count; i++) {
        char *name = plan_alloc(shop->bed.plan, 16);
        snprintf(name, 16, "V%d", i);
        shop_declare(shop, WORD(name, (uint16_t)i, .retain = true));
    }
}

static inline void shop_keep(struct shop *shop, const char *name, bool retain)
{
    struct error error;
    struct keep_spec keep = {.name = name, .where = "t.lua:9", .retain = retain};
    if (plan_keep(shop->bed.plan, &keep, &error) < 0)
        fail_msg("%s", error.text);
}

/* The plan sealed, its image and keeps; nothing loaded yet. */
static inline void shop_image(struct shop *shop)
{
    struct error error;
    bed_ready(&shop->bed);
    shop->keeps = keeps_create(&error);
    assert_non_null(shop->keeps);
    image_share(shop->bed.image, shop->keeps, NULL);
}

static inline struct store *shop_try_open(struct shop *shop, struct error *error)
{
    const struct store_options options = {.directory = shop->folder, .name = "test"};
    return store_open(&options, error);
}

/* Opens the store, loads, and begins. */
static inline void shop_open(struct shop *shop)
{
    struct error error;
    shop->store = shop_try_open(shop, &error);
    if (!shop->store)
        fail_msg("%s", error.text);
    store_load_keeps(shop->store, shop->keeps);
    store_load_image(shop->store, shop->bed.image, shop->now);
    assert_true(store_attach(shop->store, shop->bed.image, NULL, &error));
    view_latch(shop->bed.view);
}

static inline void shop_close(struct shop *shop)
{
    store_close(shop->store);
    shop->store = NULL;
    view_destroy(shop->bed.view);
    image_destroy(shop->bed.image);
    plan_unref(shop->bed.plan);
    keeps_destroy(shop->keeps);
    shop->keeps = NULL;
}

static inline void shop_round(struct shop *shop)
{
    shop->now += SECOND;
    store_round(shop->store, shop->now, false);
}

static inline uint64_t shop_commits(const struct shop *shop)
{
    return store_status(shop->store).commits;
}

/* A master's or script's way of writing words into a variable, whatever its direction. */
static inline void shop_set(struct shop *shop, const char *name, const uint16_t *words)
{
    bed_assign_point(&shop->bed, bed_point(&shop->bed, name), words);
    bed_publish(&shop->bed);
    view_latch(shop->bed.view);
}

static inline void shop_remove(const struct shop *shop)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", shop->folder);
    assert_int_equal(system(command), 0);
}

static inline bool shop_has(const struct shop *shop, const char *name)
{
    char path[256];
    struct stat file;
    snprintf(path, sizeof path, "%s/%s", shop->folder, name);
    return stat(path, &file) == 0;
}

/* The first column of the first row that a query gives, as a person would see it. */
static inline const char *shop_query(const struct shop *shop, const char *sql, char text[256])
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(text, 256, "nothing");
    assert_int_equal(sqlite3_open(shop->path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(statement, 0);
        snprintf(text, 256, "%s", found ? found : "NULL");
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}

static inline void shop_do(const struct shop *shop, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(shop->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* What log_line says from here on. */
struct ear {
    int read_end, before;
};

static inline struct ear listen_begin(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    struct ear ear = {ends[0], dup(STDERR_FILENO)};
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return ear;
}

static inline unsigned listen_end(struct ear *ear, char *text, size_t size)
{
    unsigned lines = 0;
    ssize_t count = read(ear->read_end, text, size - 1);
    text[count > 0 ? count : 0] = '\0';
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    dup2(ear->before, STDERR_FILENO);
    close(ear->before);
    close(ear->read_end);
    return lines;
}

static inline int shop_begin(void **state)
{
    struct shop *shop = calloc(1, sizeof *shop);
    shop_folder(shop);
    *state = shop;
    return 0;
}

static inline int shop_end(void **state)
{
    struct shop *shop = *state;
    shop_remove(shop);
    free(shop);
    return 0;
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, shop_begin, shop_end)
