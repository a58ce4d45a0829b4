#pragma once
/* What the files of keep share. At the bottom how fields come from one store into another
 * (keep_merge.c, no Lua in it); on it how Lua's values come into a store (keep_value.c); then what
 * a script holds in its hand (keep_proxy.c) and does with it (keep_access.c, keep_assign.c); and at
 * the top keep itself (bind_keep.c).
 *
 * There are three stores. `defaults` holds what the calls of keep gave, by name, which says what
 * kind a field is of; a table that is assigned is put together there, too, and looked at, before
 * anything is changed. `scratch` is what was kept when the body began to run, and what the body has
 * changed since: never committed, so that what was there can be told from what is new. When another
 * program takes over it becomes a copy of what was kept then, for the way back. `now` is what
 * proxies work on: the scratch, then what the image has. */

#include "image/keep_path.h"
#include "program/inside.h"

/* A field on its way from the keep's own table. Lies on the C stack. */
struct trail {
    const struct trail *up; /* NULL: a field of the keep's own table */
    struct keeps_key key;
};
enum { TRAIL_TEXT = KEEP_PATH };
const char *trail_text(const struct trail *trail, char text[TRAIL_TEXT]); /* "speed.max" */

/* What a field that stands in the defaults stays. Integers and other numbers are one kind. */
enum kind { KIND_NONE, KIND_BOOLEAN, KIND_NUMBER, KIND_TEXT, KIND_TABLE };
enum kind kind_of(enum keeps_type type);
const char *kind_text(enum kind kind); /* "a number" */

/* A place in a store. */
struct keep_place {
    struct keeps *keeps;
    struct keeps_table table;
};

/* Puts copies of all fields of one table into another one, which is in another store. False with an
 * error where there is no room. */
bool keep_copy(struct keep_place to, struct keep_place from, struct error *error);

/* Nodes that the fields of a table take, and how deep tables lie in it: 0 for none. */
struct keep_size {
    size_t nodes, depth;
};
struct keep_size keep_measure(struct keep_place from);

/* Adds the fields of the defaults that are missing or of another kind: with the values that they
 * have in `had` (whose keeps may be NULL) where these are of the right kind, else with those of the
 * defaults. `changed` is told those of another kind that begin with their defaults, and may be
 * NULL. Fields under an integer are elements, which come only with their table. */
bool keep_complete(struct keep_place to, struct keep_place had, struct keep_place defaults,
                   void (*changed)(void *context, const struct trail *field, enum kind before,
                                   enum kind now),
                   void *context, struct error *error);

/* Brings over the fields that were made since the last commit of `from` and that are new; after
 * keeps_mark_tables. */
bool keep_bring(struct keep_place to, struct keep_place from, struct error *error);

/* keep_value.c. Raises: `field` of the keep (NULL: its defaults), and the text. */
void keep_refuse(lua_State *L, const char *name, const struct trail *field, const char *format, ...)
    __attribute__((format(printf, 4, 5), noreturn));

/* The key at a stack index; false for what is no key here. Its bytes stay Lua's. */
bool keep_key(lua_State *L, int index, struct keeps_key *key);
void keep_push_key(lua_State *L, const struct keeps_key *key);

/* A value that is no table: KEEPS_NIL for nil; false for what cannot be kept, tables too. */
bool keep_scalar(lua_State *L, int index, struct keeps_value *value);
void keep_push_scalar(lua_State *L, const struct keeps_value *value);
enum kind keep_kind(lua_State *L, int index);    /* KIND_NONE for what cannot be kept */
const char *keep_shown(lua_State *L, int index); /* "a link", "1.5"; on the stack */

/* Puts copies of what the table or keep at a stack index holds into an empty table. Raises for what
 * cannot be kept; then it is up to the caller to forget what was put there. */
void keep_deposit(lua_State *L, int index, const char *name, const struct trail *up,
                  struct keep_place to);

/* keep_proxy.c. What a script holds. Its user values: the keep that it lies in, or its name; its
 * key there; those in it that are held, by key (weak); and the copy of what it was. */
#define KEEP_OBJECT "keep" /* also what tostring and messages call it */
enum { PARENT = 1, KEY, CHILDREN, COPY, USER_VALUES = COPY };
#define NO_TABLE ((struct keeps_table){.id = UINT32_MAX})

enum { KEEP_HINTS = 64 }; /* some times as many as the fields of a block */

struct proxy {
    uint32_t epoch; /* of program->kept, in which `table` was found */
    struct keeps_table table;
    struct keeps_table kinds; /* in the defaults, or NO_TABLE */
    bool has_children, copied;
    uint16_t hints[KEEP_HINTS]; /* where fields were found, by keep_hint */
};

bool is_keep(lua_State *L, int index);
void keep_push_root(lua_State *L, const char *name);
void keep_open_caches(lua_State *L);

/* Where the keep at a stack index lies now, as long as it stands in its place; else false, and a
 * copy of what it was is pushed, a table. Raises where it is gone without one. */
bool keep_resolve(lua_State *L, int index, struct keep_place *place);

/* The name of the keep; `rows` become the trail of the table at `index`. Leaves values on the
 * stack. */
const char *keep_trail(lua_State *L, int index, struct trail rows[KEEPS_DEPTH_MAX],
                       const struct trail **trail);

/* What the defaults say of a field. One under an integer is an element, and free: KEEPS_NIL. */
struct keeps_value keep_default(struct program *program, const struct proxy *proxy,
                                const struct keeps_key *key, char *text);

/* Pushes the table in the field whose key is at index `at`. */
void keep_push_child(lua_State *L, int index, int at, struct keeps_table table);

/* Before the field of the keep at index 1 whose key is at index 2 is set anew: a table that a
 * script holds goes on in its hand. */
void keep_release(lua_State *L, const struct keep_place *place, const struct keeps_key *key);

/* Where the hint of a key is: Lua has short texts once, so its address tells keys apart. Two that
 * share one only take longer. */
static inline uint16_t *keep_hint(struct proxy *proxy, const struct keeps_key *key)
{
    uintptr_t at = key->is_text ? (uintptr_t)key->bytes >> 3 : (uintptr_t)key->integer;
    return &proxy->hints[(at ^ at >> 6) % KEEP_HINTS];
}

static inline bool keep_is_same(struct keeps_table a, struct keeps_table b)
{
    return a.id == b.id && a.tag == b.tag;
}

int keep_assign(lua_State *L); /* keep_assign.c: __newindex */

void open_keep_proxies(lua_State *L); /* keep_access.c */
