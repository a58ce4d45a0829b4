/* Proves that bytes become the same lines however they are cut, that a line that is too long is
 * told once and harms no other, and that what waits to be sent comes out as it went in. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/line_out.h"
#include "line_in_help.h"

enum { SIZE = 16 };

/* Lines as "a|b|", a long one as "!". `most` bytes at a time. */
static void cut(const char *bytes, size_t length, size_t most, char *text)
{
    struct line_in in;
    const char *line;
    size_t size;
    struct piece rest = {bytes, length};
    enum line_in_kind kind;
    assert_true(line_in_open(&in, SIZE));
    *text = '\0';
    for (bool ended = false; !ended;) {
        line_in_give(&in, &rest, most);
        ended = rest.length == 0;
        while ((kind = line_in_next(&in, ended, &line, &size)) != LINE_IN_NONE) {
            if (kind == LINE_IN_TOO_LONG)
                strcat(text, "!");
            else
                sprintf(text + strlen(text), "%.*s|", (int)size, line);
        }
    }
    line_in_close(&in);
}

static void however_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *lines;
    } cases[] = {
        {"", ""},
        {"a\nbb\n\nccc\n", "a|bb||ccc|"},
        {"a\nrest", "a|rest|"},
        {"123456789012345\nx\n", "123456789012345|x|"},
        {"1234567890123456\nx\n", "!x|"},
        {"12345678901234567890123456789012345678901234567890\nx\n", "!x|"},
        {"a\n12345678901234567890\n12345678901234567890\nx", "a|!!x|"},
        {"12345678901234567890", "!"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t most = 1; most <= 64; most++) {
            char text[256];
            cut(cases[i].bytes, strlen(cases[i].bytes), most, text);
            assert_string_equal(text, cases[i].lines);
        }
    }
}

static void out_as_it_went_in(void **state)
{
    (void)state;
    struct line_out out = {0};
    uint32_t in_next = 0, out_next = 0;
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint32_t numbers[64];
        size_t count = (seed = seed * 1103515245 + 12345) >> 16 & 63;
        for (size_t k = 0; k < count; k++)
            numbers[k] = in_next++;
        assert_true(line_out_add(&out, (const char *)numbers, count * sizeof *numbers));
        size_t take = ((seed = seed * 1103515245 + 12345) >> 16 & 127) + (i % 1000 ? 0 : 100000);
        for (; take > 0 && line_out_waiting(&out) > 0; take--, out_next++) {
            uint32_t number;
            memcpy(&number, line_out_first(&out), sizeof number);
            assert_int_equal(number, out_next);
            line_out_taken(&out, sizeof number);
        }
    }
    assert_int_equal(line_out_waiting(&out), (in_next - out_next) * sizeof(uint32_t));
    line_out_close(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_it_is_cut),
        cmocka_unit_test(out_as_it_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
