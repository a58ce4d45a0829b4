/* A stream of rows: first all, then those that have changed.
 *
 *   {"do": "watch", "id": 1}                                      all variables
 *   {"do": "watch", "match": "plc.*", "period": 0.5, "id": 1}
 *   {"do": "watch", "names": ["LEVEL", "TEMPS[3]"], "refresh": 1.0, "id": 1}
 *   {"id": 1, "ok": true, "full": true, "more": true, "values": [{row}, …]}
 *   {"id": 1, "ok": true, "full": true, "values": [{row}, …]}
 *   {"id": 1, "ok": true, "values": [{"name": "LEVEL", "value": 20.6, …}]}
 *   {"id": 1, "ok": true, "skipped": 3, "values": […]}            looks that were left out
 *   {"id": 1, "ok": true, "full": true, "reloaded": true, "values": […]}
 *
 * Of each row only a stamp is kept, so that what a slow peer misses are the values in between, and
 * never the last one. */

#include "control/asks_inside.h"

#include <stdlib.h>
#include "control/row.h"
#include "control/watched.h"

enum {
    LINE_ROWS = 256,         /* in one line */
    LINE_VALUES = 4096,      /* likewise, elements of arrays */
    LEAST_ROOM = 512 * 1024, /* below it the peer does not read */
};

#define PERIOD_DEFAULT 0.1
#define PERIOD_LEAST 0.02
#define PERIOD_MOST 3600.0

struct watch {
    struct ask *ask;
    struct loop_timer timer;
    int64_t period, refresh; /* ns; refresh 0: never */
    struct watched watched;
    size_t at;           /* row from which the next look begins: each has its turn */
    size_t left;         /* rows of the full set that are still to be sent */
    bool full, reloaded; /* the full set is under way; the first line says "reloaded" */
    json_int_t skipped;
};

/* ---- lines ---- */

static json_t *line_of(struct watch *watch, json_t *rows)
{
    json_t *line = json_object();
    if (watch->full)
        json_object_set_new(line, "full", json_true());
    if (watch->full && watch->left > 0)
        json_object_set_new(line, "more", json_true());
    if (watch->reloaded)
        json_object_set_new(line, "reloaded", json_true());
    if (watch->skipped)
        json_object_set_new(line, "skipped", json_integer(watch->skipped));
    watch->full = watch->full && watch->left > 0;
    watch->reloaded = false;
    watch->skipped = 0;
    json_object_set_new(line, "values", rows);
    return line;
}

static bool is_due(const struct watch *watch, const struct watched_row *row,
                   const struct reading *reading, uint64_t stamp)
{
    if (watch->full || stamp != row->stamp)
        return true;
    return watch->refresh && reading->now - row->sent >= watch->refresh &&
           row_time(reading, &row->target) > row->sent;
}

/* The rows that are due, of the next *looks, until a line is full. */
static json_t *take_rows(struct watch *watch, const struct reading *reading, size_t *looks)
{
    json_t *rows = json_array();
    size_t values = 0;
    while (*looks > 0 && json_array_size(rows) < LINE_ROWS && values < LINE_VALUES) {
        struct watched_row *row = &watch->watched.rows[watch->at];
        uint64_t stamp = row_stamp(reading, &row->target);
        watch->at = (watch->at + 1) % watch->watched.count;
        (*looks)--;
        if (!is_due(watch, row, reading, stamp))
            continue;
        json_array_append_new(rows, row_json(reading, &row->target));
        values += row->target.count;
        row->stamp = stamp;
        row->sent = reading->now;
        watch->left -= watch->left > 0;
    }
    return rows;
}

static void send_rows(struct watch *watch, const struct reading *reading)
{
    struct asker *asker = watch->ask->asker;
    size_t looks = watch->full ? watch->left : watch->watched.count;
    bool empty = watch->full && looks == 0; /* a full set without rows is one line, too */
    while (looks > 0 || empty) {
        if (asker->room(asker) < LEAST_ROOM) {
            watch->skipped++;
            return;
        }
        json_t *rows = take_rows(watch, reading, &looks);
        if (json_array_size(rows) > 0 || empty)
            asks_tell(watch->ask, line_of(watch, rows));
        else
            json_decref(rows);
        empty = false;
    }
}

