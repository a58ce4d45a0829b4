#pragma once
/* A program from the inside, for the files of this room: the state, and what the bindings share.
 * Each bind_*.c puts one Lua module into the globals. */

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdatomic.h>
#include "image/draft.h"
#include "program/lua_value.h"
#include "program/pool.h"
#include "program/program.h"

enum {
    MIB = 1024 * 1024,
    DECLARED_CAPS = 4 /* the plan may be so many times as large as the cap */
};

/* Who prints too much is held back, and told. */
struct print_limit {
    double tokens;
    double filled; /* scan time at which tokens were counted last */
    unsigned long left_out;
};

/* The coroutines that run, each resumed by the one before it. Lies on the C stack. */
struct running {
    lua_State *L;
    struct running *before;
};

/* What the watchdog's signals and the code that they end share (interrupt.c). */
struct interrupt {
    struct running base;
    struct running *volatile running; /* the innermost; NULL: no code runs */
    volatile sig_atomic_t late;
    const char *stack;  /* where the C stack stood when the call began */
    struct error error; /* what it was ended with, or "" */
    char where[160];    /* "tank.lua:12" where it was stuck, or "" */
};

/* The texts that a program is made of (sources.c). */
struct sources {
    struct source *rows;
    size_t count;
    const struct source *given; /* while the body runs: those to take instead of files */
    size_t given_count;
    const struct source *patch; /* likewise, of one file */
};

struct answer;
struct remark;
struct settle;

/* What keep works on (keep.h). */
struct kept {
    struct keeps *defaults, *scratch;
    struct keeps *now; /* the scratch, or the image's */
    uint32_t epoch;    /* counts how often `now` was exchanged */
    bool remembers;    /* the scratch is what was kept when another program took over */
};

struct program {
    lua_State *L;
    struct pool *pool;
    char *path, *directory; /* the folder ends in "/", or is "" */
    char *lua_root;         /* or NULL */
    char *why;              /* on_start's argument */
    struct sources sources;
    struct interrupt interrupt;
    struct answer *answer;    /* of the eval that runs, or NULL: what is printed goes into it */
    bool quiet;               /* print and log say nothing */
    struct text_queue *texts; /* of lines that go to files; NULL: they go nowhere */
    bool named;               /* by who runs it, not by itself */
    struct plan *plan;
    const char *last_line; /* that user_line gave */
    struct remark *remarks, *remarks_last;
    bool is_module;            /* the script returned something: templates for others, perhaps */
    const struct early *early; /* assignments that a client would have forbidden */
    struct draft *draft;       /* while declaring, until applied */
    struct image *image;       /* from then on */
    struct view *view;         /* from attach on */
    uint16_t *cells;           /* of the draft or the view */
    bool declaring, open, stop_wanted;
    char stop_where[160]; /* "tank.lua:12" of the first program.stop(), or "" */
    struct cycle cycle;   /* of the running hook, or of the body */
    double dt;            /* of the running task, seconds; 0 where none runs */
    bool in_task;
    int *tasks; /* registry references, by task of the plan */
    size_t task_count;
    int on_start, on_stop; /* references or LUA_NOREF */
    struct print_limit print;
    size_t collect_at;          /* bytes in use that call for a full collection */
    char out_of_memory_at[160]; /* file:line of the last refused allocation, or "" */
    bool out_of_memory_deep;    /* and whether it was in a recursion */
    struct kept kept;
    struct alarm_events *alarm_events; /* where what happens to alarms goes; NULL: nowhere */
    struct settle *settle;             /* settle.h; NULL: no alarms */
    bool has_alarms;                   /* the script makes some */
};

/* The program that owns a state or any of its coroutines. */
static inline struct program *program_of(lua_State *L)
{
    return *(struct program **)lua_getextraspace(L);
}

/* complain.c: raises an error whose position is the innermost line of the user's own code (not of
 * the library, not of the host). Never returns. */
