/* The half that waits for the disk. Trouble with the file is the recording's alone. */

#include "record/recorder_inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

enum {
    FRAME_FIRST = 1 << 16,
    LOOK = 250 * NS_PER_MS,
    SAY_AGAIN = 60 /* s, that scans are missing */
};

static bool write_packed(struct recorder *recorder, const struct tape *tape,
                         void (*pack)(const struct tape *tape, struct packer *packer),
                         struct error *error)
{
    for (;;) {
        struct packer packer = {.bytes = recorder->frame, .room = recorder->frame_room};
        pack(tape, &packer);
        if (!packer.full)
            return record_file_write(&recorder->file, recorder->frame, packer.used, error);
        free(recorder->frame);
        recorder->frame_room = recorder->frame_room ? 2 * recorder->frame_room : FRAME_FIRST;
        recorder->frame = memory_zeroed(1, recorder->frame_room);
    }
}

/* Half of the size, but for what may still be in the ring. */
static bool is_large(const struct recorder *recorder)
{
    return recorder->file.size > (uint64_t)recorder->size / 2 - RECORDER_RING;
}

/* Time for a snapshot. A program whose snapshots are larger than that gets files which hold as much
 * again. */
static bool is_full(const struct recorder *recorder)
{
    return is_large(recorder) && recorder->file.size - recorder->whole > recorder->snapshot;
}

/* Not over and over: where the disk is too slow it stays so. */
static void say_lost(struct recorder *recorder, const struct tape *tape)
{
    int64_t now = clock_monotonic();
    recorder->said_lost += tape->snapshot.lost;
    if (recorder->said && now - recorder->said < SAY_AGAIN * (int64_t)NS_PER_S)
        return;
    log_line("%s: %llu scans are missing from the recording: they were more than the disk takes",
             tape->plan->name, (unsigned long long)recorder->said_lost);
    recorder->said = now;
    recorder->said_lost = 0;
}

/* What was dropped on this side is missing before it, too. */
static void add_dropped(struct recorder *recorder, struct tape *tape)
{
    if (recorder->dropped) {
        tape->snapshot.lost += recorder->dropped;
        tape->snapshot.starts = false;
        if (tape->snapshot.reason == RECORD_TURN)
            tape->snapshot.reason = RECORD_GAP;
    }
    recorder->dropped = 0;
    recorder->unsure += tape->snapshot.lost;
    if (recorder->awaits)
        recorder->gap = tape->snapshot.lost;
}

/* Gives the system all that was written. */
static bool keep(struct recorder *recorder, struct error *error)
{
    if (!record_file_flush(&recorder->file, error))
        return false;
    recorder->kept = recorder->steps;
    recorder->unsure = 0;
    return true;
}

static bool put_snapshot(struct recorder *recorder, struct tape *tape, struct error *error)
{
    bool turns = is_large(recorder);
    uint64_t before = turns ? 0 : recorder->file.size;
    if (turns && !record_file_turn(&recorder->file, error))
        return false;
    if ((turns || recorder->written != tape) &&
        !write_packed(recorder, tape, tape_pack_plan, error))
        return false;
    recorder->written = tape;
    if (!write_packed(recorder, tape, tape_pack_snapshot, error))
        return false;
    recorder->whole = recorder->file.size;
    recorder->snapshot = recorder->whole - before;
    return true;
}

static bool write_snapshot(struct recorder *recorder, struct tape *tape, struct error *error)
{
    bool ok = !is_large(recorder) || keep(recorder, error); /* before the file is another one */
    add_dropped(recorder, tape);
    if (tape->snapshot.lost && !*recorder->problem.text)
        say_lost(recorder, tape);
    recorder->awaits = !ok || !put_snapshot(recorder, tape, error);
    atomic_store(&tape->snapshot.busy, false);
    return !recorder->awaits;
}

static bool write_step(struct recorder *recorder, uint32_t length, struct error *error)
{
    recorder->steps++;
    return record_file_write(&recorder->file, recorder->piece, length, error);
}

static bool write_piece(struct recorder *recorder, uint32_t length, struct error *error)
{
    struct mark_in_ring mark;
    if (recorder->piece[0] == RECORD_STEP && !recorder->awaits)
        return write_step(recorder, length, error);
    if (recorder->piece[0] == RECORD_STEP) {
        recorder_drop_step(recorder);
        return true;
    }
    memcpy(&mark, recorder->piece, sizeof mark);
    if (mark.kind == RECORD_SNAPSHOT)
        return write_snapshot(recorder, mark.tape, error);
    recorder_end_tape(recorder, mark.tape);
    return true;
}

static bool write_all(struct recorder *recorder, struct error *error)
{
    uint32_t length;
    while ((length = ring_take(recorder->ring, recorder->piece)))
        if (!write_piece(recorder, length, error))
            return false;
    if (!keep(recorder, error) || !record_file_is_there(&recorder->file, error))
        return false;
    if (is_full(recorder)) {
        recorder->whole = recorder->file.size; /* asked for once */
        atomic_store(&recorder->wants_turn, true);
    }
    return true;
}

/* Without the mutex. */
static bool work_on(struct recorder *recorder, struct error *error)
{
    if (!atomic_load(&recorder->failed))
        return write_all(recorder, error);
    recorder_pass_over(recorder);
    return recorder_resume(recorder, error);
}

/* What was tried again has worked. */
static void note_relief(struct recorder *recorder)
{
    if (!*recorder->problem.text || recorder->awaits)
        return;
    log_line("the recording %s is written again; %llu scans are missing in it", recorder->file.path,
             (unsigned long long)recorder->gap);
    recorder->problem.text[0] = '\0';
}

/* With the mutex held; the disk is waited for without it. */
static void work(struct recorder *recorder)
{
    struct error error;
    pthread_mutex_unlock(&recorder->mutex);
    bool ok = work_on(recorder, &error);
    if (!ok)
        record_file_cut(&recorder->file);
    pthread_mutex_lock(&recorder->mutex);
    if (!ok)
        recorder_give_up(recorder, &error);
    else
        note_relief(recorder);
    recorder->scans = recorder->kept;
    recorder->bytes = recorder->file.size;
}

void *recorder_write(void *context)
{
    struct recorder *recorder = context;
    pthread_mutex_lock(&recorder->mutex);
    while (!recorder->over) {
        const struct timespec next = clock_timespec(clock_monotonic() + LOOK);
        pthread_cond_clockwait(&recorder->changed, &recorder->mutex, CLOCK_MONOTONIC, &next);
        work(recorder);
    }
    work(recorder); /* it may have been told of the end while it was at work */
    pthread_mutex_unlock(&recorder->mutex);
    return NULL;
}
