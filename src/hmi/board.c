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
    unsigned users; /* 0: free */
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
    uint64_t version, program;
    int64_t looked; /* monotonic ns */
};

struct board *board_create(const struct control_host *host)
{
    struct board *board = calloc(1, sizeof *board);
    if (!board)
        return NULL;
    board->host = host;
    board->reading = reading_create(host);
    if (board->reading)
        return board;
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
    for (size_t i = 0; i < board->count; i++)
        if (board->entries[i].users)
            look_up(board, &board->entries[i]);
}

static int find_entry(const struct board *board, const char *name)
{
    for (size_t i = 0; i < board->count; i++)
        if (board->entries[i].users && strcmp(board->entries[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* A free one, or a new one. */
static struct entry *make_entry(struct board *board)
{
    for (size_t i = 0; i < board->count; i++)
        if (!board->entries[i].users)
            return &board->entries[i];
    struct entry *entries = realloc(board->entries, (board->count + 64) * sizeof *entries);
    if (!entries)
        return NULL;
    memset(entries + board->count, 0, 64 * sizeof *entries);
    board->entries = entries;
    board->count += 64;
    return &entries[board->count - 64];
}

int board_take(struct board *board, const char *name, struct error *error)
{
    struct target target;
    char shown[TARGET_NAME];
    follow_plan(board);
    if (!target_find(board->plan, name, &target, error))
        return -1;
    int row = find_entry(board, target_name(&target, shown));
    if (row >= 0) {
        board->entries[row].users++;
        return row;
    }
    struct entry *entry = make_entry(board);
    char *own = entry ? strdup(shown) : NULL;
    if (!own) {
        error_set(error, "out of memory");
        return -1;
    }
    free(entry->name);
    entry->name = own;
    entry->users = 1;
    look_up(board, entry);
    board->looked = 0;
    return (int)(entry - board->entries);
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
