/* What happened: alarms, and what was done from outside, the newest first.
 *
 *   {"do": "journal", "from": -86400, "kinds": ["alarm"], "match": "TANK*", "limit": 100}
 *   {"ok": true, "entries": [{"time": 1790000000.5, "kind": "audit", "what": "set",
 *     "name": "SETPOINT", "text": "", "who": "user 1000 (pid 4711)", "old": "50 %",
 *     "new": "55 %"}]} */

#include "control/asks_inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/memory.h"
#include "control/history_json.h"

enum { LIMIT_DEFAULT = 500 };

struct journal_ask {
    struct history_asker asker; /* first, so that an asker is its ask's */
    struct ask *ask;
    bool is_over; /* answered */
};

static void finish(struct ask *ask)
{
    struct journal_ask *journal = ask->own;
    struct history *history = ask->host->history(ask->host->context);
    if (!journal->is_over && history)
        history_forget(history, &journal->asker);
    free(journal);
}

static void done(struct history_asker *asker, struct history_result *result,
                 const struct error *error)
{
    struct journal_ask *journal = (struct journal_ask *)asker;
    struct ask *ask = journal->ask;
    journal->is_over = true;
    if (!result) {
        asks_refuse(ask, ASKS_FAILED, "%s", error->text);
        return;
    }
    asks_answer(ask, history_journal_json(result));
    history_result_finish(result);
}

/* 0 where one is not known. */
static unsigned read_kinds(const json_t *kinds)
{
    unsigned found = 0;
    size_t i;
    json_t *kind;
    json_array_foreach(kinds, i, kind)
    {
        const char *text = json_string_value(kind);
        if (strcmp(text, "alarm") != 0 && strcmp(text, "audit") != 0)
            return 0;
        found |= strcmp(text, "alarm") == 0 ? JOURNAL_ALARM : JOURNAL_AUDIT;
    }
    return kinds ? found : JOURNAL_ALARM | JOURNAL_AUDIT;
}

static void begin(struct ask *ask, const struct journal_query *query)
{
    struct history *history = ask->host->history(ask->host->context);
    if (!history) {
        asks_refuse(ask, ASKS_REFUSED, "%s", HISTORY_IS_MISSING);
        return;
    }
    struct journal_ask *journal = memory_zeroed(1, sizeof *journal);
    *journal = (struct journal_ask){.asker = {done}, .ask = ask};
    ask->own = journal;
    ask->finish = finish;
    history_ask_journal(history, query, &journal->asker);
}

void ask_journal(struct ask *ask, const json_t *request)
{
    const json_t *from, *to, *match, *kinds, *limit;
    const struct field fields[] = {
        {"from", FIELD_NUMBER, false, &from},    {"to", FIELD_NUMBER, false, &to},
        {"match", FIELD_TEXT, false, &match},    {"kinds", FIELD_TEXTS, false, &kinds},
        {"limit", FIELD_INTEGER, false, &limit}, {NULL, 0, false, NULL}};
    int64_t now = clock_now().utc / NS_PER_MS;
    if (!asks_fields(ask, request, fields))
        return;
    json_int_t most = limit ? json_integer_value(limit) : LIMIT_DEFAULT;
    struct journal_query query = {.from = history_moment(from, -1e12, now),
                                  .to = history_moment(to, 0, now),
                                  .match = json_string_value(match),
                                  .kinds = read_kinds(kinds),
                                  .most = (unsigned)most};
    if (!query.kinds)
        asks_refuse(ask, ASKS_USAGE, "journal: \"kinds\" takes \"alarm\" and \"audit\"");
    else if (most < 1 || most > HISTORY_ENTRIES)
        asks_refuse(ask, ASKS_USAGE, "journal: \"limit\" must be within 1..%d", HISTORY_ENTRIES);
    else
        begin(ask, &query);
}
