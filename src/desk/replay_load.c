/* The program that is played to: loaded as it was when it was recorded, with the keeps of a
 * snapshot, and its scan where that one stood. */

#include "desk/replay_inside.h"

#include <stdlib.h>
#include "base/memory.h"
#include "control/script.h"
#include "program/program.h"
#include "run/label.h"

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

void replay_unload(struct replay *replay)
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

bool replay_load(struct replay *replay, struct error *error)
{
    const struct recording *recording = replay->recording;
    const struct generation_events events = {replay, note_fault, note_stuck};
    replay_unload(replay);
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

/* Whether it was recorded with the text that the script has now. */
static bool is_its_text(const struct replay *replay)
{
    return label_text(replay->current->program) == replay->recording->text;
}

void replay_pass_other_text(struct replay *replay)
{
    if (replay->options->script || is_its_text(replay))
        return;
    replay_unload(replay);
    replay->loads--;
}
