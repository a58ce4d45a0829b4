/* A row is looked at when its stamp may have changed. Most are a plain number or boolean, which is
 * printed here; lists, texts, and what is forced or on its way to a device go through JSON. */

#include "hmi/board.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/names.h"
#include "control/json_text.h"
#include "control/reading.h"
#include "control/row.h"
#include "control/value_json.h"
#include "hmi/board_text.h"

#define LOOK_AGAIN (INT64_C(10) * NS_PER_MS)
#define TIME_AGAIN NS_PER_S /* a value that came again unchanged */

struct entry {
    struct board_row row;
    char *name, *text;
    size_t room;
    unsigned users; /* 0: it rests, until the next program */
    int next_free;
    bool is_there;
    struct target target;
    uint64_t stamp;
    int64_t time, told; /* of the value, and when it was told last: monotonic ns */
};

struct board {
    const struct control_host *host;
    struct reading *reading;
    struct plan *plan; /* referenced: targets point into it */
    struct entry *entries;
    size_t count;
    struct names *rows; /* by name, of those that have one */
    int free;           /* the first without a name, or -1 */
    uint64_t version, program;
    int64_t looked; /* monotonic ns */
};

struct board *board_create(const struct control_host *host)
{
    struct board *board = calloc(1, sizeof *board);
    if (!board)
        return NULL;
    board->host = host;
    board->free = -1;
    board->rows = names_create();
    board->reading = reading_create(host);
    if (board->reading)
        return board;
    names_destroy(board->rows);
    free(board);
    return NULL;
}

void board_destroy(struct board *board)
{
    if (!board)
        return;
    board_forget(board);
    for (size_t i = 0; i < board->count; i++) {
        free(board->entries[i].name);
        free(board->entries[i].text);
    }
    free(board->entries);
    names_destroy(board->rows);
    reading_destroy(board->reading);
    free(board);
}

void board_forget(struct board *board)
{
    reading_forget(board->reading);
    plan_unref(board->plan);
    board->plan = NULL;
    board->looked = 0;
}

/* ---- names ---- */

static struct plan *present(const struct board *board)
{
    return image_plan(board->host->image(board->host->context));
}

static void look_up(struct board *board, struct entry *entry)
{
    struct error error;
    entry->is_there = target_find(board->plan, entry->name, &entry->target, &error);
    entry->stamp = 0;
    entry->row.text = NULL;
}

static void put_free(struct board *board, int row)
{
    struct entry *entry = &board->entries[row];
    free(entry->name);
    entry->name = NULL;
    entry->next_free = board->free;
    board->free = row;
}

/* Nobody looks at them any more, and their names may be gone. */
static void drop_resting(struct board *board)
{
    names_destroy(board->rows);
    board->rows = names_create();
    for (size_t i = 0; i < board->count; i++) {
        struct entry *entry = &board->entries[i];
        if (entry->users)
            names_put(board->rows, 0, entry->name, (int)i);
        else if (entry->name)
            put_free(board, (int)i);
    }
}

/* Names mean something else in another program. */
static void follow_plan(struct board *board)
{
    struct plan *plan = present(board);
    if (plan == board->plan)
        return;
    plan_unref(board->plan);
    board->plan = plan_ref(plan);
    board->program++;
    board->looked = 0;
    drop_resting(board);
    for (size_t i = 0; i < board->count; i++)
        if (board->entries[i].users)
            look_up(board, &board->entries[i]);
}

/* Room for more of them. */
static bool grow(struct board *board)
{
    size_t count = 2 * board->count + 64;
    struct entry *entries = realloc(board->entries, count * sizeof *entries);
    if (!entries)
        return false;
    memset(entries + board->count, 0, (count - board->count) * sizeof *entries);
    board->entries = entries;
    for (size_t i = count; i-- > board->count;)
        put_free(board, (int)i);
    board->count = count;
    return true;
}

