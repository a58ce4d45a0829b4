/* Proves, with a program whose scans are stepped by hand, that what a recorder writes is what was
 * latched and published, scan by scan; that nothing is written before it is started, nor over what
 * is no recording; that no scan is missing without being counted, in the file, too; and that a file
 * which is full, or taken away, is no more trouble than that. */

#include "scan_bed.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "record/recorder.h"
#include "record/recording.h"
#include "record/tape.h"

/* SMALL turns often: half of it, but for what the ring may hold, are some kilobytes. */
enum { PERIOD = 10, SMALL = 2 * (1 << 20) + 16384, MOST = 2000000, AHEAD = 5000 };

struct rig {
    struct fixture f;
    char folder[64], path[80], former[88];
    struct recorder *recorder;
    int64_t at; /* ms, of the next step */
    uint64_t steps;
};

static bool count(struct fixture *f, size_t task)
{
    (void)task;
    f->run_count = 0; /* who runs is not looked at here */
    assign(f, "A", (uint16_t)(value(f, "A") + 1));
    return f->seen[0] == 0;
}

static int rig_begin(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->folder, sizeof rig->folder, "/tmp/msm-recorder-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->path, sizeof rig->path, "%s/night.rec", rig->folder);
    snprintf(rig->former, sizeof rig->former, "%s.1", rig->path);
    begin(&rig->f, (int64_t[]){PERIOD * MS}, 1);
    rig->f.task = count;
    *state = rig;
    return 0;
}

static int rig_end(void **state)
{
    struct rig *rig = *state;
    recorder_close(rig->recorder);
    scan_destroy(rig->f.scan);
    image_destroy(rig->f.image);
    plan_unref(rig->f.plan);
    unlink(rig->path);
    unlink(rig->former);
    assert_int_equal(rmdir(rig->folder), 0);
    free(rig);
    return 0;
}

static struct tape *tape_of(struct rig *rig)
{
    struct error error;
    const struct tape_label label = {.script = "test.lua", .why = "start", .text = 42};
    struct tape *tape = tape_create(rig->f.image, &label, &error);
    assert_non_null(tape);
    return tape;
}

static void record(struct rig *rig, int64_t size)
{
    struct error error;
    rig->recorder = recorder_open(rig->path, size, &error);
    if (!rig->recorder)
        fail_msg("%s", error.text);
    recorder_take(rig->recorder, tape_of(rig), rig->f.scan);
}

static void start_it(struct rig *rig)
{
    struct error error;
    if (!recorder_start(rig->recorder, &error))
        fail_msg("%s", error.text);
}

static void take_step(struct rig *rig)
{
    step_taking(&rig->f, rig->at, 2);
    rig->at += PERIOD;
    rig->steps++;
}

static struct recorder_status look(struct rig *rig)
{
    struct recorder_status status;
    recorder_look(rig->recorder, &status);
    return status;
}

static void close_it(struct rig *rig)
{
    recorder_close(rig->recorder);
    rig->recorder = NULL;
    scan_observe(rig->f.scan, NULL);
}

static off_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

static uint32_t cell_of(struct rig *rig, const char *name)
{
    return find(&rig->f, name)->cell;
}

/* ---- what was written ---- */

struct read {
    uint64_t steps, snapshots, lost, turns;
    uint16_t first, last; /* of A, as it was latched */
    bool gapless;         /* but where scans are said to be missing */
};

static struct recording *reading(struct rig *rig)
{
    struct error error;
    struct recording *recording = recording_open(rig->path, &error);
    if (!recording)
        fail_msg("%s", error.text);
    return recording;
}

static enum record_kind next_of(struct recording *recording)
{
    struct error error;
    enum record_kind kind;
    if (!recording_next(recording, &kind, &error))
        fail_msg("the recording ends: %s", error.text);
    return kind;
}

static void note_step(struct rig *rig, struct recording *recording, struct read *read)
{
    uint16_t now = recording->cells[cell_of(rig, "A")];
    if (!read->steps++)
        read->first = now;
    else
        read->gapless &= now == (uint16_t)(read->last + 1);
    read->last = now;
    recording_publish(recording);
    read->gapless &= recording->cells[cell_of(rig, "A")] == (uint16_t)(now + 1);
}

