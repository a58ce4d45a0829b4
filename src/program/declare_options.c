/* The template of a declaration's options, in alphabetical order: one row says what an option
 * takes and how it is stored. Whether the options fit each other and the type is the variable's
 * own business (variable_prepare). */

#include "program/bind_memory.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static struct variable *target(void *context)
{
    return context;
}

static bool read_flag(lua_State *L, bool *flag)
{
    *flag = lua_toboolean(L, -1);
    return lua_type(L, -1) == LUA_TBOOLEAN;
}

static bool read_number(lua_State *L, double *number)
{
    *number = lua_tonumber(L, -1);
    return lua_type(L, -1) == LUA_TNUMBER;
}

/* Index of the text in a list that NULL ends, or -1. */
static int read_choice(lua_State *L, const char *const *choices)
{
    const char *text = plain_text(L, -1);
    for (int i = 0; text && choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0)
            return i;
    }
    return -1;
}

/* A value whose bytes, if it has any, live as long as the plan. */
static bool read_value(lua_State *L, bool *has, struct value *value)
{
    if (!to_value(L, -1, value))
        return false;
    *has = true;
    if (value->kind == VALUE_STRING) {
        check_room(L, value->string.length);
        char *bytes = plan_alloc(program_of(L)->plan, value->string.length + 1);
        memcpy(bytes, value->string.bytes, value->string.length);
        value->string.bytes = bytes;
    }
    return true;
}

bool read_winner(lua_State *L, enum winner *winner)
{
    int choice = read_choice(L, (const char *const[]){"remote", "program", NULL});
    *winner = choice == 1 ? WINNER_PROGRAM : WINNER_REMOTE;
    return choice >= 0;
}

bool read_order(lua_State *L, enum order *order)
{
    *order = lua_type(L, -1) == LUA_TSTRING ? codec_order(lua_tostring(L, -1)) : ORDER_COUNT;
    return *order != ORDER_COUNT;
}

static bool set_level(lua_State *L, void *v, enum alarm_level level)
{
    struct people *people = &target(v)->people;
    people->has[level] = true;
    return read_number(L, &people->limit[level]);
}

static bool set_hi(lua_State *L, void *v)
{
    return set_level(L, v, LEVEL_HI);
}

static bool set_hihi(lua_State *L, void *v)
{
    return set_level(L, v, LEVEL_HIHI);
}

static bool set_lo(lua_State *L, void *v)
{
    return set_level(L, v, LEVEL_LO);
}

static bool set_lolo(lua_State *L, void *v)
{
    return set_level(L, v, LEVEL_LOLO);
}

static bool set_confirm(lua_State *L, void *v)
{
    return read_flag(L, &target(v)->people.confirm);
}

static bool read_band(lua_State *L, double *band)
{
    return read_number(L, band) && *band >= 0 && *band <= DBL_MAX;
}

static bool set_deadband(lua_State *L, void *v)
{
    return read_band(L, &target(v)->people.deadband);
}

static bool set_history(lua_State *L, void *v)
{
    struct people *people = &target(v)->people;
    if (!lua_isboolean(L, -1))
        return read_band(L, &people->history);
    people->unrecorded = true;
    return !lua_toboolean(L, -1);
}

static bool set_hmi(lua_State *L, void *v)
{
    int choice = read_choice(L, (const char *const[]){"rw", "ro", "hide", NULL});
    target(v)->people.hmi = (enum hmi_access)(HMI_RW + choice);
    return choice >= 0;
}

static bool set_off_delay(lua_State *L, void *v)
{
    target(v)->people.off_delay = check_duration(L, -1, "option off_delay");
    return true;
}

static bool set_on_delay(lua_State *L, void *v)
{
    target(v)->people.on_delay = check_duration(L, -1, "option on_delay");
    return true;
}

static bool set_priority(lua_State *L, void *v)
{
    int choice = read_choice(L, (const char *const[]){"urgent", "high", "medium", "low", NULL});
    target(v)->people.priority = (uint8_t)(PRIORITY_URGENT + choice);
    return choice >= 0;
}

static bool set_count(lua_State *L, void *v)
{
    lua_Integer count;
    bool ok = read_integer(L, -1, 1, UINT16_MAX, &count);
    target(v)->count = (uint16_t)count;
    return ok;
}

