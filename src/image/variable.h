#pragma once
/* One declared variable: where it lies, what its words mean, what may be written into it.
 * Pure: it works on words that the caller hands over and knows nothing of memory or locks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/codec.h"
#include "image/people.h"
#include "image/table.h"

enum direction { DIRECTION_DEFAULT, DIRECTION_IN, DIRECTION_OUT, DIRECTION_INOUT };
enum limit { LIMIT_REFUSE, LIMIT_CLAMP, LIMIT_WRAP };
enum winner { WINNER_DEFAULT, WINNER_REMOTE, WINNER_PROGRAM };

enum {
    VARIABLE_MAX_LENGTH = 246, /* bytes of a string: the 123 registers one FC 16 can write */
    VARIABLE_MAX_WORDS = 123
};

#define EXPIRE_DEFAULT INT64_C(5000000000)

struct label {
    int64_t value;
    const char *text;
};

struct variable {
    /* as declared; strings live as long as the plan */
    const char *name;  /* "LEVEL" */
    const char *path;  /* "mem.LEVEL", as messages show it */
    const char *where; /* "tank.lua:2", the declaring line */
    uint32_t memory;   /* index in the plan */
    enum table table;
    enum type type;
    uint16_t address; /* of the PDU, 0..65535 */
    bool modicon;     /* was written as text, "40001" */
    uint8_t bit;      /* of the first element: 0..15 for a bool, 0 or 8 for a byte, else 0 */
    uint16_t length;  /* bytes of a string, else 0 */
    uint16_t count;   /* elements of an array; 0 for a plain variable */
    enum order order;
    bool has_order; /* stated in the declaration, not taken from the memory */
    bool has_scale; /* value = raw * scale + offset */
    double scale, offset;
    const char *unit, *desc;
    bool has_min, has_max, has_default, has_safe;
    struct value min, max, initial, safe; /* engineering values; initial is option `default` */
    enum limit limit;
    enum direction direction; /* resolved when the plan is sealed, never DEFAULT after */
    enum winner wins;         /* likewise */
    bool round, nan, pulse, partial;
    bool retain;  /* its value survives a restart */
    int decimals; /* for display, 0..15; -1 when not stated */
    const struct label *labels;
    size_t label_count;
    const char *from; /* "meter3.POWER", or NULL */
    struct people people;

    /* how a client exchanges it; only in a memory that has one */
    int64_t period;             /* ns; 0: the link's */
    bool unpolled;              /* poll = false */
    bool refreshed;             /* write = "always": sent each period */
    double tolerance;           /* in its own unit; what differs by less is the same */
    int64_t min_write_interval; /* ns */
    bool has_expire, has_on_loss, has_invalid;
    int64_t expire;       /* ns, EXPIRE_DEFAULT unless has_expire */
    struct value on_loss; /* taken when the link is lost */
    struct value invalid; /* the raw value by which a device says that it has none */

    /* derived by variable_prepare */
    uint16_t words; /* registers (or bits of a coil table: 1) an element takes */
    uint16_t mask;  /* bits of the first element's word; 0xFFFF but for bools and bytes */
    const uint16_t *initial_words; /* one element's words, in place under `mask`: default or 0 */
    const uint16_t *safe_words;    /* likewise; NULL without `safe` */
    const uint16_t *on_loss_words; /* likewise */
    const uint16_t *invalid_words; /* likewise, as they come from the device */
    bool limited;                  /* a raw value may be wrong: bounds, or NaN not allowed */
    union variable_bound {
        int64_t i; /* raw bounds for signed integers … */
        uint64_t u;
        double f;
    } low, high;

    /* set by the plan */
    uint32_t cell;  /* first cell */
    uint32_t point; /* first element's point; the others follow */
};

/* Where element `index` (from 0) lies, relative to the variable's first cell. */
struct element {
    uint32_t cell; /* to add to variable->cell */
    uint16_t mask;
};

/* Checks what was declared and derives the rest: known combination of type and table, bit, length
 * and count in range, the whole fits below address 65536, min <= max, order only where there
 * are several words or a string, scale not 0 and only on numbers, default and safe within the
 * limits and 0 too where there is no default, labels only on integers and bools, pulse only on
 * bools that masters write, no option where it would do nothing. Errors start with the
 * constructor's name ("holding.float32: …") and say what is allowed. `alloc(context, size)` gives
 * zeroed memory that lives as long as the variable. */
bool variable_prepare(struct variable *variable, void *(*alloc)(void *context, size_t size),
                      void *context, struct error *error);

/* Who writes it: what was declared, or what follows from the table, other options, and whether its
 * memory has a client. */
enum direction variable_direction(const struct variable *variable, bool mirrored);

/* Whether a device's words say that it has no value: `invalid`, or NaN without `nan`. */
bool variable_is_invalid(const struct variable *variable, const uint16_t *words, uint16_t mask);

/* Whether two raw values are the same within `tolerance`. */
bool variable_agrees(const struct variable *variable, const uint16_t *a, const uint16_t *b,
                     uint16_t mask);

size_t variable_elements(const struct variable *variable); /* 1 for a plain variable */
struct element variable_element(const struct variable *variable, size_t index);

/* A word whose bits lie in place under the mask of one element, moved under that of another. */
uint16_t variable_move(uint16_t word, uint16_t from, uint16_t to);

size_t variable_span(const struct variable *variable); /* cells from the first to the last */

/* The value in an element's words (`mask` as variable_element gives it). Floats and scaled
 * values come as VALUE_NUMBER, integers as VALUE_INTEGER. A string is written to `text` (room
 * for VARIABLE_MAX_LENGTH) and points there. */
struct value variable_get(const struct variable *variable, const uint16_t *words, uint16_t mask,
                          char *text);

/* A value to words by the rules of assignment: integers take integers and floats with an integer
 * value (any number with `round` or `scale`: the nearest raw value, halves away from zero);
 * booleans take booleans, strings strings without NUL bytes; NaN and infinities only with `nan`;
 * the raw value within min..max and the type's range, else refused, held (clamp) or wrapped.
 * Fills `words` (variable->words of them), in place under `mask`, other bits 0. `index` is 1-based
 * for the message, 0 for a plain variable. Errors: "mem.SETPOINT = 170 is out of range 0..100 %;
 * limit = \"clamp\" would hold it there". */
bool variable_set(const struct variable *variable, size_t index, const struct value *value,
                  uint16_t *words, uint16_t mask, struct error *error);

/* Whether a remote may leave these words in an element: its raw value within min..max, no NaN
 * without `nan`. `limit` does not soften this: a master is told, with exception 03. */
bool variable_accepts(const struct variable *variable, const uint16_t *words, uint16_t mask);

/* "20.5 %", "true", "\"text\"", "RUN (2)": for people. Returns text, always ended. */
const char *variable_format(const struct variable *variable, const struct value *value, char *text,
                            size_t size);