static struct read read_all(struct rig *rig)
{
    struct recording *recording = reading(rig);
    struct read read = {.gapless = true};
    struct error error;
    enum record_kind kind;
    while (recording_next(recording, &kind, &error)) {
        if (kind == RECORD_STEP)
            note_step(rig, recording, &read);
        if (kind != RECORD_SNAPSHOT)
            continue;
        read.snapshots++;
        read.turns += recording->reason == RECORD_TURN;
        read.lost += recording->lost;
        read.last = (uint16_t)(read.last + recording->lost);
    }
    assert_string_equal(error.text, "");
    recording_close(recording);
    return read;
}

/* ---- cases ---- */

static void what_came_and_what_was_made_of_it(void **state)
{
    struct rig *rig = *state;
    record(rig, RECORDER_SIZE);
    start_it(rig);
    take_step(rig);
    remote_write(&rig->f, "B", 5);
    take_step(rig);
    rig->f.seen[0] = 1; /* the task fails */
    take_step(rig);
    close_it(rig);
    struct recording *recording = reading(rig);
    assert_int_equal(next_of(recording), RECORD_PLAN);
    assert_string_equal(recording->program, "test");
    assert_string_equal(recording->script, "test.lua");
    assert_int_equal(recording->text, 42);
    assert_int_equal(recording->point_count, rig->f.plan->point_count);
    assert_int_equal(next_of(recording), RECORD_SNAPSHOT);
    assert_int_equal(recording->reason, RECORD_START);
    assert_true(recording->starts);
    assert_string_equal(recording->why, "start");
    assert_int_equal(next_of(recording), RECORD_STEP);
    assert_int_equal(recording->came_count, 0);
    assert_true(recording->now.monotonic == START && recording->now.utc == UTC_2025);
    assert_true(recording->end == START + 2 * MS);
    recording_publish(recording);
    assert_int_equal(recording->cells[cell_of(rig, "A")], 1);
    assert_int_equal(next_of(recording), RECORD_STEP);
    assert_true(recording->now.monotonic == START + PERIOD * MS);
    assert_int_equal(recording->came_count, 1);
    assert_int_equal(recording->came[0], cell_of(rig, "B"));
    assert_int_equal(recording->cells[cell_of(rig, "B")], 5);
    assert_int_equal(recording->marked_count, 1);
    recording_publish(recording);
    assert_int_equal(next_of(recording), RECORD_STEP);
    assert_true(recording->faulted);
    assert_non_null(strstr(recording->fault, "task 0 broke"));
    recording_publish(recording);
    assert_int_equal(recording->cells[cell_of(rig, "A")], 2); /* a fault publishes nothing */
    recording_close(recording);
}

static void nothing_is_written_before_the_start(void **state)
{
    struct rig *rig = *state;
    struct error error;
    record(rig, RECORDER_SIZE);
    take_step(rig);
    assert_int_equal(size_of(rig->path), 0);
    start_it(rig);
    take_step(rig);
    close_it(rig);
    struct read read = read_all(rig);
    assert_int_equal(read.steps, 2); /* what came before was only kept back */
    assert_null(recorder_open(rig->folder, RECORDER_SIZE, &error));
    assert_non_null(strstr(error.text, rig->folder));
}

static void what_is_no_recording_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct error error;
    char text[32] = "";
    for (int former = 0; former < 2; former++) {
        const char *path = former ? rig->former : rig->path;
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        assert_int_equal(write(fd, "mem.X = coil(0)\n", 16), 16);
        assert_null(recorder_open(rig->path, RECORDER_SIZE, &error));
        assert_non_null(strstr(error.text, "is no recording: it is not written over"));
        assert_int_equal(pread(fd, text, sizeof text, 0), 16);
        assert_string_equal(text, "mem.X = coil(0)\n");
        close(fd);
        unlink(path);
    }
}

static void only_one_records_into_a_file(void **state)
{
    struct rig *rig = *state;
    struct error error;
    record(rig, RECORDER_SIZE);
    assert_null(recorder_open(rig->path, RECORDER_SIZE, &error));
    assert_non_null(strstr(error.text, "another program records into"));
    close_it(rig);
    record(rig, RECORDER_SIZE);
}

static void who_comes_next_goes_on_behind(void **state)
{
    struct rig *rig = *state;
    for (int process = 0; process < 2; process++) {
        record(rig, RECORDER_SIZE);
        start_it(rig);
        take_step(rig);
        take_step(rig);
        close_it(rig);
    }
    struct read read = read_all(rig);
    assert_int_equal(read.steps, 4);
    assert_int_equal(read.snapshots, 2);
    assert_true(read.gapless);
}

