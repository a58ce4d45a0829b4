/* A sandboxed script beside the test file that goes on from call to call, through reloads and
 * restarts, by the steps that src/run takes between two scans, without its threads and its trial.
 *
 * host.play(text)         loads text as script.lua; no scan is run. Raises the error where it is
 *                         refused. Returns a play, which has a virtual clock of its own:
 * play:run(scans)         runs so many scans (1 unless stated), each when it is due; raises a fault
 * play:advance(s)         moves the clock and runs each scan that comes due, the end included
 * play:late(s)            moves the clock and runs one scan at its end, as after a long stall; with
 *                         any s, so for scans of any length
 * play:eval(code)         runs a line of code in the script between two scans, as `msm eval` does,
 *                         after the first scan: it sees the script's globals (which the body alone
 *                         assigns), and what it assigns to variables is there in the next scan.
 *                         Returns the values (plain ones), raises its error
 *
 * play:reload(text)       other text, or the same one without; raises where it is refused, and what
 *                         ran goes on
 *
 * play:back()             a rollback: what ran before the last reload takes over again, as it was
 *
 * play:restart(text)      on_stop, then the process begins anew at this moment, with other text or
 *                         the same: only keeps with `retain` last (retained variables do not)
 *
 * What is logged goes to stderr: host.quiet(function() play:run() end) returns it. */

#include "host.h"

#include "image/adopt.h"
#include "image/keeps.h"
#include "image/mailbox.h"
#include "program/inside.h"
#include "run/generation.h"

#include <stdlib.h>
#include <string.h>

static const char PLAY[] = "host.play";
static const char PATH[] = "script.lua";

struct play {
    struct generation *current, *before; /* `before` ran until the last reload, or NULL */
    struct keeps *keeps;
    struct instant now;
    struct error fault; /* "" as long as there is none */
};

static struct play *check_play(lua_State *L)
{
    struct play *play = luaL_checkudata(L, 1, PLAY);
    luaL_argcheck(L, play->current, 1, "a play that was loaded");
    return play;
}

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    (void)generation;
    ((struct play *)context)->fault = *error;
}

static void ignore_stuck(void *context, const struct generation *generation)
{
    (void)context;
    (void)generation;
}

static struct generation_events events_of(struct play *play)
{
    return (struct generation_events){play, note_fault, ignore_stuck};
}

/* The new text lies in the script's file from here on; without one it stays as it is. */
static void take_text(lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_optlstring(L, index, NULL, &length);
    if (text)
        host_write_file(PATH, text, length);
}

/* The body looks at a copy of the keeps, as on a loader's thread. */
static struct generation *load(struct play *play, const char *why, struct cycle running,
                               struct keeps *keeps, struct error *error)
{
    struct keeps *copy = keeps_create(error);
    if (!copy)
        return NULL;
    keeps_read(keeps, copy);
    const struct program_options options = {
        .path = PATH, .now = play->now, .running = running, .why = why, .keeps = copy};
    struct generation *next = generation_load(&options, keeps, NULL, NULL, NULL, error);
    keeps_destroy(copy);
    return next;
}

static bool begin_anew(struct play *play, struct generation *next, struct error *error)
{
    const struct generation_events events = events_of(play);
    return generation_begin(next, &events, play->now, error) && program_keep(next->program, error);
}

/* ---- a reload ---- */

static bool remember_and_keep(struct generation *before, struct generation *next,
                              struct error *error)
{
    program_remember(before->program);
    return program_keep(next->program, error);
}

/* As run/swap.c does it. */
static bool swap(struct play *play, struct generation *next, struct error *error)
{
    const struct generation_events events = events_of(play);
    struct generation *before = play->current;
    struct plan_match *match = plan_match_create(before->plan, next->plan, error);
    struct adoption *adoption =
        match ? adopt_prepare(next->image, before->image, match, error) : NULL;
    bool ok = adoption && generation_begin(next, &events, play->now, error) &&
              remember_and_keep(before, next, error);
    if (ok) {
        adopt_commit(adoption, play->now.monotonic);
        mailbox_end(before->image, "another program took over before this was answered");
        scan_continue(next->scan, before->scan, match, play->now.monotonic);
        play->current = next;
        play->fault = (struct error){0};
    }
    adopt_discard(adoption);
    plan_match_destroy(match);
    return ok;
}

static const struct keep_spec *find_keep(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (strcmp(plan->keeps[i].name, name) == 0)
            return &plan->keeps[i];
    return NULL;
}

static void drop_keeps(struct keeps *keeps, const struct plan *plan, bool retained_only)
{
    const char *name;
    uint32_t at = 0;
    while (keeps_next_name(keeps, &at, &name)) {
        const struct keep_spec *spec = find_keep(plan, name);
        if (!spec || (retained_only && !spec->retain))
            keeps_drop(keeps, name);
    }
    keeps_commit(keeps);
}

/* The program that runs is proven: nobody comes back, and keeps that it does not have go. */
static void settle(struct play *play)
{
    generation_destroy(play->before);
    play->before = NULL;
    drop_keeps(play->keeps, play->current->plan, false);
}