int complain(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* "tank.lua:12" of that line, kept by the plan. */
const char *user_line(lua_State *L);

/* Raises where `size` bytes more would make the plan too large: it lies outside the memory that
 * Lua counts, and a body may call its declarations in a loop. */
void check_room(lua_State *L, size_t size);

/* Raises unless the script's body still runs; `what` is what was called. Checks the room, too. */
void require_body(lua_State *L, const char *what);

/* bind_log.c: replaces the text on top, in which a script may have put what a master wrote, by one
 * that a terminal can have: control characters and what is no UTF-8 as \x1B, and what follows a
 * line break indented, so that only msm writes at the beginning of a line. */
void make_harmless(lua_State *L);

/* Message handler for pcall: adds the traceback and the locals. */
int traceback(lua_State *L);

/* The innermost running function of the user's own code. */
bool find_user(lua_State *L, lua_Debug *ar);

/* fault_text.c: pushes the text on top with the traceback of what stands above `level` and the
 * locals of the innermost function of the user's behind it, all within a struct error. Runs no code
 * of the script's. */
void push_fault_text(lua_State *L, int level);

/* interrupt.c: around every call of the script's code. interrupt_end says whether the watchdog
 * ended it, and gives the error then. */
void interrupt_begin(struct program *program);
bool interrupt_end(struct program *program, struct error *error);

/* Another coroutine is the innermost one from here on. The signal may come at any moment: it must
 * find the frame as it was filled. */
static inline void interrupt_switch(struct program *program, struct running *frame)
{
    atomic_signal_fence(memory_order_seq_cst);
    program->interrupt.running = frame;
    atomic_signal_fence(memory_order_seq_cst);
}

/* Whether time is up: then whoever holds errors back lets them through, by interrupt_raise. */
bool interrupt_is_late(lua_State *L);
int interrupt_raise(lua_State *L);

/* For C code that goes round a loop of the script's making: raises when time is up. */
void interrupt_check(lua_State *L);

/* Whether a coroutine was ended by the watchdog. Its own code runs no more, not even to close. */
bool interrupt_ended(lua_State *co);

/* For C code that goes deeper than Lua counts: raises where little of the C stack is left. */
void interrupt_check_stack(lua_State *L);

/* What of Lua's own library holds errors back, switches coroutines or may go round for ever, in a
 * form that the watchdog can end. */
void open_protected(lua_State *L);  /* pcall, xpcall */
void open_coroutines(lua_State *L); /* resume, wrap, close */
void open_lists(lua_State *L);      /* table.*, string.rep */
void open_load(lua_State *L);       /* load */

/* sources.c: the text at a path, as given or read from there; kept by the program. NULL with errno.
 * sources_load pushes it as a function or an error's text, as luaL_load… do. */
const struct source *sources_take(struct program *program, const char *path);
const char *sources_problem(void); /* why it could not be read, right after that */
int sources_load(lua_State *L, const struct source *source);
void add_syntax_hint(lua_State *L); /* syntax_hint.c: to the text on top, what to write instead */
void sources_free(struct sources *sources);

/* program.c: calls what is on the stack, `count` arguments on top of it; takes both off. */
bool program_call(struct program *program, int count, lua_CFunction handler, struct error *error);

/* Message handler: the traceback only where there is more to say than the line. */
int body_traceback(lua_State *L);

/* answer.c: text for who asked, up to ANSWER_MOST bytes; what is beyond is left out, and said. */
enum { ANSWER_MOST = 64 * 1024 };
struct answer {
    char *text;
    size_t length;
    bool cut;
};
bool answer_begin(struct answer *answer); /* false: no memory */
void answer_add(struct answer *answer, const char *text, size_t length);
void answer_line(struct answer *answer); /* what follows begins a line */
char *answer_end(struct answer *answer); /* to be freed */

/* eval.c: calls a function with `code` as a light userdata; its answer goes into program->answer,
 * and comes back as text to be freed. */
bool answer_by(struct program *program, lua_CFunction function, const char *code, char **text,
               struct error *error);

/* readable.c: a value as a person reads it: text in quotes, one level of tables and arrays. Runs no
 * code of the script's. */
void add_readable(lua_State *L, int index, struct answer *answer);

/* For a message handler: what was raised, as text, with the user's line in front where it names
 * none. An error that is no text says what it is. */
const char *raised_text(lua_State *L);

/* Lua's own text, which has no line, and which a coroutine or a pcall may have handed on. */
bool is_out_of_memory(const char *text);

/* A value as messages show it: text in quotes, cut; a table by its type. Runs no code of the
 * script's. Stands on the stack. */
const char *shown(lua_State *L, int index);

const char *key_text(lua_State *L, int index); /* text without the quotes: "scan.tim" */

/* A string without NUL bytes, which C would lose what follows of; NULL for anything else. */
const char *plain_text(lua_State *L, int index);

/* Seconds, or text with a unit, to nanoseconds; `what` opens the message. */
int64_t check_duration(lua_State *L, int index, const char *what);

/* options.c: reads a table of options by a template; see there. */
struct option {
    const char *name;
    const char *takes;                       /* "a number", for the message about anything else */
    bool (*set)(lua_State *L, void *target); /* value on top; false: not what it takes */
};
void read_options(lua_State *L, int index, const struct option *options, void *target,
                  const char *what);

/* The integer at a stack index, within a range; false for anything else, numbers in quotes too. */
bool read_integer(lua_State *L, int index, lua_Integer least, lua_Integer most,
                  lua_Integer *integer);

/* For options: the text on top, kept by the plan. False unless it is UTF-8 without NUL bytes. */
bool read_text(lua_State *L, const char **text);

/* bind_value.c: one element of a variable, read and assigned. `element` is 1-based for an array,
 * 0 for a plain variable. False where the Lua value is of a type that no variable holds. */
void push_element(lua_State *L, const struct variable *variable, size_t element);
void push_variable(lua_State *L, const struct variable *variable); /* element 0 */
bool assign_variable(lua_State *L, const struct variable *variable, int index);
bool assign_element(lua_State *L, const struct variable *variable, size_t element, int index);
int refuse_value(lua_State *L, const struct variable *variable, int index); /* raises */

/* early.c: remembers that the body assigned what a client of this memory would feed; raises, with
 * the line of the assignment, where such a client is declared after all; raises for one that is
 * there, with a way out or "". */
void note_early(lua_State *L, uint32_t memory, const char *path);
void refuse_early(lua_State *L, const struct client_spec *client);
int refuse_fed(lua_State *L, uint32_t memory, const char *path, const char *way_out);

/* Raises where only the world writes. Then the words of one element can be stored. */
void check_direction(lua_State *L, const struct variable *variable);
void store_element(struct program *program, const struct variable *variable, size_t element,
                   const uint16_t *words);

/* One word or bit, raw or part of a variable, was assigned. */
void note_assigned(struct program *program, uint32_t point, uint32_t cell, uint16_t words,
                   uint16_t mask);

void open_options(lua_State *L);
void open_declare(lua_State *L); /* coil, discrete, holding, input, var */
void open_memory(lua_State *L);  /* mem, memory */
void open_links(lua_State *L);   /* what links answer; before those that make them */
void open_requests(lua_State *L);
void open_serial(lua_State *L);     /* serial */
void open_client(lua_State *L);     /* client */
void open_server(lua_State *L);     /* server */
void open_task(lua_State *L);       /* every, on_start, on_stop */
void open_scan(lua_State *L);       /* scan */
void open_log(lua_State *L);        /* print, log */
void open_keep(lua_State *L);       /* keep */
void open_program(lua_State *L);    /* program */
void open_require(lua_State *L);    /* require */
void push_core(lua_State *L);       /* bind_core.c: msm.core */
void add_files(lua_State *L);       /* bind_files.c: its functions into the table on top */
void add_pages(lua_State *L);       /* bind_pages.c: likewise */
void add_alarms(lua_State *L);      /* bind_alarms.c: likewise */
void add_keep_fields(lua_State *L); /* keep_fields.c: likewise */
void open_sandbox(lua_State *L);    /* what Lua's own libraries offer here; last of all */

/* remarks.c: the script (no module of its) made a declaration at this user_line; a declaration
 * became a variable (NULL is accepted); a text for the innermost line of the user's. */
struct remark *remark_declaration(lua_State *L, const char *what, const char *where);
void remark_declared(struct remark *remark);
void remark_text(lua_State *L, const char *text);

/* For an error of a plan without variables: adds where a declaration was made that is none. */
void remark_nothing_declared(const struct program *program, struct error *error);

/* bind_keep.c: `keeps` are what was kept when the body begins to run; NULL: nothing. */
bool keep_init(struct program *program, const struct keeps *keeps, struct error *error);
void keep_finish(struct program *program);

/* bind_log.c: the text on top goes to the log, as far as print_limit lets it, or to who asked for
 * an eval. */
void log_stacked(lua_State *L);

/* The lines that print_limit held back, said once at the end. */
void finish_print(struct program *program);
