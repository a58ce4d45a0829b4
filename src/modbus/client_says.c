/* What a person is told: which device, which variable, what happened and what to do. At most one
 * line a second, beside that of a loss and its end, so that a device with a thousand faults does
 * not bury the others; what was left out is counted in the next line. */

#include "modbus/client_inside.h"

#include "image/exception.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"

enum { NAME = 128, VALUE = 300 };

/* A variable that is written anew each second, and refused, is named once a minute; its state says
 * the rest. */
#define REFUSAL_PAUSE INT64_C(60000000000)

/* False: it was left out. */
__attribute__((format(printf, 3, 4))) static bool say(struct client *client, int64_t now,
                                                      const char *format, ...)
{
    char text[CLIENT_LINE], more[48] = "";
    if (now < client->line_at) {
        client->lines_left_out++;
        return false;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (client->lines_left_out > 0)
        snprintf(more, sizeof more, " (%u line%s before this one left out)", client->lines_left_out,
                 client->lines_left_out == 1 ? "" : "s");
    client->lines_left_out = 0;
    client->line_at = now + NS_PER_S;
    log_line("%s: %s%s", client->plan->name, text, more);
    return true;
}

/* ---- names and values ---- */

/* The point whose variable stands for the group, or its first raw word. */
static uint32_t point_of(const struct client *client, const struct group *row)
{
    for (uint32_t i = row->first; i < row->first + row->count; i++)
        if (client->plan->points[client->plan->group_points[i]].variable == row->variable)
            return client->plan->group_points[i];
    return client->plan->group_points[row->first];
}

static const struct group *row_of(const struct client *client, uint32_t group)
{
    return &client->plan->groups[client->groups.first + group];
}

static const char *name_of(const struct client *client, uint32_t group, char name[NAME])
{
    const struct group *row = row_of(client, group);
    const struct item *item = &client->items[group];
    if (row->variable < 0) {
        const char *memory = client->plan->memories[client->spec->memory].name;
        snprintf(name, NAME, "%s.%s[%u]", memory, table_name((enum table)item->table),
                 item->address);
        return name;
    }
    const struct variable *v = client->plan->variables[row->variable];
    if (v->count == 0)
        snprintf(name, NAME, "%s", v->path);
    else
        snprintf(name, NAME, "%s[%u]", v->path, point_of(client, row) - v->point + 1);
    return name;
}

/* The value in the group's words, which begin with its first cell. */
static struct value value_in(const struct client *client, uint32_t group, const uint16_t *words,
                             char *bytes)
{
    const struct group *row = row_of(client, group);
    const struct variable *v = client->plan->variables[row->variable];
    const struct point *point = &client->plan->points[point_of(client, row)];
    return variable_get(v, words + (point->cell - row->cell), point->mask, bytes);
}

static const char *value_of(const struct client *client, uint32_t group, const uint16_t *words,
                            char text[VALUE])
{
    const struct group *row = row_of(client, group);
    char bytes[VARIABLE_MAX_LENGTH];
    if (row->variable < 0) {
        snprintf(text, VALUE, "%u", words[0]);
        return text;
    }
    struct value value = value_in(client, group, words, bytes);
    return variable_format(client->plan->variables[row->variable], &value, text, VALUE);
}

/* ---- the link ---- */

static bool is_missing(const struct item *item)
{
    return item->quality == QUALITY_STALE || item->quality == QUALITY_NEVER;
}

static unsigned missing_variables(const struct client *client)
{
    unsigned missing = 0;
    for (size_t i = 0; i < client->plan->variable_count; i++) {
        const struct variable *v = client->plan->variables[i];
        if (v->memory != client->spec->memory || v->table == TABLE_VAR)
            continue;
        uint32_t group = client->plan->points[v->point].group;
        missing += group != GROUP_NONE && is_missing(&client->items[group - client->groups.first]);
    }
    return missing;
}

static unsigned missing_words(const struct client *client)
{
    unsigned missing = 0;
    for (uint32_t i = 0; i < client->groups.count; i++)
        missing += is_missing(&client->items[i]) ? row_of(client, i)->words : 0;
    return missing;
}

static void describe_missing(const struct client *client, char *text, size_t size)
{
    unsigned count = missing_variables(client);
    const char *what = count == 1 ? "variable" : "variables", *is = count == 1 ? "is" : "are";
    if (count == 0 && (count = missing_words(client)) > 0) {
        what = count == 1 ? "register" : "registers";
        is = count == 1 ? "is" : "are";
    }
    *text = '\0';
    if (count > 0)
        snprintf(text, size, ", %u %s of %s %s %s", count, what,
                 client->plan->memories[client->spec->memory].name, is,
                 client->first ? "stale" : "not there yet");
}

/* With the digits that matter to somebody who waits. */
static const char *about(int64_t nanoseconds, char text[32])
{
    double seconds = (double)nanoseconds / NS_PER_S;
    if (seconds < 60)
        snprintf(text, 32, "%.*f s", seconds < 10 ? 1 : 0, seconds);
    else
        duration_format((nanoseconds + NS_PER_S / 2) / NS_PER_S * NS_PER_S, text, 32);
    return text;
}

void client_says_lost(struct client *client, int64_t now)
{
    char why[32], missing[128], retry[96] = "", wait[32];
    describe_missing(client, missing, sizeof missing);
    about(now - client->lost_at, why);
    if (client->lost_retry > 0)
        snprintf(retry, sizeof retry, "; trying again after %s, then up to 30 s apart",
                 about(client->lost_retry, wait));
    if (client->lost_why[0])
        say(client, now, "%s: %s%s%s", client->spec->name, client->lost_why, missing, retry);
    else
        say(client, now, "%s: no answer for %s%s%s", client->spec->name, why, missing, retry);
}

void client_says_back(struct client *client, int64_t now)
{
    char time[32];
    if (!client->lost_said)
        return;
    client->line_at = now; /* whoever was told of the loss is told of its end */
    say(client, now, "%s: answers again after %s", client->spec->name,
        about(now - client->lost_at, time));
}

/* ---- values ---- */

void client_says_refused(struct client *client, uint32_t group, uint8_t exception, int64_t now)
{
    char name[NAME], value[VALUE];
    struct item *item = &client->items[group];
    uint32_t from = client_group_cell(client, group) - client->writing.cell;
    if (now < item->refusal_at)
        return;
    bool said = say(client, now, "%s = %s: %s refused the write: %s (exception %02X)",
                    name_of(client, group, name),
                    value_of(client, group, client->writing.words + from, value),
                    client->spec->name, exception_text(exception), exception);
    item->refusal_at = said ? now + REFUSAL_PAUSE : 0;
}

void client_says_torn(struct client *client, uint32_t group, int64_t now)
{
    char name[NAME];
    say(client, now,
        "%s takes %u registers, and %s can write only one at a time (exception 01): others would "
        "see it half written, so it is not written",
        name_of(client, group, name), row_of(client, group)->words, client->spec->name);
}

void client_says_missing(struct client *client, uint32_t group, uint8_t exception, int64_t now)
{
    static const char *const things[TABLE_COUNT] = {"coil", "discrete input", "holding register",
                                                    "input register", "variable"};
    char name[NAME];
    struct item *item = &client->items[group];
    if (item->named)
        return;
    if (exception == EXCEPTION_FUNCTION)
        item->named = say(client, now, "%s: %s does not read any %s (exception 01)",
                          name_of(client, group, name), client->spec->name, things[item->table]);
    else
        item->named =
            say(client, now, "%s: %s has no %s %u (exception %02X)", name_of(client, group, name),
                client->spec->name, things[item->table], item->address, exception);
}

/* The least tolerance with two digits under which both are the same. */
static double tolerance_for(double difference)
{
    double unit = pow(10, floor(log10(difference)) - 1);
    return (floor(difference / unit) + 1) * unit;
}

static double number_in(const struct client *client, uint32_t group, const uint16_t *words)
{
    char bytes[VARIABLE_MAX_LENGTH];
    struct value value = value_in(client, group, words, bytes);
    if (value.kind == VALUE_INTEGER)
        return (double)value.integer;
    return value.kind == VALUE_NUMBER ? value.number : NAN;
}

void client_says_unheeded(struct client *client, uint32_t group, const uint16_t *ours,
                          const uint16_t *words, int64_t now)
{
    char name[NAME], kept[VALUE], written[VALUE], advice[96] = "";
    if (row_of(client, group)->variable >= 0) {
        double difference = fabs(number_in(client, group, ours) - number_in(client, group, words));
        if (isfinite(difference) && difference > 0)
            snprintf(advice, sizeof advice, "; tolerance = %.2g would accept it",
                     tolerance_for(difference));
    }
    say(client, now,
        "%s: the device keeps %s where %s was written %d times%s. It is written once a minute from "
        "here on",
        name_of(client, group, name), value_of(client, group, words, kept),
        value_of(client, group, ours, written), MERGE_UNHEEDED, advice);
}

void client_says_expired(struct client *client, uint32_t group, int64_t now)
{
    char name[NAME], value[VALUE];
    struct merge_group g = client_group(client, group);
    say(client, now, "%s = %s: not delivered to %s in time and given up",
        name_of(client, group, name), value_of(client, group, g.local, value), client->spec->name);
}
