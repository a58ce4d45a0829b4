#pragma once
/* Alarms that no task calls: those of declarations and of links; and telling of all alarms. For the
 * files of this room. */

#include "image/alarms.h"
#include "program/inside.h"

struct settle_row {
    const struct variable *variable; /* NULL: a link */
    uint32_t point;                  /* of its element */
    size_t element;                  /* from 1, of an array; else 0 */
    size_t link;
    uint8_t seen; /* what was true of the value when Lua was asked last */
    bool busy;    /* a delay or a shelf runs: Lua is asked each time */
};

struct settle {
    struct alarms *alarms;
    struct settle_row *rows;
    size_t count;
    int handle, tell; /* Lua's functions, references */
    bool changed;     /* an alarm is another one than was told */
    bool told;        /* all of them were, once */
};

/* When the body has run: makes these alarms, where there are any or the script has alarms of its
 * own. Raises. `links`: those of links also where there are no others. */
void settle_make(lua_State *L, bool links);
void settle_seal(struct program *program); /* the plan is sealed */
void settle_finish(struct settle *settle); /* NULL is accepted */