static bool set_decimals(lua_State *L, void *v)
{
    lua_Integer decimals;
    bool ok = read_integer(L, -1, 0, 15, &decimals);
    target(v)->decimals = (int)decimals;
    return ok;
}

static bool set_default(lua_State *L, void *v)
{
    return read_value(L, &target(v)->has_default, &target(v)->initial);
}

static bool set_desc(lua_State *L, void *v)
{
    return read_text(L, &target(v)->desc);
}

/* A duration of at least 1 ms. */
static int64_t read_duration(lua_State *L, const char *what)
{
    int64_t duration = check_duration(L, -1, what);
    if (duration < NS_PER_MS)
        complain(L, "%s is at least 1 ms, not %s", what, shown(L, -1));
    return duration;
}

static bool set_expire(lua_State *L, void *v)
{
    target(v)->has_expire = true;
    target(v)->expire = read_duration(L, "option expire");
    return true;
}

static bool set_from(lua_State *L, void *v)
{
    return read_text(L, &target(v)->from) && *target(v)->from;
}

static bool set_invalid(lua_State *L, void *v)
{
    return read_value(L, &target(v)->has_invalid, &target(v)->invalid);
}

static bool set_dir(lua_State *L, void *v)
{
    int choice = read_choice(L, (const char *const[]){"in", "out", "inout", NULL});
    target(v)->direction = (enum direction)(DIRECTION_IN + choice);
    return choice >= 0;
}

static int compare_labels(const void *a, const void *b)
{
    const struct label *left = a, *right = b;
    return left->value < right->value ? -1 : left->value > right->value;
}

/* { [0] = "OFF", [1] = "ON" }, or for a boolean { [false] = "OFF", [true] = "ON" }. */
static bool set_labels(lua_State *L, void *context)
{
    struct variable *v = target(context);
    struct plan *plan = program_of(L)->plan;
    if (!lua_istable(L, -1))
        return false;
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        count++;
    struct label *labels = plan_alloc(plan, (count + 1) * sizeof *labels);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        struct value key;
        if (!to_value(L, -2, &key) || key.kind > VALUE_INTEGER ||
            !read_text(L, &labels[v->label_count].text)) {
            const char *given = shown(L, -1);
            complain(L, "option labels takes UTF-8 text by value, { [0] = \"OFF\" }, not [%s] = %s",
                     shown(L, -3), given);
        }
        labels[v->label_count++].value = key.kind == VALUE_BOOLEAN ? key.boolean : key.integer;
    }
    qsort(labels, count, sizeof *labels, compare_labels);
    v->labels = labels;
    for (size_t i = 1; i < count; i++) { /* [1] and [true] */
        if (labels[i].value == labels[i - 1].value)
            complain(L, "option labels names %lld twice", (long long)labels[i].value);
    }
    return true;
}

static bool set_length(lua_State *L, void *v)
{
    lua_Integer length;
    bool ok = read_integer(L, -1, 1, VARIABLE_MAX_LENGTH, &length);
    target(v)->length = (uint16_t)length;
    return ok;
}

static bool set_limit(lua_State *L, void *v)
{
    int choice = read_choice(L, (const char *const[]){"clamp", "wrap", NULL});
    target(v)->limit = (enum limit)(LIMIT_CLAMP + choice);
    return choice >= 0;
}

static bool set_max(lua_State *L, void *v)
{
    return read_value(L, &target(v)->has_max, &target(v)->max);
}

static bool set_min(lua_State *L, void *v)
{
    return read_value(L, &target(v)->has_min, &target(v)->min);
}

static bool set_min_write_interval(lua_State *L, void *v)
{
    target(v)->min_write_interval = read_duration(L, "option min_write_interval");
    return true;
}

static bool set_nan(lua_State *L, void *v)
{
    return read_flag(L, &target(v)->nan);
}

static bool set_offset(lua_State *L, void *v)
{
    target(v)->has_scale = true;
    return read_number(L, &target(v)->offset);
}

static bool set_on_loss(lua_State *L, void *v)
{
    return read_value(L, &target(v)->has_on_loss, &target(v)->on_loss);
}