/* A row for a name that has none; -1: no memory. */
static int make_row(struct board *board, const char *name)
{
    char *own = board->free >= 0 || grow(board) ? strdup(name) : NULL;
    if (!own)
        return -1;
    int row = board->free;
    board->free = board->entries[row].next_free;
    board->entries[row].name = own;
    names_put(board->rows, 0, own, row);
    return row;
}

int board_take(struct board *board, const char *name, struct error *error)
{
    struct target target;
    char shown[TARGET_NAME];
    follow_plan(board);
    if (!target_find(board->plan, name, &target, error))
        return -1;
    target_name(&target, shown);
    int row = names_find(board->rows, 0, shown);
    if (row < 0 && (row = make_row(board, shown)) < 0) {
        error_set(error, "out of memory");
        return -1;
    }
    if (board->entries[row].users++ == 0) {
        look_up(board, &board->entries[row]);
        board->looked = 0;
    }
    return row;
}

void board_give(struct board *board, int row)
{
    board->entries[row].users--;
}

static void add_name(void *context, const struct target *target)
{
    char name[TARGET_NAME];
    json_array_append_new(context, json_string(target_name(target, name)));
}

json_t *board_names(struct board *board, const char *pattern)
{
    json_t *names = json_array();
    target_each(present(board), pattern, add_name, names);
    return names;
}

/* ---- rows ---- */

static bool put(struct entry *entry, const char *text, size_t length)
{
    if (length + 1 > entry->room) {
        char *room = realloc(entry->text, length + 65);
        if (!room)
            return false;
        entry->text = room;
        entry->room = length + 65;
    }
    memcpy(entry->text, text, length + 1);
    entry->row.text = entry->text;
    entry->row.length = length;
    return true;
}

static bool render(struct board *board, struct entry *entry, double utc)
{
    char plain[BOARD_PLAIN];
    size_t length = board_plain(board->reading, &entry->target, entry->name, utc, plain);
    if (length)
        return put(entry, plain, length);
    char *text = board_full(board->reading, &entry->target, utc);
    bool ok = text && put(entry, text, strlen(text));
    free(text);
    return ok;
}

/* When the value arrived, by the clock on the wall; NAN for never. */
static double moment(const struct board *board, int64_t time, int64_t utc)
{
    if (time == INT64_MIN)
        return NAN;
    return (double)((utc - (board->reading->now - time)) / NS_PER_MS) / 1000;
}

static bool renew(struct board *board, struct entry *entry, int64_t utc)
{
    uint64_t stamp = row_stamp(board->reading, &entry->target);
    int64_t time = row_time(board->reading, &entry->target);
    bool is_same = stamp == entry->stamp && entry->row.text;
    if (is_same && (time == entry->time || board->reading->now - entry->told < TIME_AGAIN))
        return true;
    if (!render(board, entry, moment(board, time, utc)))
        return false;
    entry->stamp = stamp;
    entry->time = time;
    entry->told = board->reading->now;
    entry->row.version = board->version;
    return true;
}

bool board_look(struct board *board, struct error *error)
{
    follow_plan(board);
    int64_t now = clock_monotonic();
    if (board->looked && now - board->looked < LOOK_AGAIN)
        return true;
    if (!reading_look(board->reading, error))
        return false;
    board->looked = now;
    board->version++;
    int64_t utc = clock_now().utc;
    for (size_t i = 0; i < board->count; i++) {
        struct entry *entry = &board->entries[i];
        if (entry->users && entry->is_there && !renew(board, entry, utc))
            return error_set(error, "out of memory");
    }
    return true;
}

uint64_t board_version(const struct board *board)
{
    return board->version;
}

const struct board_row *board_row(const struct board *board, int row)
{
    return &board->entries[row].row;
}

struct reading *board_reading(struct board *board)
{
    return board->reading;
}

uint64_t board_program(const struct board *board)
{
    return board->program;
}