/* ---- looking ---- */

/* False, and refused. */
static bool renew(struct watch *watch, const struct reading *reading)
{
    struct error error;
    if (!watched_find(&watch->watched, reading->plan, &error)) {
        asks_refuse(watch->ask, ASKS_FAILED, "%s", error.text);
        return false;
    }
    if (watch->watched.values > ASKS_VALUES) {
        asks_refuse(watch->ask, ASKS_REFUSED, "one watch has at most %d values; watch fewer",
                    ASKS_VALUES);
        return false;
    }
    watch->at = 0;
    watch->left = watch->watched.count;
    watch->full = watch->reloaded = true;
    return true;
}

static void look(struct ask *ask)
{
    struct watch *watch = ask->own;
    loop_set_timer(ask->loop, &watch->timer, loop_now(ask->loop) + watch->period);
    const struct reading *reading = asks_reading(ask);
    if (!reading)
        return; /* refused, and gone */
    if (reading->plan == watch->watched.plan || renew(watch, reading))
        send_rows(watch, reading);
}

static void timer_fired(struct loop_timer *timer)
{
    look(((struct watch *)((char *)timer - offsetof(struct watch, timer)))->ask);
}

/* ---- begin and end ---- */

static void finish(struct ask *ask)
{
    struct watch *watch = ask->own;
    loop_unset_timer(ask->loop, &watch->timer);
    watched_finish(&watch->watched);
    free(watch);
}

static bool read_seconds(const json_t *number, double otherwise, int64_t *nanoseconds)
{
    double seconds = number ? json_number_value(number) : otherwise;
    *nanoseconds = 0;
    if (number && !(seconds >= PERIOD_LEAST && seconds <= PERIOD_MOST))
        return false;
    *nanoseconds = (int64_t)(seconds * NS_PER_S);
    return true;
}

static void begin(struct ask *ask, const struct watch *wished, const json_t *names,
                  const char *match)
{
    struct error error;
    const struct reading *reading = asks_reading(ask);
    struct watch *watch = reading ? malloc(sizeof *watch) : NULL;
    if (!reading)
        return;
    if (!watch) {
        asks_refuse(ask, ASKS_FAILED, "out of memory");
        return;
    }
    *watch = *wished;
    ask->own = watch;
    ask->finish = finish;
    watched_init(&watch->watched, names, match);
    if (!watched_check(&watch->watched, reading->plan, &error)) {
        asks_refuse(ask, ASKS_UNKNOWN, "%s", error.text);
    } else if (renew(watch, reading)) {
        watch->reloaded = false;
        ask->look = look;
        look(ask);
    }
}

void ask_watch(struct ask *ask, const json_t *request)
{
    const json_t *names, *match, *period, *refresh;
    const struct field fields[] = {{"names", FIELD_TEXTS, false, &names},
                                   {"match", FIELD_TEXT, false, &match},
                                   {"period", FIELD_NUMBER, false, &period},
                                   {"refresh", FIELD_NUMBER, false, &refresh},
                                   {NULL, 0, false, NULL}};
    struct watch watch = {.ask = ask, .timer = {.fire = timer_fired}};
    if (!asks_fields(ask, request, fields))
        return;
    if (names && match)
        asks_refuse(ask, ASKS_USAGE, "watch: takes either \"names\" or \"match\"");
    else if (!read_seconds(period, PERIOD_DEFAULT, &watch.period) ||
             !read_seconds(refresh, 0, &watch.refresh))
        asks_refuse(ask, ASKS_USAGE, "watch: \"period\" and \"refresh\" must be within %g..%g s",
                    PERIOD_LEAST, PERIOD_MOST);
    else
        begin(ask, &watch, names, json_string_value(match));
}
