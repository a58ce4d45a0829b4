/* The image gets what was recorded as if masters and links had brought it, and the scan finds it
 * there. `expected` is what its cells have to be, in the script's own layout. */

#include "desk/replay_inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "control/script.h"
#include "image/image_replay.h"
#include "program/program.h"
#include "run/label.h"

/* ---- the program ---- */

static void note_fault(void *context, const struct generation *generation,
                       const struct error *error)
{
    (void)generation;
    ((struct replay *)context)->fault = *error;
}

static void note_stuck(void *context, const struct generation *generation)
{
    script_give_up(context, program_where(generation->program));
}

static void unload(struct replay *replay)
{
    replay_match_finish(&replay->match);
    generation_destroy(replay->current);
    keeps_destroy(replay->keeps);
    free(replay->expected);
    free(replay->came);
    replay->current = NULL;
    replay->keeps = NULL;
    replay->expected = replay->came = NULL;
}

static struct program_options options_of(const struct replay *replay, const struct keeps *copy)
{
    const struct recording *recording = replay->recording;
    const struct scan_place *place = &recording->place;
    const char *script = replay->options->script;
    return (struct program_options){
        .path = script ? script : recording->script,
        .lua_root = replay->options->lua_root,
        .now = recording->starts ? recording->body : recording->now,
        .running = {.time = place->started
                                ? (double)(recording->now.monotonic - place->origin) / NS_PER_S
                                : 0,
                    .count = place->count,
                    .overruns = place->overruns},
        .why = recording->starts ? recording->why : "reload",
        .keeps = copy,
        .watchdog = replay->options->watchdog,
        .stuck = script_give_up};
}

static bool load_kept(struct replay *replay, struct error *error)
{
    struct keeps *copy = keeps_create(error);
    replay->keeps = copy ? keeps_create(error) : NULL;
    bool ok = replay->keeps && recording_keeps(replay->recording, replay->keeps, error);
    if (ok) {
        keeps_read(replay->keeps, copy);
        const struct program_options options = options_of(replay, copy);
        replay->current = generation_load(&options, replay->keeps, NULL, NULL, NULL, error);
    }
    keeps_destroy(copy);
    return replay->current != NULL;
}

/* Where the recorded program was at work already: what its Lua needs of on_start is made, but what
 * that does to memory and keeps is taken back, as it was not done then. */
static bool start_again(struct replay *replay, struct error *error)
{
    struct generation *generation = replay->current;
    const struct cycle cycle = scan_between_steps(generation->scan, replay->recording->now);
    generation->started = true;
    if (!program_start(generation->program, &cycle, error))
        return false;
    view_revert(scan_view(generation->scan));
    return true;
}

static void make_room(struct replay *replay)
{
    size_t cells = replay->current->plan->cell_count + 1;
    replay->expected = memory_zeroed(cells, sizeof *replay->expected);
    replay->came = memory_zeroed(cells, sizeof *replay->came);
}

/* As after a reload, or at the very start. */
static bool load(struct replay *replay, struct error *error)
{
    const struct recording *recording = replay->recording;
    const struct generation_events events = {replay, note_fault, note_stuck};
    unload(replay);
    replay->loads++;
    replay->fault.text[0] = '\0';
    if (!load_kept(replay, error) ||
        !generation_begin(replay->current, &events, recording->now, error) ||
        !program_keep(replay->current->program, error))
        return false;
    scan_watch(replay->current->scan, replay->options->watchdog);
    scan_set_place(replay->current->scan, &recording->place, recording->tasks_at,
                   recording->task_count, recording->now.monotonic);
    replay_match_make(&replay->match, recording, replay->current->plan);
    make_room(replay);
    return recording->starts || start_again(replay, error);
}

/* ---- what came in ---- */

/* One word of a recorded point. */
static void expect_word(struct replay *replay, uint32_t recorded, uint32_t recorded_cell)
{
    const struct point *point = &replay->current->plan->points[replay->match.points[recorded]];
    uint32_t cell = point->cell + recorded_cell - replay->recording->points[recorded].cell;
    uint16_t word = replay->recording->cells[recorded_cell];
    replay->expected[cell] =
        (uint16_t)((replay->expected[cell] & ~point->mask) | (word & point->mask));
}

