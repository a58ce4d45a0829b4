/* Proves that lines reach the files they are for, whole and in order, from several threads; that a
 * queue without room and a disk without room cost lines, which are counted; that files are turned
 * over by size, by time and where their header is another one, and nothing else is lost. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text_queue.h"
#include "store/text_logs.h"

struct desk {
    char folder[64], path[128];
    struct text_queue *queue;
    struct text_logs *logs;
};

static int begin(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error error;
    snprintf(desk->folder, sizeof desk->folder, "/tmp/msm-texts-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->path, sizeof desk->path, "%s/made/here/p.log.csv", desk->folder);
    char inner[128];
    snprintf(inner, sizeof inner, "%s/made/here", desk->folder);
    desk->queue = text_queue_create(&error);
    desk->logs = text_logs_open(inner, "p", &error);
    assert_true(desk->queue && desk->logs);
    *state = desk;
    return 0;
}

static int end(void **state)
{
    struct desk *desk = *state;
    char command[128];
    text_logs_close(desk->logs);
    text_queue_destroy(desk->queue);
    snprintf(command, sizeof command, "rm -rf '%s'", desk->folder);
    assert_int_equal(system(command), 0);
    free(desk);
    return 0;
}

static struct text_file *make(const char *name, const char *header, int64_t size, int64_t turn)
{
    const struct text_file_spec spec = {
        .name = name, .header = header, .size = size, .files = 2, .turn = turn};
    struct error error;
    struct text_file *file = text_file_create(&spec, &error);
    assert_non_null(file);
    return file;
}

static bool put(struct desk *desk, struct text_file *file, const char *line)
{
    return text_queue_put(desk->queue, file, line, strlen(line));
}

static void write_one(struct desk *desk, struct text_file *file, const char *line)
{
    assert_true(put(desk, file, line));
    text_logs_drain(desk->logs, desk->queue);
}

/* "p.log.1.csv" for "log.1". */
static void expect(const struct desk *desk, const char *name, const char *wanted)
{
    char path[192], text[4096];
    snprintf(path, sizeof path, "%s/made/here/p.%s.csv", desk->folder, name);
    FILE *file = fopen(path, "r");
    if (!wanted) {
        assert_null(file);
        return;
    }
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, wanted);
}

static void lines_of_two_files(void **state)
{
    struct desk *desk = *state;
    struct text_file *a = make("log", "H\n", 1000, 0), *b = make("other", "K\n", 1000, 0);
    text_logs_drain(desk->logs, desk->queue);
    expect(desk, "log", NULL);
    assert_true(put(desk, a, "1\n") && put(desk, b, "2\n") && put(desk, a, "3\n"));
    text_logs_drain(desk->logs, desk->queue);
    write_one(desk, a, "4\n");
    expect(desk, "log", "H\n1\n3\n4\n");
    expect(desk, "other", "K\n2\n");
    assert_int_equal(atomic_load(&a->written), 3);
    assert_int_equal(atomic_load(&a->lost), 0);
    text_file_unref(a);
    text_file_unref(b);
}

