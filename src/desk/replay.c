/* The image gets what was recorded as if masters and links had brought it, and the scan finds it
 * there. `expected` is what its cells have to be, in the script's own layout. */

#include "desk/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/memory.h"
#include "control/script.h"
#include "desk/replay_match.h"
#include "image/image_replay.h"
#include "image/point_name.h"
#include "program/program.h"
#include "run/generation.h"

struct replay {
    const struct replay_options *options;
    FILE *out;
    struct recording *recording;
    struct generation *current; /* NULL: nothing was loaded yet */
    struct keeps *keeps;
    struct replay_match match;
    uint16_t *expected;       /* by cell of the script's */
    struct error fault;       /* of the scan under way, or "" */
    struct instant begin;     /* of the recording */
    bool has_begun, is_fresh; /* is_fresh: a snapshot is in place, and no step came yet */
    uint64_t scans;
};

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
    replay->current = NULL;
    replay->keeps = NULL;
    replay->expected = NULL;
}

static struct program_options options_of(const struct replay *replay, const struct keeps *copy)
{
    const struct recording *recording = replay->recording;
    const struct scan_place *place = &recording->place;
    const char *script = replay->options->script;
    return (struct program_options){
        .path = script ? script : recording->script,
        .lua_root = replay->options->lua_root,
        .now = recording->now,
        .running = {.time = (double)(recording->now.monotonic - place->origin) / NS_PER_S,
                    .count = place->count,
                    .overruns = place->overruns},
        .why = place->started ? "reload" : "cold",
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

/* As after a reload, or at the very start. */
static bool load(struct replay *replay, struct error *error)
{
    const struct recording *recording = replay->recording;
    const struct generation_events events = {replay, note_fault, note_stuck};
    unload(replay);
    replay->fault.text[0] = '\0';
    if (!load_kept(replay, error) ||
        !generation_begin(replay->current, &events, recording->now, error) ||
        !program_keep(replay->current->program, error))
        return false;
    scan_watch(replay->current->scan, replay->options->watchdog);
    scan_set_place(replay->current->scan, &recording->place, recording->tasks_at,
                   recording->task_count, recording->now.monotonic);
    replay_match_make(&replay->match, recording, replay->current->plan);
    replay->expected =
        memory_zeroed(replay->current->plan->cell_count + 1, sizeof *replay->expected);
    return true;
}

/* ---- what came in ---- */

static void bring_cell(struct replay *replay, uint32_t recorded)
{
    uint32_t cell = replay->match.cells[recorded];
    if (cell == REPLAY_NONE)
        return;
    uint16_t word = replay->recording->cells[recorded], mask = replay->match.masks[cell];
    replay->expected[cell] = word;
    image_replay_cell(replay->current->image, cell, word, mask);
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
    for (uint32_t i = 0; i < recording->cell_count; i++)
        bring_cell(replay, i);
    for (uint32_t i = 0; i < recording->point_count; i++)
        bring_mark(replay, i);
    for (uint32_t i = 0; i < recording->link_count; i++)
        bring_link(replay, i);
}

static void bring_changes(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    const struct replay_match *match = &replay->match;
    for (size_t i = 0; i < match->pulse_count; i++)
        bring_cell(replay,
                   match->pulses[i]); /* a publish has ended it, or a new one came at once */
    for (size_t i = 0; i < recording->came_count; i++)
        bring_cell(replay, recording->came[i]);
    for (size_t i = 0; i < recording->marked_count; i++)
        bring_mark(replay, recording->marked[i]);
    for (size_t i = 0; i < recording->linked_count; i++)
        bring_link(replay, recording->linked[i]);
}

/* ---- what came of it ---- */

static void expect_published(struct replay *replay)
{
    struct recording *recording = replay->recording;
    recording_publish(recording);
    for (size_t i = 0; i < recording->left_count; i++) {
        uint32_t cell = replay->match.cells[recording->left[i]];
        if (cell != REPLAY_NONE)
            replay->expected[cell] = recording->cells[recording->left[i]];
    }
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

/* ---- in words ---- */

static void print_moment(const struct replay *replay, int64_t utc)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(utc / NS_PER_S);
    localtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    fprintf(replay->out, "%s.%03d", text, (int)(utc / NS_PER_MS % 1000));
}

/* As a person reads it; a raw word as its number. */
static const char *value_text(const struct plan *plan, uint32_t number, const uint16_t *cells,
                              char text[256])
{
    const struct point *point = &plan->points[number];
    char string[VARIABLE_MAX_LENGTH];
    if (point->variable < 0) {
        snprintf(text, 256, "%u", (unsigned)(cells[point->cell] & point->mask));
        return text;
    }
    const struct variable *v = plan->variables[point->variable];
    struct value value = variable_get(v, cells + point->cell, point->mask, string);
    return variable_format(v, &value, text, 256);
}

static const char *short_name(const struct plan *plan, uint32_t number, char name[POINT_NAME])
{
    point_name(plan, number, name);
    return strncmp(name, "mem.", 4) == 0 ? name + 4 : name;
}

static bool is_point_different(const struct replay *replay, uint32_t number, const uint16_t *cells)
{
    const struct point *point = &replay->current->plan->points[number];
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++)
        if ((cells[cell] ^ replay->expected[cell]) & point->mask & replay->match.masks[cell])
            return true;
    return false;
}

enum { NAMED_MOST = 20 };

static void print_differences(const struct replay *replay)
{
    const struct plan *plan = replay->current->plan;
    const uint16_t *cells = view_cells(scan_view(replay->current->scan));
    char name[POINT_NAME], then[256], here[256];
    size_t count = 0;
    for (uint32_t i = 0; i < plan->point_count; i++) {
        if (!is_point_different(replay, i, cells) || ++count > NAMED_MOST)
            continue;
        int32_t variable = plan->points[i].variable;
        fprintf(replay->out, "  %-24s recorded %s, replayed %s%s%s\n", short_name(plan, i, name),
                value_text(plan, i, replay->expected, then), value_text(plan, i, cells, here),
                variable < 0 ? "" : "   declared at ",
                variable < 0 ? "" : plan->variables[variable]->where);
    }
    if (count > NAMED_MOST)
        fprintf(replay->out, "  and %zu more\n", count - NAMED_MOST);
}

/* Points with a word among those that came in. */
static void print_came(const struct replay *replay)
{
    const struct recording *recording = replay->recording;
    const struct plan *plan = replay->current->plan;
    const uint16_t *cells = view_cells(scan_view(replay->current->scan));
    char name[POINT_NAME], text[256];
    size_t count = 0;
    for (size_t i = 0; i < recording->point_count && count < NAMED_MOST; i++) {
        const struct recorded_point *point = &recording->points[i];
        bool came = false;
        for (size_t k = 0; k < recording->came_count; k++)
            came |= recording->came[k] >= point->cell &&
                    recording->came[k] < point->cell + point->words;
        if (!came || replay->match.points[i] == REPLAY_NONE)
            continue;
        fprintf(replay->out, "%s  %-24s %s\n", count++ ? "" : "what came in before this scan:\n",
                short_name(plan, replay->match.points[i], name),
                value_text(plan, replay->match.points[i], cells, text));
    }
}

static void print_scan(const struct replay *replay)
{
    const struct recording *recording = replay->recording;
    fprintf(replay->out, "first difference: scan %llu, ",
            (unsigned long long)scan_statistics(replay->current->scan).count);
    print_moment(replay, recording->now.utc);
    fprintf(replay->out, ", %.3f s after the recording's begin\n",
            (double)(recording->now.monotonic - replay->begin.monotonic) / NS_PER_S);
}

static void print_faults(const struct replay *replay)
{
    const char *then = replay->recording->faulted ? replay->recording->fault : "no fault";
    fprintf(replay->out, "recorded: %s\nreplayed: %s\n", then,
            *replay->fault.text ? replay->fault.text : "no fault");
}

static void print_matching(const struct replay *replay)
{
    const struct replay_match *match = &replay->match;
    if (match->gone)
        fprintf(replay->out, "not compared: %s%s, which the script has not, or as another type\n",
                match->first_gone, match->gone > 1 ? " and others" : "");
    if (match->new)
        fprintf(replay->out, "not compared: %s%s, which was not recorded\n", match->first_new,
                match->new > 1 ? " and others" : "");
}

static void print_same(const struct replay *replay)
{
    fprintf(replay->out, "the same in %llu scan%s, from ", (unsigned long long)replay->scans,
            replay->scans == 1 ? "" : "s");
    print_moment(replay, replay->begin.utc);
    fputs(" to ", replay->out);
    print_moment(replay, replay->recording->now.utc);
    fputc('\n', replay->out);
}

/* ---- frame by frame ---- */

static bool take_snapshot(struct replay *replay, struct error *error)
{
    const struct recording *recording = replay->recording;
    bool goes_on = replay->current && recording->reason == RECORD_TURN;
    if (recording->lost)
        fprintf(replay->out, "%llu scans were not recorded here; it goes on behind them\n",
                (unsigned long long)recording->lost);
    if (!replay->has_begun)
        replay->begin = recording->now;
    if (goes_on) {
        replay_match_finish(&replay->match);
        replay_match_make(&replay->match, recording, replay->current->plan);
    } else if (!load(replay, error)) {
        return false;
    }
    if (!replay->has_begun)
        print_matching(replay);
    replay->has_begun = true;
    bring_all(replay);
    return true;
}

/* False: the first difference, which is said. */
static bool take_step(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    struct scan *scan = replay->current->scan;
    bring_changes(replay);
    image_replay_sequence(replay->current->image, recording->sequence);
    scan_step(scan, recording->now);
    scan_ended(scan, recording->end);
    replay->scans++;
    expect_published(replay);
    bool same_fault = recording->faulted == (*replay->fault.text != '\0');
    if (same_fault && is_as_expected(replay))
        return true;
    print_scan(replay);
    if (!same_fault)
        print_faults(replay);
    print_differences(replay);
    print_came(replay);
    return false;
}

static enum replay_result play(struct replay *replay, struct error *error)
{
    enum record_kind kind;
    while (recording_next(replay->recording, &kind, error)) {
        if (kind == RECORD_SNAPSHOT && !take_snapshot(replay, error))
            return REPLAY_FAILED;
        if (kind == RECORD_STEP && !take_step(replay))
            return REPLAY_DIFFERENT;
    }
    if (*error->text)
        return REPLAY_FAILED;
    if (!replay->scans) {
        error_set(error, "%s: there is no scan in it", replay->options->path);
        return REPLAY_FAILED;
    }
    print_same(replay);
    return REPLAY_SAME;
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
