#pragma once
/* What the rows of the table share: for asks.c and ask_*.c only. */

#include "base/clock.h"
#include "control/asks.h"
#include "control/fields.h"
#include "control/reading.h"

/* The kinds of refusal. */
#define ASKS_USAGE "usage"
#define ASKS_UNKNOWN "unknown"
#define ASKS_REFUSED "refused"
#define ASKS_FAILED "failed"

/* In one answer of get, or watched by one watch; each element of an array is one. What is asked is
 * answered on the main thread, which has other things to do as well. */
enum { ASKS_VALUES = 100000 };

struct ask_row {
    const char *name;
    void (*begin)(struct ask *ask, const json_t *request);
    bool stays; /* takes time, or is a stream */
};

/* A line of a stream: as asks_answer, but the ask goes on. */
void asks_tell(struct ask *ask, json_t *fields);

/* Ends an ask without a word. */
void asks_drop(struct ask *ask);

/* What to give to the host, whose answer becomes the ask's: its text in `field`, with `lines` as a
 * list. Nothing may be done with the ask after the host has it: it may have answered at once. */
struct host_answer *asks_await(struct ask *ask, const char *field, bool lines);

/* Reads the request's fields; refuses and returns false where they are wrong. */
bool asks_fields(struct ask *ask, const json_t *request, const struct field *fields);

/* What get and watch read, as of now; refuses and returns NULL when memory is short. */
const struct reading *asks_reading(struct ask *ask);

/* One of the program's files, NULL for the script; refuses and returns NULL where it is none. */
const struct source *asks_source(struct ask *ask, const char *path);

void ask_ack(struct ask *ask, const json_t *request);
void ask_alarms(struct ask *ask, const json_t *request);
void ask_compare(struct ask *ask, const json_t *request);
void ask_complete(struct ask *ask, const json_t *request);
void ask_edit(struct ask *ask, const json_t *request);
void ask_end(struct ask *ask, const json_t *request);
void ask_eval(struct ask *ask, const json_t *request);
void ask_force(struct ask *ask, const json_t *request);
void ask_forced(struct ask *ask, const json_t *request);
void ask_get(struct ask *ask, const json_t *request);
void ask_journal(struct ask *ask, const json_t *request);
void ask_log(struct ask *ask, const json_t *request);
void ask_names(struct ask *ask, const json_t *request);
void ask_pages(struct ask *ask, const json_t *request);
void ask_reload(struct ask *ask, const json_t *request);
void ask_set(struct ask *ask, const json_t *request);
void ask_shelve(struct ask *ask, const json_t *request);
void ask_source(struct ask *ask, const json_t *request);
void ask_status(struct ask *ask, const json_t *request);
void ask_stop(struct ask *ask, const json_t *request);
void ask_trend(struct ask *ask, const json_t *request);
void ask_unforce(struct ask *ask, const json_t *request);
void ask_unshelve(struct ask *ask, const json_t *request);
void ask_version(struct ask *ask, const json_t *request);
void ask_versions(struct ask *ask, const json_t *request);
void ask_watch(struct ask *ask, const json_t *request);
