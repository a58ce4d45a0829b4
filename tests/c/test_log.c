/* Proves that a line arrives whole and once, that who logs never waits for a reader, that every
 * line that did not fit is counted and said, and that a reader who goes away ends nothing but
 * the output. stderr is a pipe here, and given back before anything is asserted. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"

struct capture {
    int read_end, stderr_copy;
};

static struct capture capture_begin(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct capture capture = {.read_end = ends[0], .stderr_copy = dup(STDERR_FILENO)};
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return capture;
}

/* After this the pipe has no writer left. */
static void give_back_stderr(struct capture *capture)
{
    dup2(capture->stderr_copy, STDERR_FILENO);
    close(capture->stderr_copy);
}

/* All there is until the last writer is gone; free it. */
static char *read_all(int descriptor)
{
    size_t size = 0, room = 1 << 20;
    char *text = malloc(room + 1);
    ssize_t count;
    while (size < room && (count = read(descriptor, text + size, room - size)) > 0)
        size += (size_t)count;
    text[size] = '\0';
    close(descriptor);
    return text;
}

static void *read_in_thread(void *descriptor)
{
    return read_all(*(int *)descriptor);
}

static bool start(void)
{
    struct error error = {""};
    return log_start(&error);
}

static void test_direct(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    log_line("unit %d: %s", 7, "not served");
    log_text("100 %s", 6);
    log_line("traceback:\n\tline 1");
    give_back_stderr(&capture);
    char *text = read_all(capture.read_end);
    assert_string_equal(text, "unit 7: not served\n100 %s\ntraceback:\n\tline 1\n");
    free(text);
}

static void test_queued(void **state)
{
    (void)state;
    char long_line[3000];
    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\0';
    struct capture capture = capture_begin();
    bool started = start() && start();
    log_line("first %d", 1);
    log_line("%s", long_line);
    log_text("a\0b", 3);
    log_stop();
    log_stop();
    log_line("after");
    give_back_stderr(&capture);
    char *text = read_all(capture.read_end);
    assert_true(started);
    assert_memory_equal(text, "first 1\nxxx", 11);
    size_t length = 8 + strlen(long_line);
    assert_memory_equal(text + length, "\na\0b\nafter\n", 12);
    free(text);
}

enum { THREADS = 4, TEXTS = 2000 };

static void *log_texts(void *context)
{
    for (int i = 0; i < TEXTS; i++)
        log_line("%c%04d head\n%c%04d tail", *(char *)context, i, *(char *)context, i);
    return NULL;
}

/* Each text of two lines must be in one piece, and each thread's texts in their order. */
static void check_texts(const char *text)
{
    int next[THREADS] = {0};
    for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
        char pair[40];
        int thread = *at - 'A';
        assert_in_range(thread, 0, THREADS - 1);
        int length = snprintf(pair, sizeof pair, "%c%04d head\n%c%04d tail\n", *at, next[thread],
                              *at, next[thread]);
        assert_memory_equal(at, pair, length);
        next[thread]++;
        at += length - 2;
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(next[i], TEXTS);
}

/* 8000 texts of 24 bytes are less than the ring: none may be lost. */
static void test_threads(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    bool started = start();
    pthread_t reader, threads[THREADS];
    char names[THREADS];
    pthread_create(&reader, NULL, read_in_thread, &capture.read_end);
    for (int i = 0; i < THREADS; i++) {
        names[i] = (char)('A' + i);
        pthread_create(&threads[i], NULL, log_texts, &names[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_stop();
    give_back_stderr(&capture);
    void *text;
    pthread_join(reader, &text);
    assert_true(started);
    check_texts(text);
    free(text);
}

/* Adds up what arrived and what was said to be lost. */
static void count_lines(const char *text, long *arrived, long *lost)
{
    *arrived = *lost = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
        long count = 0;
        int end = 0;
        assert_non_null(strchr(at, '\n'));
        if (strncmp(at, "line ", 5) == 0)
            ++*arrived;
        else if (sscanf(at, "%ld lines were lost: the terminal or pipe was too slow%n", &count,
                        &end) == 1 &&
                 end > 0)
            *lost += count;
        else
            fail_msg("unexpected: %.80s", at);
    }
}

/* Nobody reads while the lines are logged: were any of them waited for, this would never end. */
static void test_full(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    struct capture capture = capture_begin();
    bool started = start();
    for (int i = 0; i < LINES; i++)
        log_line("line %06d: about as long as a usual message, said far too often", i);
    pthread_t reader;
    pthread_create(&reader, NULL, read_in_thread, &capture.read_end);
    log_stop();
    give_back_stderr(&capture);
    void *text;
    pthread_join(reader, &text);
    long arrived, lost;
    assert_true(started);
    count_lines(text, &arrived, &lost);
    assert_true(lost > 0);
    assert_int_equal(arrived + lost, LINES);
    free(text);
}

/* Nobody ever reads: the stop gives up after its second, and lines after it are not waited for. */
static void test_stuck(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    bool started = start();
    for (int i = 0; i < 20000; i++)
        log_line("line %06d", i);
    int64_t before = clock_monotonic();
    log_stop();
    int64_t taken = clock_monotonic() - before;
    log_line("after");
    bool again = start();
    close(capture.read_end);
    log_stop();
    give_back_stderr(&capture);
    assert_true(started);
    assert_true(again);
    assert_true(taken >= NS_PER_S);
    assert_true(taken < INT64_C(30) * NS_PER_S);
}

/* SIGPIPE has its default action in this program: it would be the end. */
static void test_reader_gone(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    close(capture.read_end);
    log_line("direct");
    bool started = start();
    log_line("queued");
    log_stop();
    log_line("direct");
    give_back_stderr(&capture);
    assert_true(started);
}

static void test_no_stderr(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    close(STDERR_FILENO);
    log_line("direct");
    bool started = start();
    log_line("queued");
    log_stop();
    give_back_stderr(&capture);
    close(capture.read_end);
    assert_true(started);
}

static void test_cut(void **state)
{
    (void)state;
    enum { SIZE = 100000 };
    char *big = malloc(SIZE);
    memset(big, 'b', SIZE);
    struct capture capture = capture_begin();
    pthread_t reader;
    pthread_create(&reader, NULL, read_in_thread, &capture.read_end);
    bool started = start();
    log_text(big, SIZE);
    log_stop();
    give_back_stderr(&capture);
    void *text;
    pthread_join(reader, &text);
    assert_true(started);
    assert_int_equal(strspn(text, "b"), 65536);
    assert_non_null(strstr(text, "100000 bytes"));
    free(text);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),    cmocka_unit_test(test_queued),
        cmocka_unit_test(test_threads),   cmocka_unit_test(test_full),
        cmocka_unit_test(test_stuck),     cmocka_unit_test(test_reader_gone),
        cmocka_unit_test(test_no_stderr), cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