static void bring_word(struct replay *replay, uint32_t recorded, uint32_t recorded_cell)
{
    const struct point *point = &replay->current->plan->points[replay->match.points[recorded]];
    uint32_t cell = point->cell + recorded_cell - replay->recording->points[recorded].cell;
    expect_word(replay, recorded, recorded_cell);
    image_replay_cell(replay->current->image, cell, replay->recording->cells[recorded_cell],
                      point->mask);
}

static void bring_point(struct replay *replay, uint32_t recorded)
{
    const struct recorded_point *point = &replay->recording->points[recorded];
    for (uint32_t i = 0; i < point->words; i++)
        bring_word(replay, recorded, point->cell + i);
}

/* What follows another variable does so here, too; only the beginning has to be told. */
static bool follows(const struct replay *replay, uint32_t recorded)
{
    const struct plan *plan = replay->current->plan;
    int32_t variable = plan->points[replay->match.points[recorded]].variable;
    return variable >= 0 && plan->variables[variable]->from;
}

static void bring_mark(struct replay *replay, uint32_t recorded)
{
    uint32_t point = replay->match.points[recorded];
    if (point != REPLAY_NONE)
        image_replay_mark(replay->current->image, point, &replay->recording->marks[recorded],
                          replay->recording->now.monotonic);
}

static void bring_link(struct replay *replay, uint32_t recorded)
{
    uint32_t link = replay->match.links[recorded];
    if (link != REPLAY_NONE)
        image_replay_link(replay->current->image, link, &replay->recording->status[recorded]);
}

static void bring_all(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    for (uint32_t i = 0; i < recording->point_count; i++) {
        if (replay->match.points[i] != REPLAY_NONE)
            bring_point(replay, i);
        bring_mark(replay, i);
    }
    for (uint32_t i = 0; i < recording->link_count; i++)
        bring_link(replay, i);
}

/* A change in a recorded cell, for all points that lie over it. */
static void each_over(struct replay *replay, uint32_t cell,
                      void (*take)(struct replay *replay, uint32_t recorded, uint32_t cell))
{
    const struct replay_match *match = &replay->match;
    for (uint32_t i = match->first[cell]; i < match->first[cell + 1]; i++)
        take(replay, match->over[i], cell);
}

static void bring_over(struct replay *replay, uint32_t recorded, uint32_t cell)
{
    if (follows(replay, recorded))
        expect_word(replay, recorded, cell);
    else
        bring_word(replay, recorded, cell);
}

/* A pulse was ended by the publish, unless a new one came at once. */
static void bring_changes(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    const struct replay_match *match = &replay->match;
    for (size_t i = 0; i < match->pulse_count; i++)
        bring_point(replay, match->pulses[i]);
    for (size_t i = 0; i < recording->came_count; i++)
        each_over(replay, recording->came[i], bring_over);
    for (size_t i = 0; i < recording->marked_count; i++)
        bring_mark(replay, recording->marked[i]);
    for (size_t i = 0; i < recording->linked_count; i++)
        bring_link(replay, recording->linked[i]);
}

/* ---- what came of it ---- */

static void bring_mark_over(struct replay *replay, uint32_t recorded, uint32_t cell)
{
    (void)cell;
    bring_mark(replay, recorded);
}

/* A publish marks what is on its way to a device, and here no device takes it: the marks are again
 * what the next scan has found, but for what its record says. */
static void expect_published(struct replay *replay)
{
    struct recording *recording = replay->recording;
    recording_publish(recording);
    for (size_t i = 0; i < recording->left_count; i++)
        each_over(replay, recording->left[i], expect_word);
    for (size_t i = 0; i < recording->left_count; i++)
        each_over(replay, recording->left[i], bring_mark_over);
}

