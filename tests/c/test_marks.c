/* Proves that the place of what is wrong is found in a refusal: the first one, not those of a
 * traceback; of a required file its own; with a path that has spaces, or that Lua has cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include "control/marks.h"

static const struct source SOURCES[] = {{.path = "my plant/tank.lua"},
                                        {.path = "my plant/driver.lua"}};

static void assert_mark(const char *text, const char *file, int line, const char *what)
{
    json_t *marks = marks_of(text, SOURCES, 2);
    const json_t *mark = json_array_get(marks, 0);
    assert_int_equal(json_array_size(marks), 1);
    assert_string_equal(json_string_value(json_object_get(mark, "file")), file);
    assert_int_equal(json_integer_value(json_object_get(mark, "line")), line);
    assert_string_equal(json_string_value(json_object_get(mark, "text")), what);
    json_decref(marks);
}

static void finds_the_place(void **state)
{
    (void)state;
    assert_mark("my plant/tank.lua:12: no", "my plant/tank.lua", 12, "no");
    assert_mark("refused, nothing has changed: my plant/tank.lua:1: it is 5: no",
                "my plant/tank.lua", 1, "it is 5: no");
    assert_mark("rolled back: ...plant/driver.lua:3: no", "my plant/driver.lua", 3, "no");
    assert_mark("other.lua:3: no", "other.lua", 3, "no");
}

static void passes_over_tracebacks(void **state)
{
    (void)state;
    assert_mark("my plant/driver.lua:2: no\nstack traceback:\n\tmy plant/tank.lua:3: in main chunk",
                "my plant/driver.lua", 2, "no");
    assert_mark("my plant/tank.lua:2: as in my plant/driver.lua:7: no", "my plant/tank.lua", 2,
                "as in my plant/driver.lua:7: no");
}

static void leads_into_required_files(void **state)
{
    (void)state;
    assert_mark("my plant/tank.lua:3: my plant/driver.lua:1: unexpected symbol near '='",
                "my plant/driver.lua", 1, "unexpected symbol near '='");
    assert_mark("my plant/tank.lua:3: new.lua:9: no", "new.lua", 9, "no");
}

static void finds_none(void **state)
{
    static const char *const TEXTS[] = {
        "", "no", "tank.lua", "tank.lua:", "tank.lua:0: no", "tank.lua:x: no", "tank.lua:7 no"};
    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        json_t *marks = marks_of(TEXTS[i], SOURCES, 2);
        assert_int_equal(json_array_size(marks), 0);
        json_decref(marks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_place),
        cmocka_unit_test(passes_over_tracebacks),
        cmocka_unit_test(leads_into_required_files),
        cmocka_unit_test(finds_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