static bool set_order(lua_State *L, void *v)
{
    target(v)->has_order = true;
    return read_order(L, &target(v)->order);
}

static bool set_partial(lua_State *L, void *v)
{
    return read_flag(L, &target(v)->partial);
}

static bool set_period(lua_State *L, void *v)
{
    target(v)->period = read_duration(L, "option period");
    return true;
}

static bool set_poll(lua_State *L, void *v)
{
    bool poll;
    bool ok = read_flag(L, &poll);
    target(v)->unpolled = !poll;
    return ok;
}

static bool set_pulse(lua_State *L, void *v)
{
    return read_flag(L, &target(v)->pulse);
}

static bool set_retain(lua_State *L, void *v)
{
    return read_flag(L, &target(v)->retain);
}

static bool set_round(lua_State *L, void *v)
{
    return read_flag(L, &target(v)->round);
}

static bool set_safe(lua_State *L, void *v)
{
    return read_value(L, &target(v)->has_safe, &target(v)->safe);
}

static bool set_scale(lua_State *L, void *v)
{
    target(v)->has_scale = true;
    return read_number(L, &target(v)->scale);
}

static bool set_tolerance(lua_State *L, void *v)
{
    double *tolerance = &target(v)->tolerance;
    return read_number(L, tolerance) && *tolerance >= 0 && *tolerance <= DBL_MAX;
}

static bool set_unit(lua_State *L, void *v)
{
    return read_text(L, &target(v)->unit);
}

static bool set_wins(lua_State *L, void *v)
{
    return read_winner(L, &target(v)->wins);
}

static bool set_write(lua_State *L, void *v)
{
    int choice = read_choice(L, (const char *const[]){"change", "always", NULL});
    target(v)->refreshed = choice == 1;
    return choice >= 0;
}

static const struct option OPTIONS[] = {
    {"confirm", "true or false", set_confirm},
    {"count", "a number of elements, 1..65535", set_count},
    {"deadband", "a number, 0 or more", set_deadband},
    {"decimals", "a number of digits, 0..15", set_decimals},
    {"default", "a value", set_default},
    {"desc", "UTF-8 text", set_desc},
    {"dir", "\"in\", \"out\" or \"inout\"", set_dir},
    {"expire", "a duration", set_expire},
    {"from", "the name of another variable, \"meter3.POWER\"", set_from},
    {"hi", "a number", set_hi},
    {"hihi", "a number", set_hihi},
    {"history", "false, or a number, 0 or more", set_history},
    {"hmi", "\"rw\", \"ro\" or \"hide\"", set_hmi},
    {"invalid", "a raw value", set_invalid},
    {"labels", "a table of names (UTF-8 text) by value, { [0] = \"OFF\" }", set_labels},
    {"length", "a number of bytes, 1..246", set_length},
    {"limit", "\"clamp\" or \"wrap\"", set_limit},
    {"lo", "a number", set_lo},
    {"lolo", "a number", set_lolo},
    {"max", "a value", set_max},
    {"min", "a value", set_min},
    {"min_write_interval", "a duration", set_min_write_interval},
    {"nan", "true or false", set_nan},
    {"off_delay", "a duration", set_off_delay},
    {"offset", "a number", set_offset},
    {"on_delay", "a duration", set_on_delay},
    {"on_loss", "a value", set_on_loss},
    {"order", "\"CDAB\", \"ABCD\", \"BADC\" or \"DCBA\"", set_order},
    {"partial", "true or false", set_partial},
    {"period", "a duration", set_period},
    {"poll", "true or false", set_poll},
    {"priority", "\"urgent\", \"high\", \"medium\" or \"low\"", set_priority},
    {"pulse", "true or false", set_pulse},
    {"retain", "true or false", set_retain},
    {"round", "true or false", set_round},
    {"safe", "a value", set_safe},
    {"scale", "a number", set_scale},
    {"tolerance", "a number, 0 or more", set_tolerance},
    {"unit", "UTF-8 text", set_unit},
    {"wins", "\"remote\" or \"program\"", set_wins},
    {"write", "\"change\" or \"always\"", set_write},
    {NULL, NULL, NULL},
};

void read_declaration(lua_State *L, int index, struct variable *variable, const char *what)
{
    read_options(L, index, OPTIONS, variable, what);
}