static bool is_as_expected(const struct replay *replay)
{
    const uint16_t *cells = view_cells(scan_view(replay->current->scan));
    size_t count = replay->current->plan->cell_count;
    if (memcmp(cells, replay->expected, count * sizeof *cells) == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if ((cells[i] ^ replay->expected[i]) & replay->match.masks[i])
            return false;
    return true;
}

/* ---- frame by frame ---- */

/* Whether it was recorded with the text that the script has now. */
static bool is_its_text(const struct replay *replay)
{
    return label_text(replay->current->program) == replay->recording->text;
}

/* Asked for what was recorded, another text is none of that: it is passed over. */
static void load_or_pass(struct replay *replay)
{
    if (replay->options->script || is_its_text(replay))
        return;
    unload(replay);
    replay->loads--;
}

static void begin(struct replay *replay)
{
    if (!replay->current || replay->has_begun)
        return;
    replay->begin = replay->recording->now;
    replay->has_begun = true;
    replay_say_matching(replay);
}

static bool take_snapshot(struct replay *replay, struct error *error)
{
    const struct recording *recording = replay->recording;
    bool goes_on = replay->current && recording->reason == RECORD_TURN;
    if (recording->lost)
        fprintf(replay->out, "%llu scans were not recorded here; it goes on behind them\n",
                (unsigned long long)recording->lost);
    if (goes_on) {
        replay_match_finish(&replay->match);
        replay_match_make(&replay->match, recording, replay->current->plan);
    } else {
        if (!load(replay, error))
            return false;
        load_or_pass(replay);
    }
    begin(replay);
    if (replay->current)
        bring_all(replay);
    return true;
}

/* False: the first difference. */
static bool take_step(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    struct scan *scan = replay->current->scan;
    size_t size = replay->current->plan->cell_count * sizeof *replay->came;
    bring_changes(replay);
    image_replay_sequence(replay->current->image, recording->sequence);
    memcpy(replay->came, replay->expected, size);
    scan_step(scan, recording->now);
    scan_ended(scan, recording->end);
    replay->scans++;
    replay->end = recording->now;
    expect_published(replay);
    return recording->faulted == (*replay->fault.text != '\0') && is_as_expected(replay);
}

static void pass_over(struct replay *replay)
{
    recording_publish(replay->recording);
    replay->passed_over++;
}

/* The next frame that can be read; false at the end. */
static bool next(struct replay *replay, enum record_kind *kind, struct error *error)
{
    while (!recording_next(replay->recording, kind, error)) {
        if (!*error->text)
            return false;
        fprintf(replay->out, "%s\n", error->text);
        replay->damaged = true;
        unload(replay);
    }
    return true;
}

static enum replay_result conclude(const struct replay *replay, struct error *error)
{
    const char *path = replay->options->path;
    replay_say_same(replay);
    if (replay->damaged)
        error_set(error, "%s is damaged: not all of it was replayed", path);
    else if (!replay->scans && replay->passed_over)
        error_set(error, "%s: all of it was recorded with another text of %s", path,
                  replay->recording->script);
    else if (!replay->scans)
        error_set(error, "%s: there is no scan in it", path);
    else
        return REPLAY_SAME;
    return REPLAY_FAILED;
}

static enum replay_result play(struct replay *replay, struct error *error)
{
    enum record_kind kind;
    while (next(replay, &kind, error)) {
        if (kind == RECORD_SNAPSHOT && !take_snapshot(replay, error))
            return REPLAY_FAILED;
        if (kind == RECORD_STEP && !replay->current) {
            pass_over(replay);
        } else if (kind == RECORD_STEP && !take_step(replay)) {
            replay_say_difference(replay);
            return REPLAY_DIFFERENT;
        }
    }
    return conclude(replay, error);
}

enum replay_result replay_run(const struct replay_options *options, FILE *out, struct error *error)
{
    struct replay replay = {.options = options, .out = out};
    replay.recording = recording_open(options->path, error);
    if (!replay.recording)
        return REPLAY_FAILED;
    enum replay_result result = play(&replay, error);
    unload(&replay);
    recording_close(replay.recording);
    return result;
}
