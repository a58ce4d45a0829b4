/* Plays a recording frame by frame: what it brings (replay_bring.c) to the program of its snapshots
 * (replay_load.c), up to the first difference. */

#include "desk/replay_inside.h"

#include <string.h>
#include "image/image_replay.h"

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
        if (!replay_load(replay, error))
            return false;
        replay_pass_other_text(replay);
    }
    begin(replay);
    if (!replay->current)
        return true;
    replay->compares |= replay->match.gone < recording->point_count || !recording->point_count;
    replay_bring_all(replay);
    return true;
}

/* False: the first difference. */
static bool take_step(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    struct scan *scan = replay->current->scan;
    size_t size = replay->current->plan->cell_count * sizeof *replay->came;
    replay_bring_changes(replay);
    image_replay_sequence(replay->current->image, recording->sequence);
    memcpy(replay->came, replay->expected, size);
    scan_step(scan, recording->now);
    scan_ended(scan, recording->end);
    replay->scans++;
    replay->end = recording->now;
    replay_expect_published(replay);
    return recording->faulted == (*replay->fault.text != '\0') && replay_is_as_expected(replay);
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
        replay_unload(replay);
    }
    return true;
}

static enum replay_result conclude(const struct replay *replay, struct error *error)
{
    const char *path = replay->options->path;
    if (replay->scans && !replay->compares) {
        error_set(error, "%s: nothing was compared: the script has none of the variables of %s",
                  path, replay->recording->script);
        return REPLAY_FAILED;
    }
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
    replay_unload(&replay);
    recording_close(replay.recording);
    return result;
}
