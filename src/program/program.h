#pragma once
/* One Lua state with one script in it: loads the body, which declares (the plan) and gives first
 * values (the draft), then is called by the scan. Owns everything that Lua needs; what outlives it
 * is the plan, in which there is no Lua. One thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"
#include "base/cycle.h"
#include "base/error.h"
#include "base/source.h"
#include "image/plan.h"
#include "image/view.h"

struct alarm_events;
struct alarms;
struct keeps;
struct program;
struct text_queue;
struct watchdog;

struct program_options {
    const char *path; /* of the script, as messages shall show it */
    const char *name; /* what it is known by, whatever it says itself; NULL: what it says, or its
                         file's name */
    const struct source
        *sources; /* texts to take instead of files, the script first; NULL: files */
    size_t source_count;
    const struct source *patch; /* one text to take instead of its file; NULL: none */
    const char *lua_root; /* folder to take the Lua library from, or NULL for the embedded one */
    bool open;            /* all of Lua's libraries, for tests; false: the sandbox */
    bool simulated;       /* devices behind its clients are */
    bool quiet;           /* print and log say nothing: for a trial */
    struct instant now;   /* the body's frozen time, … */
    struct cycle running; /* … and the scan of the program whose place it takes: time, count and
                             overruns go on from there; all 0 without one */
    const char *why;      /* on_start's argument: "cold" (also NULL), "restart", "reload" */
    const struct keeps *keeps; /* what keep finds while the body runs is a copy of these, as last
                                  committed; NULL: nothing */
    struct text_queue *texts;  /* takes the lines that go to files; NULL, or with `quiet`: they go
                                  nowhere */
    struct alarm_events *alarm_events; /* takes what happens to alarms; NULL, or with `quiet`: it
                                          goes nowhere */
    bool link_alarms;                  /* for links, also where nothing else has an alarm */
    struct watchdog *watchdog;         /* watches the body, WATCHDOG_BODY; NULL: nobody */
    void (*stuck)(void *context,
                  const char *where); /* NULL, or told in a signal handler that the
                                         body does not heed it; "tank.lua:12" or "" */
    void *context;
};

#define WATCHDOG_BODY INT64_C(2000000000) /* ns, whatever the body states for the scans */

/* Reads the file, runs its body, seals the plan. NULL with an error that names file and line. */
struct program *program_load(const struct program_options *options, struct error *error);
void program_destroy(struct program *program); /* NULL is accepted */

/* What on_start is told: options' `why`. */
const char *program_why(const struct program *program);

/* Sealed; the program holds one reference, whoever keeps it longer takes his own. */
struct plan *program_plan(const struct program *program);

/* What the body did that is no error and hardly meant, "note: …" or "warning: …", in the order in
 * which it did it: for msm check. */
void program_remarks(const struct program *program,
                     void (*say)(void *context, const char *where, const char *text),
                     void *context);

/* Puts the body's assignments into the image that was made from the plan. Once, before anybody
 * else sees the image, which must outlive the program: requests wait in it. */
void program_apply(struct program *program, struct image *image, int64_t now);

/* From here on keep works on the image's keeps (image_keeps): fields that the body gave and that
 * are new come into them; what it assigned to fields that are there is left out, as with variables.
 * On the thread that steps the scan, or before it runs. False with an error (no room), and nothing
 * is changed. */
bool program_keep(struct program *program, struct error *error);

/* Another program is to take its place: remembers what is kept, as last committed. If this one
 * comes back, program_keep gives those of its fields that then are missing or of another kind the
 * values that they had. Costs what was kept since the last call, so that who calls it on the scan's
 * thread, just before the other one's program_keep, calls it from elsewhere before. */
void program_remember(struct program *program);

/* From here on the script reads and writes this view of that image; may be called again with
 * another view of an image of the same plan. */
void program_attach(struct program *program, struct view *view);

/* Files whose text it is made of, the script first: for who watches them and who keeps them. Valid
 * as long as the program. */
size_t program_sources(const struct program *program, const struct source **sources);

/* The watchdog's hooks, for the scan and the body; `program` is a struct program.
 * async-signal-safe, on the thread that runs it. After program_late the code that runs raises an
 * error at its next line that no pcall, no handler and no coroutine holds back. program_stuck notes
 * where it is, for program_where ("tank.lua:12", or ""). */
void program_late(void *program);
void program_stuck(void *program);
const char *program_where(const struct program *program);

/* Runs a line of code as `eval` does: an expression's values, or statements; what it printed and
 * its values come back as text (malloc; the caller frees), one value a line. Between two scans, in
 * scan_between. */
bool program_eval(struct program *program, const char *code, const struct cycle *cycle, char **text,
                  struct error *error);

/* Names that `eval` could go on with: globals, variables and methods that begin with the last word
 * of `code`. Newline-separated (malloc). */
char *program_complete(struct program *program, const char *code);

/* The scan's hooks; `program` is a struct program. An error names file and line, with the
 * traceback and the locals of the function behind it. */
bool program_start(void *program, const struct cycle *cycle, struct error *error);
bool program_task(void *program, size_t task, double dt, const struct cycle *cycle,
                  struct error *error);
/* After the tasks of a scan, before it publishes: alarms of declarations and links, and telling of
 * all of them. */
bool program_settle(void *program, const struct cycle *cycle, struct error *error);

/* As they were last told; any thread, as long as the program is there. NULL: it has none. */
struct alarms *program_alarms(const struct program *program);

bool program_stop(void *program, const struct cycle *cycle, struct error *error);
bool program_stop_wanted(void *program);

/* "tank.lua:12" of the program.stop() that was called, or the script's path. */
const char *program_stop_where(const struct program *program);

/* Bytes that the script uses, and may. Any thread: a figure for a person, perhaps half a moment
 * old.
 */
void program_memory(const struct program *program, size_t *used, size_t *cap);

/* Collects garbage where nobody waits for the logic: what is new each time, everything when the
 * memory in use has doubled since. */
void program_rest(void *program);