static void turned_by_size(void **state)
{
    struct desk *desk = *state;
    struct text_file *file = make("log", "H\n", 6, 0);
    const char *const lines[] = {"1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "too long\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        write_one(desk, file, lines[i]);
    expect(desk, "log", "H\ntoo long\n"); /* a line is never refused for its length */
    expect(desk, "log.1", "H\n7\n");
    expect(desk, "log.2", "H\n5\n6\n");
    expect(desk, "log.3", NULL);
    text_file_unref(file);
}

/* Many lines that come at once are no reason to make a file larger. */
static void turned_by_size_within_a_batch(void **state)
{
    struct desk *desk = *state;
    struct text_file *file = make("log", "H\n", 8, 0);
    const char *const lines[] = {"1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_true(put(desk, file, lines[i]));
    text_logs_drain(desk->logs, desk->queue);
    expect(desk, "log", "H\n7\n");
    expect(desk, "log.1", "H\n4\n5\n6\n");
    expect(desk, "log.2", "H\n1\n2\n3\n");
    assert_int_equal(atomic_load(&file->written), 7);
    text_file_unref(file);
}

/* A file that cannot be renamed does not grow, and gets no rows of another kind: rows are lost, and
 * counted. Folders that cannot be moved lie in its way. */
static void cannot_be_turned(void **state)
{
    struct desk *desk = *state;
    struct text_file *file = make("log", "H\n", 4, 0);
    static const char *const ways[] = {"p.log.1.csv", "p.log.2.csv", "p.log.2.csv/full"};
    char way[192];
    write_one(desk, file, "1\n");
    for (int i = 0; i < 3; i++) {
        snprintf(way, sizeof way, "%s/made/here/%s", desk->folder, ways[i]);
        assert_int_equal(mkdir(way, 0700), 0);
    }
    write_one(desk, file, "2\n");
    write_one(desk, file, "3\n");
    expect(desk, "log", "H\n1\n");
    assert_int_equal(atomic_load(&file->lost), 2);
    struct text_file *other = make("log", "K\n", 4, 0); /* after a reload */
    write_one(desk, other, "4\n");
    expect(desk, "log", "H\n1\n");
    assert_int_equal(atomic_load(&other->lost), 1); /* its own, not those of the one before */
    for (int i = 2; i >= 0; i--) {
        snprintf(way, sizeof way, "%s/made/here/%s", desk->folder, ways[i]);
        assert_int_equal(rmdir(way), 0);
    }
    write_one(desk, other, "5\n");
    expect(desk, "log", "K\n5\n");
    expect(desk, "log.1", "H\n1\n");
    text_file_unref(file);
    text_file_unref(other);
}

/* What a file on another mount, or one that may only grow, is like. False where the system has no
 * such thing here. */
static bool fix(const struct desk *desk, const char *name, bool fixed)
{
    char path[192];
    int flags = 0;
    snprintf(path, sizeof path, "%s/made/here/p.%s.csv", desk->folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    bool ok = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    flags = fixed ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
    ok = ok && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    close(fd);
    return ok;
}

static void the_older_ones_stay_where_the_file_cannot_go(void **state)
{
    struct desk *desk = *state;
    struct text_file *file = make("log", "H\n", 4, 0);
    for (char row[] = "1\n"; row[0] <= '3'; row[0]++)
        write_one(desk, file, row);
    if (!fix(desk, "log", true)) {
        text_file_unref(file);
        skip();
    }
    for (char row[] = "4\n"; row[0] <= '8'; row[0]++)
        write_one(desk, file, row);
    expect(desk, "log.2", "H\n1\n");
    expect(desk, "log.1", "H\n2\n");
    expect(desk, "log", "H\n3\n");
    assert_true(fix(desk, "log", false));
    write_one(desk, file, "9\n");
    expect(desk, "log.2", "H\n2\n");
    expect(desk, "log.1", "H\n3\n");
    expect(desk, "log", "H\n9\n");
    text_file_unref(file);
}

/* A program that is brought back comes with its own file again. */
static void losses_are_told_once(void **state)
{
    struct desk *desk = *state;
    struct text_file *first = make("log", "H\n", 1000, 0), *second = make("log", "H\n", 1000, 0);
    write_one(desk, first, "1\n");
    atomic_store(&first->lost, 3);
    write_one(desk, first, "2\n");
    assert_int_equal(first->told, 3);
    write_one(desk, second, "3\n");
    write_one(desk, first, "4\n");
    assert_int_equal(first->told, 3);
    assert_int_equal(second->told, 0);
    text_file_unref(first);
    text_file_unref(second);
}

static void turned_by_time(void **state)
{
    struct desk *desk = *state;
    const int64_t hour = INT64_C(3600000000000);
    struct text_file *file = make("log", "H\n", 1000, hour);
    write_one(desk, file, "1\n");
    const struct timespec before[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    assert_int_equal(utimensat(0, desk->path, before, 0), 0);
    text_logs_close(desk->logs); /* and another process */
    struct error error;
    char inner[128];
    snprintf(inner, sizeof inner, "%s/made/here", desk->folder);
    desk->logs = text_logs_open(inner, "p", &error);
    write_one(desk, file, "2\n");
    expect(desk, "log", "H\n2\n");
    expect(desk, "log.1", "H\n1\n");
    text_file_unref(file);
}

static void other_header_or_half_a_line(void **state)
{
    struct desk *desk = *state;
    struct text_file *file = make("log", "H\n", 1000, 0), *next = make("log", "HH\n", 1000, 0);
    write_one(desk, file, "1\n");
    write_one(desk, next, "2\n");
    expect(desk, "log.1", "H\n1\n");
    expect(desk, "log", "HH\n2\n");
    struct text_file *same = make("log", "HH\n", 1000, 0);
    write_one(desk, same, "\"a\nb\"\n");
    expect(desk, "log", "HH\n2\n\"a\nb\"\n");
    FILE *other = fopen(desk->path, "a");
    fputs("\"half\n", other);
    fclose(other);
    write_one(desk, file, "3\n");
    expect(desk, "log.1", "HH\n2\n\"a\nb\"\n\"half\n");
    expect(desk, "log", "H\n3\n");
    text_file_unref(file);
    text_file_unref(next);
    text_file_unref(same);
}

static void no_room_on_the_disk(void **state)
{
    struct desk *desk = *state;
    struct rlimit before, limit;
    struct text_file *file = make("log", "H\n", 1000, 0);
    write_one(desk, file, "1\n");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    limit = before;
    limit.rlim_cur = 6;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    write_one(desk, file, "none of it\n");
    write_one(desk, file, "nor of it\n");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(atomic_load(&file->lost), 2);
    write_one(desk, file, "2\n");
    expect(desk, "log", "H\n1\n2\n");
    assert_int_equal(atomic_load(&file->written), 2);
    text_file_unref(file);
}

static void no_room_in_the_queue(void **state)
{
    struct desk *desk = *state;
    struct text_file *file = make("log", "H\n", INT64_C(1) << 30, 0);
    char line[TEXT_LINE_MAX];
    uint64_t kept = 0;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 100; i++)
        kept += text_queue_put(desk->queue, file, line, sizeof line);
    assert_in_range(kept, 20, 40);
    assert_int_equal(atomic_load(&file->lost), 100 - kept);
    text_logs_drain(desk->logs, desk->queue);
    assert_int_equal(atomic_load(&file->written), kept);
    struct stat status;
    assert_int_equal(stat(desk->path, &status), 0);
    assert_int_equal(status.st_size, 2 + kept * sizeof line);
    assert_true(put(desk, file, "there is again\n"));
    text_file_unref(file); /* the queue has a reference of its own */
}

enum { LINES = 20000 };

static void *put_many(void *argument)
{
    void **both = argument;
    char line[32];
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%d\n", i);
        put(both[0], both[1], line);
    }
    return NULL;
}

static uint64_t done(struct text_file *file)
{
    return atomic_load(&file->written) + atomic_load(&file->lost);
}

static void two_threads(void **state)
{
    struct desk *desk = *state;
    struct text_file *files[2] = {make("log", "H\n", 1 << 30, 0), make("b", "H\n", 1 << 30, 0)};
    pthread_t threads[2];
    void *both[2][2] = {{desk, files[0]}, {desk, files[1]}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, both[i]), 0);
    while (done(files[0]) + done(files[1]) < (uint64_t)2 * LINES)
        text_logs_drain(desk->logs, desk->queue);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    FILE *file = fopen(desk->path, "r");
    int last = -1, number, count = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "H\n"), 0);
    for (; fscanf(file, "%d\n", &number) == 1; last = number, count++)
        assert_true(number > last);
    fclose(file);
    assert_int_equal(count, atomic_load(&files[0]->written));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(done(files[i]), LINES);
        text_file_unref(files[i]);
    }
}

static void many_names(void **state)
{
    struct desk *desk = *state;
    char name[16];
    for (int i = 0; i < 100; i++) { /* more than are kept open */
        snprintf(name, sizeof name, "n%d", i % 50);
        struct text_file *file = make(name, "H\n", 1000, 0);
        write_one(desk, file, "1\n");
        text_file_unref(file);
    }
    expect(desk, "n0", "H\n1\n1\n");
    expect(desk, "n49", "H\n1\n1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_of_two_files),
        TEST(turned_by_size),
        TEST(turned_by_size_within_a_batch),
        TEST(cannot_be_turned),
        TEST(the_older_ones_stay_where_the_file_cannot_go),
        TEST(losses_are_told_once),
        TEST(turned_by_time),
        TEST(other_header_or_half_a_line),
        TEST(no_room_on_the_disk),
        TEST(no_room_in_the_queue),
        TEST(two_threads),
        TEST(many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