/* Until a snapshot has found its way: the other thread has to write the last one down first. */
static void step_until_recorded(struct rig *rig)
{
    uint64_t lost;
    do {
        lost = look(rig).lost;
        take_step(rig);
        poll(NULL, 0, 1);
        assert_true(rig->steps < MOST);
    } while (look(rig).lost != lost);
}

/* Nobody takes anything out of the ring until it is started. */
static void what_does_not_fit_is_counted(void **state)
{
    struct rig *rig = *state;
    record(rig, RECORDER_SIZE);
    while (look(rig).lost < 3) {
        take_step(rig);
        assert_true(rig->steps < MOST);
    }
    start_it(rig);
    step_until_recorded(rig);
    uint64_t lost = look(rig).lost;
    close_it(rig);
    struct read read = read_all(rig);
    assert_int_equal(read.lost, lost);
    assert_int_equal(read.steps + lost, rig->steps);
    assert_int_equal(read.snapshots, 2);
    assert_true(read.gapless);
}

static void wait_for_turn(struct rig *rig, ino_t before)
{
    struct stat status = {.st_ino = before};
    while (stat(rig->former, &status) != 0 || status.st_ino == before) {
        take_step(rig);
        while (look(rig).works && rig->steps - look(rig).scans > AHEAD) /* so that none is lost */
            poll(NULL, 0, 1);
        assert_true(look(rig).works && rig->steps < MOST);
    }
}

static ino_t former_of(struct rig *rig)
{
    struct stat status;
    assert_int_equal(stat(rig->former, &status), 0);
    return status.st_ino;
}

static void a_full_file_turns(void **state)
{
    struct rig *rig = *state;
    record(rig, SMALL);
    start_it(rig);
    wait_for_turn(rig, 0);
    wait_for_turn(rig, former_of(rig));
    take_step(rig);
    struct recorder_status status = look(rig);
    assert_true(status.works);
    assert_string_equal(status.problem, "");
    assert_string_equal(status.path, rig->path);
    assert_int_equal(status.lost, 0);
    close_it(rig);
    struct read read = read_all(rig);
    assert_true(read.turns >= 2 && read.gapless && read.lost == 0);
    assert_int_equal(read.last, (uint16_t)(rig->steps - 1));
    assert_true(read.steps < rig->steps); /* what was in the oldest file is gone */
    assert_true(size_of(rig->path) + size_of(rig->former) <= SMALL);
}

static void another_program_is_recorded_next(void **state)
{
    struct rig *rig = *state;
    record(rig, RECORDER_SIZE);
    start_it(rig);
    take_step(rig);
    recorder_take(rig->recorder, tape_of(rig), rig->f.scan);
    take_step(rig);
    close_it(rig);
    struct recording *recording = reading(rig);
    static const enum record_kind kinds[] = {RECORD_PLAN, RECORD_SNAPSHOT, RECORD_STEP,
                                             RECORD_PLAN, RECORD_SNAPSHOT, RECORD_STEP};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_int_equal(next_of(recording), kinds[i]);
        if (i == 4)
            assert_int_equal(recording->reason, RECORD_PROGRAM);
    }
    recording_close(recording);
}

static void taken_away_it_ends(void **state)
{
    struct rig *rig = *state;
    record(rig, RECORDER_SIZE);
    start_it(rig);
    take_step(rig);
    assert_int_equal(unlink(rig->path), 0);
    while (look(rig).works) {
        poll(NULL, 0, 1);
        take_step(rig);
        assert_true(rig->steps < MOST);
    }
    assert_non_null(strstr(look(rig).problem, "was moved or removed by somebody else"));
    recorder_take(rig->recorder, tape_of(rig), rig->f.scan); /* the program goes on, and changes */
    take_step(rig);
    close_it(rig);
    assert_int_equal(size_of(rig->path), -1);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_came_and_what_was_made_of_it),
        RIG_TEST(nothing_is_written_before_the_start),
        RIG_TEST(what_is_no_recording_is_left_alone),
        RIG_TEST(only_one_records_into_a_file),
        RIG_TEST(who_comes_next_goes_on_behind),
        RIG_TEST(what_does_not_fit_is_counted),
        RIG_TEST(a_full_file_turns),
        RIG_TEST(another_program_is_recorded_next),
        RIG_TEST(taken_away_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
