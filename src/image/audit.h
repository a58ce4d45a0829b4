#pragma once
/* What was done to memory from outside, by whom: entries in a ring of fixed size, put there by
 * whoever does it, taken out by the storage thread. Nobody waits for it: what finds no room is
 * counted, and the log says how many are missing. Outlives images and programs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

enum { AUDIT_PEER_MAX = 64, AUDIT_TEXT_MAX = 256 };

enum audit_kind {
    AUDIT_WRITE, /* a master's request that was carried out: one entry for each point */
    AUDIT_SET,   /* by name, from the command line or a page */
    AUDIT_FORCE,
    AUDIT_UNFORCE,
    AUDIT_EVAL,    /* code that a person runs: `text` is its beginning */
    AUDIT_REFUSED, /* by read_only or allow: `text` says which */
    AUDIT_RELOAD,
    AUDIT_FAULT,
    AUDIT_LOGIN, /* to the pages: `text` says what came of it */
    AUDIT_START,
    AUDIT_STOP,
    AUDIT_ALARM /* acknowledged, shelved, …: `text` says what and which */
};

/* Who asks. Lies with the one who asks; the ring copies it. */
struct origin {
    char peer[AUDIT_PEER_MAX]; /* "10.0.0.5:49152", "/dev/ttyUSB0", "user 1000 (pid 4711)" */
    uint8_t unit, function;    /* of Modbus; 0, 0 for others */
};

struct audit_entry {
    int64_t time; /* UTC, ns */
    enum audit_kind kind;
    struct origin origin;
    struct plan *plan; /* referenced: who takes the entry out gives it back; NULL: no point */
    uint32_t point;
    /* As everyone sees them; of WRITE and SET what was written, also where a force covers it. */
    uint16_t before[VARIABLE_MAX_WORDS], after[VARIABLE_MAX_WORDS];
    char text[AUDIT_TEXT_MAX]; /* of the kinds without a point */
};

/* `audit = "off" | "changes" | "all"`: CHANGES leaves out writes of the value that was there. */
enum audit_level { AUDIT_OFF, AUDIT_CHANGES, AUDIT_ALL };

struct audit;

struct audit *audit_create(struct error *error);
void audit_destroy(struct audit *audit); /* NULL is accepted */
void audit_set_level(struct audit *audit, enum audit_level level);

/* An entry that concerns no point (EVAL, REFUSED, RELOAD, FAULT, START, STOP, ALARM). Any thread;
 * NULL and level OFF are accepted and do nothing. */
void audit_note(struct audit *audit, enum audit_kind kind, const struct origin *origin,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A point was written, set, forced. Any thread, also with an image's mutex held. */
void audit_point(struct audit *audit, enum audit_kind kind, const struct origin *origin,
                 struct plan *plan, uint32_t point, const uint16_t *before, const uint16_t *after);

/* The same for several points of one request: *time is 0 before the first one. */
void audit_point_at(struct audit *audit, enum audit_kind kind, const struct origin *origin,
                    struct plan *plan, uint32_t point, const uint16_t *before,
                    const uint16_t *after, int64_t *time);

/* Whether anything is to be written down at all: spares working out what was there before. */
bool audit_wants(const struct audit *audit);

/* Takes the oldest entry out; false when there is none. *lost: how many found no room since the
 * last call. One thread. */
bool audit_take(struct audit *audit, struct audit_entry *entry, uint64_t *lost);

/* Called when the ring is no longer empty: from any thread, must not block. NULL for none. */
void audit_attach(struct audit *audit, void (*wake)(void *context), void *context);

/* Told of each entry as audit_take takes it out, on that thread, and must not block nor come back
 * here. NULL for none. */
void audit_listen(struct audit *audit,
                  void (*heard)(void *context, const struct audit_entry *entry), void *context);
