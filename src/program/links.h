#pragma once
/* What the files about links share: options that several of them take (link_options.c), the lines
 * they stand on (bind_serial.c), and what a script holds in its hand (link_object.c). */

#include "program/bind_memory.h"

/* What every link's options say, until it is known that they fit together. First member of each
 * template's target. */
struct link_wish {
    const char *what; /* "client.tcp", opens the messages */
    const char *name; /* stated, or NULL */
    int memory;       /* UNIT_NONE until stated */
    const struct line_spec *line;
};

#define LINK_LINE "what serial { device = … } returned"

/* Setters for templates whose target begins with a struct link_wish. */
bool wish_line(lua_State *L, void *target);
bool wish_memory(lua_State *L, void *target);
bool wish_name(lua_State *L, void *target);
bool is_printable(const char *text); /* no control characters: it will stand in log lines */

/* The duration on top, as "client.tcp: option period", within limits; raises otherwise. */
int64_t wish_duration(lua_State *L, const char *what, const char *option, int64_t least,
                      int64_t most);

/* The integer on top into a field of 16 bits; false outside of the range. */
bool wish_number(lua_State *L, lua_Integer least, lua_Integer most, uint16_t *number);

/* Raises unless the options came as one table: a link without any makes no sense. */
void check_options(lua_State *L, const char *what, const char *example);

/* The table on top, `server` or `client`, says what it has where it is called itself, or asked for
 * what it has not. */
void name_kinds(lua_State *L, const char *what);

/* Raises where no line was stated, and shows how one is made. */
void require_line(lua_State *L, const struct link_wish *wish);

/* The link's name: the one stated, which must be free, or the usual one, which is made unique with
 * that of the memory. Text of the plan. */
const char *choose_name(lua_State *L, const struct link_wish *wish, const char *usual,
                        const char *memory);

/* line_object.c: pushes a line whose row is filled in later; the row behind a stack index, or NULL
 * for anything but a line. */
void open_lines(lua_State *L);
const struct line_spec **push_line(lua_State *L);
const struct line_spec *serial_line(lua_State *L, int index);

/* link_object.c: pushes a link that is still to get its place in the plan. */
struct link_object {
    bool is_server;
    uint32_t index; /* in the plan's clients or servers */
};
struct link_object *push_link(lua_State *L);

/* The link at index 1, of a method called `what`. */
const struct link_object *check_link(lua_State *L, const char *what);

const char *object_name(lua_State *L, const struct link_object *link);

/* bind_request.c: link:request { … } */
int link_request(lua_State *L);
