/* Proves that texts are copied, that rows keep their values as they grow, that memory comes zeroed,
 * and that a process without memory ends with a line on stderr and status 1. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/memory.h"

static void rows_keep_their_values(void **state)
{
    (void)state;
    size_t *rows = NULL;
    for (size_t i = 0; i < 1000; i++) {
        rows = memory_grow(rows, i, sizeof *rows);
        rows[i] = i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(rows[i], i);
    free(rows);
}

static void zeroed_is_zeroed_and_never_null(void **state)
{
    (void)state;
    char zeros[64] = {0};
    char *bytes = memory_zeroed(sizeof zeros, 1);
    void *nothing = memory_zeroed(0, 8);
    assert_memory_equal(bytes, zeros, sizeof zeros);
    assert_non_null(nothing);
    free(bytes);
    free(nothing);
}

static void a_text_is_copied(void **state)
{
    (void)state;
    char text[] = "tank.lua";
    char *copy = memory_string(text), *empty = memory_string("");
    text[0] = 'b';
    assert_string_equal(copy, "tank.lua");
    assert_string_equal(empty, "");
    free(copy);
    free(empty);
}

static void ask_for_too_much(int what)
{
    static size_t row;
    if (what == 0)
        memory_zeroed(SIZE_MAX / 2, 4);
    else if (what == 1) /* a full capacity of which twice as much cannot be counted */
        memory_grow(&row, SIZE_MAX / 4 + 1, sizeof row);
    else
        memory_short(5);
}

/* What a child that runs out of memory says, queued lines included; its status is asserted. */
static void last_words(int what, char *said, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error error;
        dup2(ends[1], STDERR_FILENO);
        if (log_start(&error))
            log_line("said before");
        ask_for_too_much(what);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], said + length, size - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

static void short_memory_ends_the_process_with_a_line(void **state)
{
    (void)state;
    char said[1000];
    for (int what = 0; what < 3; what++) {
        last_words(what, said, sizeof said);
        assert_non_null(strstr(said, "said before\n"));
        assert_non_null(strstr(said, "out of memory: "));
    }
    assert_non_null(strstr(said, "out of memory: 5 bytes were asked for; the program ends\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_keep_their_values),
        cmocka_unit_test(zeroed_is_zeroed_and_never_null),
        cmocka_unit_test(a_text_is_copied),
        cmocka_unit_test(short_memory_ends_the_process_with_a_line),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
