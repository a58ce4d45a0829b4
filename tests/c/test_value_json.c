/* Proves that values keep their digits and their bits on the way to JSON and back, that texts of
 * any bytes become valid ones, and what typed text means to which type. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "control/glob.h"
#include "control/request.h"
#include "control/value_json.h"

static const struct variable FLOAT32 = {.type = TYPE_FLOAT32, .path = "mem.F"};
static const struct variable FLOAT64 = {.type = TYPE_FLOAT64, .path = "mem.D"};
static const struct variable WORD16 = {.type = TYPE_UINT16, .path = "mem.W"};
static const struct variable WORD64 = {.type = TYPE_UINT64, .path = "mem.U"};
static const struct variable SIGNED64 = {.type = TYPE_INT64, .path = "mem.I"};
static const struct variable FLAG = {.type = TYPE_BOOL, .path = "mem.B"};
static const struct variable TEXT = {.type = TYPE_STRING, .path = "mem.T"};
static const struct variable SCALED = {
    .type = TYPE_INT16, .has_scale = true, .scale = 0.1, .path = "mem.S"};

static void expect_json(const struct variable *v, struct value value, const char *wanted)
{
    json_t *json = value_json(v, &value);
    char *text = json_dumps(json, JSON_ENCODE_ANY);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(json);
}

static struct value number(double x)
{
    return (struct value){.kind = VALUE_NUMBER, .number = x};
}

static struct value integer(int64_t x)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = x};
}

static void digits_are_the_variables(void **state)
{
    (void)state;
    struct value narrow = number((double)20.1f);
    json_t *json = value_json(&FLOAT32, &narrow);
    assert_true(json_real_value(json) == 20.1);
    json_decref(json);
    struct value scaled = number(3 * 0.1);
    json = value_json(&SCALED, &scaled);
    assert_true(json_real_value(json) == 0.3);
    json_decref(json);
    struct value wide = number(0.1 + 0.2);
    json = value_json(&FLOAT64, &wide);
    assert_true(json_real_value(json) == 0.1 + 0.2);
    json_decref(json);
    expect_json(&SIGNED64, integer(INT64_MIN), "-9223372036854775808");
    expect_json(&SIGNED64, integer(9007199254740993), "9007199254740993");
    expect_json(&WORD64, integer(-1), "-1");
    expect_json(&FLOAT64, number(NAN), "\"nan\"");
    expect_json(&FLOAT64, number(INFINITY), "\"inf\"");
    expect_json(&FLOAT32, number(-INFINITY), "\"-inf\"");
    expect_json(&FLAG, (struct value){.kind = VALUE_BOOLEAN, .boolean = true}, "true");
}

static void texts_are_valid(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"plain", "plain"},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"a\x80z", "a\xEF\xBF\xBDz"},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* overlong */
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* a surrogate */
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"}, /* cut */
        {"\xFF", "\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *json = value_json_text(cases[i].bytes, strlen(cases[i].bytes));
        assert_string_equal(json_string_value(json), cases[i].text);
        json_decref(json);
    }
    json_t *json = value_json_text("a\0b", 3);
    assert_int_equal(json_string_length(json), 3);
    json_decref(json);
}

static void typed(void **state)
{
    (void)state;
    assert_int_equal(value_json_type(&WORD16, "0x1F").integer, 31);
    assert_int_equal(value_json_type(&WORD16, "-5").integer, -5);
    assert_int_equal(value_json_type(&WORD16, "007").integer, 7);
    assert_int_equal(value_json_type(&WORD64, "18446744073709551615").integer, -1);
    assert_int_equal(value_json_type(&SIGNED64, "18446744073709551615").kind, VALUE_NUMBER);
    assert_true(value_json_type(&FLOAT32, "12.5").number == 12.5);
    assert_true(value_json_type(&FLOAT32, "1e3").number == 1000);
    assert_true(isnan(value_json_type(&FLOAT32, "nan").number));
    assert_true(value_json_type(&FLOAT64, "-inf").number == -INFINITY);
    assert_true(value_json_type(&FLAG, "off").kind == VALUE_BOOLEAN);
    assert_true(value_json_type(&FLAG, "1").boolean);
    static const char *const strings[] = {"",    " 1",  "1 ",  "0x", "infinity",
                                          "NAN", "1,5", "--1", "1e"};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        assert_int_equal(value_json_type(&FLOAT64, strings[i]).kind, VALUE_STRING);
        assert_int_equal(value_json_type(&WORD16, strings[i]).kind, VALUE_STRING);
        assert_int_equal(value_json_type(&FLAG, strings[i]).kind, VALUE_STRING);
    }
    assert_int_equal(value_json_type(&TEXT, "12").kind, VALUE_STRING);
}

static void patterns(void **state)
{
    (void)state;
    assert_true(glob_match("*", ""));
    assert_true(glob_match("", ""));
    assert_false(glob_match("", "a"));
    assert_false(glob_match("?", ""));
    assert_true(glob_match("a*b*c", "a-b-b-c"));
    assert_false(glob_match("a*b*c", "a-b-b-cd"));
    assert_true(glob_match("**[*]", "x[1]"));
    assert_false(glob_match("a", "A"));
    char name[4000], pattern[] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(glob_match(pattern, name)); /* at once, not after 4000^15 steps */
}

static void expect_request(const char *line, size_t length, const char *part)
{
    struct error error = {""};
    json_t *request = request_read(line, length, &error);
    if (part)
        assert_null(request);
    else
        assert_non_null(request);
    if (part && !strstr(error.text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.text);
    json_decref(request);
}

static void requests(void **state)
{
    (void)state;
#define REQUEST(line, part) expect_request(line, sizeof line - 1, part)
    REQUEST("{}", NULL);
    REQUEST("{\"do\": \"get\", \"names\": [\"\xC3\xA4\"]}", NULL);
    REQUEST("", "not a line of JSON");
    REQUEST("null", "one JSON object");
    REQUEST("[{}]", "one JSON object");
    REQUEST("{} {}", "not a line of JSON");
    REQUEST("{\"a\": 1, \"a\": 2}", "twice");
    REQUEST("{\"a\": \"\xFF\"}", "UTF-8");
    REQUEST("{\"a\": \"\\u0000\"}", "NUL");
    REQUEST("{\"a\": \0}", "not a line of JSON");
    REQUEST("{\"a\": 99999999999999999999}", "64 bits");
    REQUEST("{\"a\": 1e999}", "64 bits");
    REQUEST("{\"a\": NaN}", "not a line of JSON");
    static char deep[60000];
    memset(deep, '[', sizeof deep);
    expect_request(deep, sizeof deep, "nested");
    for (size_t i = 0; i + 5 < sizeof deep; i += 5)
        memcpy(deep + i, "{\"a\":", 5);
    expect_request(deep, sizeof deep / 5 * 5, "nested");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_the_variables),
        cmocka_unit_test(texts_are_valid),
        cmocka_unit_test(typed),
        cmocka_unit_test(patterns),
        cmocka_unit_test(requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
