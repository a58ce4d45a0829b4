/* Two halves that meet in the ring. The scan's thread packs a step in place and puts it there; what
 * it cannot put is lost, and a snapshot is wanted. The other thread empties the ring some times a
 * second: a step is written as it is, a mark that stands for a tape's snapshot, or for its end, is
 * carried out. */

#include "record/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "record/record_file.h"
#include "record/ring.h"
#include "record/tape.h"

enum {
    RING = 1 << 20,
    STEP_MAX = RING / 4, /* one that is larger is lost, and a snapshot follows */
    FRAME_FIRST = 1 << 16,
    LOOK = 250 * NS_PER_MS,
    SAY_AGAIN = 60, /* s, that scans are missing */
    STACK = 256 * 1024
};

/* What may stand in the ring beside steps. */
struct mark_in_ring {
    uint8_t kind; /* RECORD_SNAPSHOT, or 0: the tape has ended */
    struct tape *tape;
};

struct recorder {
    struct scan_observer observer;
    struct ring *ring;

    /* the scan's thread */
    struct tape *tape; /* NULL: nothing yet */
    bool wants_snapshot, in_step;
    enum record_reason reason;
    uint64_t missing; /* scans since the last frame */
    int64_t began;
    struct packer step;
    struct tape *homeless; /* ended, and the other thread does not know */

    /* both */
    atomic_bool wants_turn, failed;
    atomic_uint_fast64_t lost;

    /* its own thread */
    int64_t size;
    struct record_file file;
    struct tape *written; /* whose plan the file has */
    uint64_t steps;       /* in the files */
    uint64_t whole;       /* size of the file after its last snapshot, … */
    uint64_t snapshot;    /* … and of that */
    uint8_t *frame;
    size_t frame_room;
    uint8_t piece[STEP_MAX];
    uint64_t said_lost; /* when scans were last said to be missing, and how many were */
    int64_t said;
    pthread_t thread;
    bool running;

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    bool over;
    uint64_t bytes, scans;
    struct error problem; /* "" for none */
};

/* ---- the scan's thread ---- */

static void miss(struct recorder *recorder, enum record_reason reason)
{
    if (!recorder->wants_snapshot)
        recorder->reason = reason;
    recorder->wants_snapshot = true;
}

static void lose(struct recorder *recorder)
{
    miss(recorder, RECORD_GAP);
    if (recorder->reason == RECORD_TURN)
        recorder->reason = RECORD_GAP;
    recorder->missing++;
    atomic_fetch_add(&recorder->lost, 1);
}

static bool put_mark(struct recorder *recorder, uint8_t kind, struct tape *tape)
{
    struct mark_in_ring mark;
    memset(&mark, 0, sizeof mark);
    mark.kind = kind;
    mark.tape = tape;
    return ring_put(recorder->ring, &mark, sizeof mark);
}

/* False where the last one is not written down yet, or there is no room. */
static bool take_snapshot(struct recorder *recorder, struct scan *scan, struct instant now)
{
    struct tape *tape = recorder->tape;
    if (atomic_load(&tape->snapshot.busy) ||
        !ring_has_room(recorder->ring, sizeof(struct mark_in_ring)))
        return false;
    tape_copy(tape, scan, now);
    tape_snapshot(tape, scan, recorder->reason, recorder->missing);
    atomic_store(&tape->snapshot.busy, true);
    put_mark(recorder, RECORD_SNAPSHOT, tape);
    recorder->wants_snapshot = false;
    recorder->missing = 0;
    return true;
}

static void latched(void *context, struct scan *scan, struct instant now)
{
    struct recorder *recorder = context;
    recorder->in_step = false;
    if (atomic_load(&recorder->failed))
        return;
    if (atomic_exchange(&recorder->wants_turn, false))
        miss(recorder, RECORD_TURN);
    if (recorder->wants_snapshot && !take_snapshot(recorder, scan, now)) {
        lose(recorder);
        return;
    }
    recorder->in_step = true;
    recorder->began = now.monotonic;
    recorder->step.used = 0;
    recorder->step.full = false;
    tape_pack_latched(recorder->tape, scan, now, &recorder->step);
}

static void published(void *context, struct scan *scan, const struct error *fault)
{
    struct recorder *recorder = context;
    if (recorder->in_step)
        tape_pack_published(recorder->tape, scan, fault, &recorder->step);
}

static void ended(void *context, struct scan *scan, int64_t end)
{
    struct recorder *recorder = context;
    (void)scan;
    if (!recorder->in_step)
        return;
    pack_signed(&recorder->step, end - recorder->began);
    if (recorder->step.full ||
        !ring_put(recorder->ring, recorder->step.bytes, (uint32_t)recorder->step.used))
        lose(recorder);
    if (ring_used(recorder->ring) > RING / 2)
        pthread_cond_signal(&recorder->changed); /* the next look would come too late */
}

static void end_present(struct recorder *recorder)
{
    struct tape *tape = recorder->tape;
    if (put_mark(recorder, 0, tape))
        return;
    tape->next = recorder->homeless;
    recorder->homeless = tape;
}

void recorder_take(struct recorder *recorder, struct tape *tape, struct scan *scan)
{
    bool is_first = !recorder->tape;
    if (!is_first)
        end_present(recorder);
    recorder->tape = tape;
    recorder->wants_snapshot = true;
    recorder->reason = is_first ? RECORD_START : RECORD_PROGRAM;
    scan_observe(scan, &recorder->observer);
}

/* ---- its own thread ---- */

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
    return recorder->file.size > (uint64_t)recorder->size / 2 - RING;
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