static int reload(lua_State *L)
{
    struct play *play = check_play(L);
    struct error error;
    take_text(L, 2);
    settle(play);
    struct generation *before = play->current;
    struct cycle running = scan_between_steps(before->scan, play->now);
    struct generation *next = load(play, "reload", running, play->keeps, &error);
    if (!next || !swap(play, next, &error)) {
        generation_destroy(next);
        return luaL_error(L, "%s", error.text);
    }
    play->before = before;
    return 0;
}

static int back(lua_State *L)
{
    struct play *play = check_play(L);
    struct generation *gone = play->current;
    struct error error;
    luaL_argcheck(L, play->before, 1, "a play after a reload");
    if (!swap(play, play->before, &error))
        return luaL_error(L, "%s", error.text);
    play->before = NULL;
    generation_destroy(gone);
    return 0;
}

/* ---- a restart ---- */

static struct keeps *retained_keeps(const struct play *play, struct error *error)
{
    struct keeps *keeps = keeps_create(error);
    if (keeps) {
        keeps_read(play->keeps, keeps);
        drop_keeps(keeps, play->current->plan, true);
    }
    return keeps;
}

static bool begin_process(struct play *play, struct keeps *keeps, struct error *error)
{
    struct generation *next = load(play, "cold", (struct cycle){0}, keeps, error);
    if (!next || !begin_anew(play, next, error)) {
        generation_destroy(next);
        return false;
    }
    generation_destroy(play->current);
    keeps_destroy(play->keeps);
    play->current = next;
    play->keeps = keeps;
    play->fault = (struct error){0};
    return true;
}

static int restart(lua_State *L)
{
    struct play *play = check_play(L);
    struct error error;
    take_text(L, 2);
    scan_stop(play->current->scan, play->now);
    settle(play);
    struct keeps *keeps = retained_keeps(play, &error);
    if (keeps && begin_process(play, keeps, &error))
        return 0;
    keeps_destroy(keeps);
    return luaL_error(L, "%s", error.text);
}

/* ---- scans ---- */

static void step_at(struct play *play, int64_t monotonic)
{
    struct scan *scan = play->current->scan;
    play->now.utc += monotonic - play->now.monotonic;
    play->now.monotonic = monotonic;
    scan_step(scan, play->now);
    scan_ended(scan, monotonic);
    if (scan_stop_wanted(scan))
        scan_stop(scan, play->now);
}

static bool goes_on(const struct play *play)
{
    return !*play->fault.text && scan_state(play->current->scan) != SCAN_STOPPED;
}

/* A program that came in between may be due before now. */
static int64_t due(const struct play *play)
{
    int64_t moment = scan_due(play->current->scan);
    return moment > play->now.monotonic ? moment : play->now.monotonic;
}

static int report_fault(lua_State *L, const struct play *play)
{
    return *play->fault.text ? luaL_error(L, "fault: %s", play->fault.text) : 0;
}

static int run(lua_State *L)
{
    struct play *play = check_play(L);
    for (lua_Integer left = luaL_optinteger(L, 2, 1); left > 0 && goes_on(play); left--)
        step_at(play, due(play));
    return report_fault(L, play);
}

static int64_t moment_after(lua_State *L, const struct play *play)
{
    lua_Number seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e8, 2, "time goes forward");
    return play->now.monotonic + (int64_t)(seconds * NS_PER_S + 0.5);
}

static int advance(lua_State *L)
{
    struct play *play = check_play(L);
    int64_t end = moment_after(L, play);
    while (goes_on(play) && due(play) <= end)
        step_at(play, due(play));
    play->now.utc += end - play->now.monotonic;
    play->now.monotonic = end;
    return report_fault(L, play);
}

static int late(lua_State *L)
{
    struct play *play = check_play(L);
    int64_t end = moment_after(L, play);
    if (goes_on(play))
        step_at(play, end);
    return report_fault(L, play);
}

static int eval(lua_State *L)
{
    struct play *play = check_play(L);
    return host_eval(L, luaL_checkstring(L, 2), play->current, play->now);
}

/* ---- a play ---- */

static int collect(lua_State *L)
{
    struct play *play = luaL_checkudata(L, 1, PLAY);
    generation_destroy(play->before);
    generation_destroy(play->current);
    keeps_destroy(play->keeps);
    *play = (struct play){0};
    return 0;
}

static int new_play(lua_State *L)
{
    struct error error;
    luaL_checkstring(L, 1);
    take_text(L, 1);
    struct play *play = lua_newuserdatauv(L, sizeof *play, 0);
    *play = (struct play){.now = HOST_BEGIN};
    luaL_setmetatable(L, PLAY);
    play->keeps = keeps_create(&error);
    if (play->keeps)
        play->current = load(play, "cold", (struct cycle){0}, play->keeps, &error);
    if (!play->current || !begin_anew(play, play->current, &error))
        return luaL_error(L, "%s", error.text);
    return 1;
}

void host_add_play(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"advance", advance}, {"back", back},       {"eval", eval}, {"late", late},
        {"reload", reload},   {"restart", restart}, {"run", run},   {NULL, NULL}};
    luaL_newmetatable(L, PLAY);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, new_play);
    lua_setfield(L, -2, "play");
}
