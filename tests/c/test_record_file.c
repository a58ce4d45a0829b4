/* Proves that what was written since the last flush can be taken out again, whatever part of it has
 * reached the file, and that writing goes on behind what was kept: in the middle of a file, where
 * it had just begun, and where its place was taken when it was to be turned. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "record/form.h"
#include "record/record_file.h"

enum { MAGIC = sizeof RECORD_MAGIC - 1, SHORT = 24, LONG = 100000 }; /* more than is held back */

struct rig {
    char folder[64], path[80], former[88];
    struct record_file file;
    struct error error;
    uint8_t frame[LONG];
};

static int begin(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->folder, sizeof rig->folder, "/tmp/msm-record-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->path, sizeof rig->path, "%s/night.rec", rig->folder);
    snprintf(rig->former, sizeof rig->former, "%s.1", rig->path);
    assert_true(record_file_open(&rig->file, rig->path, &rig->error));
    assert_true(record_file_begin(&rig->file, &rig->error));
    *state = rig;
    return 0;
}

static int end(void **state)
{
    struct rig *rig = *state;
    record_file_close(&rig->file);
    unlink(rig->path);
    remove(rig->former);
    assert_int_equal(rmdir(rig->folder), 0);
    free(rig);
    return 0;
}

static void put(struct rig *rig, uint8_t byte, size_t length)
{
    memset(rig->frame, byte, length);
    assert_true(record_file_write(&rig->file, rig->frame, length, &rig->error));
}

static off_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

/* After both of these frames, and nothing else. */
static void two_frames_are_there(struct rig *rig, uint8_t first, uint8_t second)
{
    uint8_t bytes[MAGIC + 2 * (RECORD_HEAD + SHORT)];
    FILE *file = fopen(rig->path, "rb");
    assert_int_equal(size_of(rig->path), sizeof bytes);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_memory_equal(bytes, RECORD_MAGIC, MAGIC);
    assert_int_equal(bytes[MAGIC + RECORD_HEAD], first);
    assert_int_equal(bytes[sizeof bytes - 1], second);
    fclose(file);
}

static void cut_and_resumed(void **state)
{
    struct rig *rig = *state;
    put(rig, 'a', SHORT);
    assert_true(record_file_flush(&rig->file, &rig->error));
    put(rig, 'b', LONG); /* some of it is in the file by now … */
    put(rig, 'c', SHORT);
    assert_true(size_of(rig->path) > MAGIC + RECORD_HEAD + SHORT);
    record_file_cut(&rig->file); /* … and what is not does not come later */
    assert_int_equal(size_of(rig->path), MAGIC + RECORD_HEAD + SHORT);
    assert_int_equal(rig->file.size, MAGIC + RECORD_HEAD + SHORT);
    assert_true(record_file_resume(&rig->file, &rig->error));
    put(rig, 'd', SHORT);
    assert_true(record_file_flush(&rig->file, &rig->error));
    two_frames_are_there(rig, 'a', 'd');
    assert_true(record_file_is_there(&rig->file, &rig->error));
}

static void cut_at_its_begin(void **state)
{
    struct rig *rig = *state;
    assert_true(record_file_turn(&rig->file, &rig->error));
    put(rig, 'a', LONG);
    record_file_cut(&rig->file);
    record_file_cut(&rig->file); /* again: nothing more */
    assert_int_equal(size_of(rig->path), MAGIC);
    assert_int_equal(ftruncate(rig->file.lock, 0), 0); /* not even that found room */
    rig->file.kept = 0;
    assert_true(record_file_resume(&rig->file, &rig->error));
    put(rig, 'b', SHORT);
    put(rig, 'c', SHORT);
    assert_true(record_file_flush(&rig->file, &rig->error));
    two_frames_are_there(rig, 'b', 'c');
}

static void a_turn_that_fails(void **state)
{
    struct rig *rig = *state;
    put(rig, 'a', SHORT);
    assert_true(record_file_flush(&rig->file, &rig->error));
    assert_int_equal(mkdir(rig->former, 0700), 0);
    assert_false(record_file_turn(&rig->file, &rig->error));
    assert_non_null(strstr(rig->error.text, "cannot be renamed to"));
    assert_false(rig->file.full); /* no room makes that better */
    record_file_cut(&rig->file);
    assert_true(record_file_resume(&rig->file, &rig->error));
    put(rig, 'b', SHORT);
    assert_true(record_file_flush(&rig->file, &rig->error));
    two_frames_are_there(rig, 'a', 'b');
}

/* What lies behind the last whole frame when a recording is gone on with. */
static void leave_behind(struct rig *rig, const void *bytes, size_t length)
{
    record_file_close(&rig->file);
    FILE *file = fopen(rig->path, "ab");
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
    assert_true(record_file_open(&rig->file, rig->path, &rig->error));
    assert_true(record_file_begin(&rig->file, &rig->error));
}

static void goes_on_where_a_reader_would(void **state)
{
    struct rig *rig = *state;
    static const uint8_t zeros[4096], long_one[RECORD_HEAD] = {0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t wrong_sum[RECORD_HEAD + 1] = {1, 0, 0, 0, 9, 9, 9, 9, 'x'};
    static const struct {
        const void *bytes;
        size_t length;
    } tails[] = {{zeros, sizeof zeros},
                 {long_one, 3},
                 {long_one, sizeof long_one},
                 {wrong_sum, sizeof wrong_sum}};
    put(rig, 'a', SHORT);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        assert_true(record_file_flush(&rig->file, &rig->error));
        leave_behind(rig, tails[i].bytes, tails[i].length);
        assert_int_equal(size_of(rig->path), MAGIC + RECORD_HEAD + SHORT);
    }
    put(rig, 'b', SHORT);
    assert_true(record_file_flush(&rig->file, &rig->error));
    two_frames_are_there(rig, 'a', 'b');
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(cut_and_resumed),
        RIG_TEST(goes_on_where_a_reader_would),
        RIG_TEST(cut_at_its_begin),
        RIG_TEST(a_turn_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