static bool write_snapshot(struct recorder *recorder, struct tape *tape, struct error *error)
{
    bool turns = is_large(recorder);
    uint64_t before = turns ? 0 : recorder->file.size;
    if (tape->snapshot.lost)
        say_lost(recorder, tape);
    if (turns && !record_file_turn(&recorder->file, error))
        return false;
    if ((turns || recorder->written != tape) &&
        !write_packed(recorder, tape, tape_pack_plan, error))
        return false;
    recorder->written = tape;
    if (!write_packed(recorder, tape, tape_pack_snapshot, error))
        return false;
    atomic_store(&tape->snapshot.busy, false);
    recorder->whole = recorder->file.size;
    recorder->snapshot = recorder->whole - before;
    return true;
}

static bool write_step(struct recorder *recorder, uint32_t length, struct error *error)
{
    recorder->steps++;
    return record_file_write(&recorder->file, recorder->piece, length, error);
}

static void end_tape(struct recorder *recorder, struct tape *tape)
{
    if (recorder->written == tape)
        recorder->written = NULL;
    tape_destroy(tape);
}

static bool write_piece(struct recorder *recorder, uint32_t length, struct error *error)
{
    struct mark_in_ring mark;
    if (recorder->piece[0] == RECORD_STEP)
        return write_step(recorder, length, error);
    memcpy(&mark, recorder->piece, sizeof mark);
    if (mark.kind == RECORD_SNAPSHOT)
        return write_snapshot(recorder, mark.tape, error);
    end_tape(recorder, mark.tape);
    return true;
}

/* After trouble: tapes still end. */
static void pass_over(struct recorder *recorder)
{
    struct mark_in_ring mark;
    while (ring_take(recorder->ring, recorder->piece)) {
        memcpy(&mark, recorder->piece, sizeof mark);
        if (!mark.kind)
            end_tape(recorder, mark.tape);
    }
}

static bool write_all(struct recorder *recorder, struct error *error)
{
    uint32_t length;
    while ((length = ring_take(recorder->ring, recorder->piece)))
        if (!write_piece(recorder, length, error))
            return false;
    if (!record_file_flush(&recorder->file, error) || !record_file_is_there(&recorder->file, error))
        return false;
    if (is_full(recorder)) {
        recorder->whole = recorder->file.size; /* asked for once */
        atomic_store(&recorder->wants_turn, true);
    }
    return true;
}

/* The program goes on without a recording, and status says so. */
static void give_up(struct recorder *recorder, const struct error *error)
{
    log_line("%s; nothing is recorded any more", error->text);
    atomic_store(&recorder->failed, true);
    recorder->problem = *error;
}

/* With the mutex held; the disk is waited for without it. */
static void work(struct recorder *recorder)
{
    struct error error;
    if (*recorder->problem.text) {
        pass_over(recorder);
        return;
    }
    pthread_mutex_unlock(&recorder->mutex);
    bool ok = write_all(recorder, &error);
    pthread_mutex_lock(&recorder->mutex);
    recorder->bytes = recorder->file.size;
    if (ok)
        recorder->scans = recorder->steps;
    if (!ok)
        give_up(recorder, &error);
}

static void *record(void *context)
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

/* ---- life ---- */

struct recorder *recorder_open(const char *path, int64_t size, struct error *error)
{
    struct recorder *recorder = memory_zeroed(1, sizeof *recorder);
    recorder->observer = (struct scan_observer){recorder, latched, published, ended};
    recorder->size = size;
    recorder->file.lock = -1;
    recorder->step = (struct packer){.bytes = memory_zeroed(1, STEP_MAX), .room = STEP_MAX};
    mutex_init(&recorder->mutex);
    pthread_cond_init(&recorder->changed, NULL);
    recorder->ring = ring_create(RING, error);
    if (recorder->ring && record_file_open(&recorder->file, path, error))
        return recorder;
    recorder_close(recorder);
    return NULL;
}

bool recorder_start(struct recorder *recorder, struct error *error)
{
    if (!record_file_begin(&recorder->file, error))
        return false;
    recorder->running =
        thread_start(&recorder->thread, "msm-record", STACK, record, recorder, error);
    return recorder->running || error_prefix(error, "cannot start the thread of the recording: ");
}

static void destroy_homeless(struct recorder *recorder)
{
    struct tape *next;
    for (struct tape *tape = recorder->homeless; tape; tape = next) {
        next = tape->next;
        tape_destroy(tape);
    }
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->running) {
        pthread_mutex_lock(&recorder->mutex);
        recorder->over = true;
        pthread_cond_signal(&recorder->changed);
        pthread_mutex_unlock(&recorder->mutex);
        pthread_join(recorder->thread, NULL);
    }
    record_file_close(&recorder->file);
    tape_destroy(recorder->tape);
    destroy_homeless(recorder);
    ring_destroy(recorder->ring);
    pthread_cond_destroy(&recorder->changed);
    pthread_mutex_destroy(&recorder->mutex);
    free(recorder->frame);
    free(recorder->step.bytes);
    free(recorder);
}

void recorder_look(struct recorder *recorder, struct recorder_status *status)
{
    pthread_mutex_lock(&recorder->mutex);
    *status = (struct recorder_status){.path = recorder->file.path,
                                       .bytes = recorder->bytes,
                                       .scans = recorder->scans,
                                       .lost = atomic_load(&recorder->lost),
                                       .works = !*recorder->problem.text};
    snprintf(status->problem, sizeof status->problem, "%.*s", (int)sizeof status->problem - 1,
             recorder->problem.text);
    pthread_mutex_unlock(&recorder->mutex);
}
