/* Values are written as they are declared: numbers with the fewest digits that tell them apart,
 * bits as true and false, strings as strings. What JSON has no number for (nan, inf) is a string.
 */

#include "store/audit_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "image/number.h"
#include "store/point_words.h"
#include "base/utf8.h"

static const char *const kinds[] = {
    [AUDIT_WRITE] = "write",     [AUDIT_SET] = "set",     [AUDIT_FORCE] = "force",
    [AUDIT_UNFORCE] = "unforce", [AUDIT_EVAL] = "eval",   [AUDIT_REFUSED] = "refused",
    [AUDIT_RELOAD] = "reload",   [AUDIT_FAULT] = "fault", [AUDIT_LOGIN] = "login",
    [AUDIT_START] = "start",     [AUDIT_STOP] = "stop",   [AUDIT_ALARM] = "alarm"};

struct line {
    char *text;
    size_t used;
};

static void add(struct line *line, const char *text)
{
    size_t length = strlen(text);
    memcpy(line->text + line->used, text, length);
    line->used += length;
}

static void add_escape(struct line *line, unsigned code)
{
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", code);
    add(line, text);
}

/* What is not UTF-8 becomes U+FFFD, a byte each. */
static void add_character(struct line *line, const char *bytes, size_t size)
{
    unsigned char first = (unsigned char)bytes[0];
    if (size == 0)
        add_escape(line, 0xFFFD);
    else if (first == '"' || first == '\\')
        line->text[line->used++] = '\\', line->text[line->used++] = (char)first;
    else if (first < 0x20 || first == 0x7F)
        add_escape(line, first);
    else
        memcpy(line->text + line->used, bytes, size), line->used += size;
}

static void add_string(struct line *line, const char *bytes, size_t length)
{
    add(line, "\"");
    for (size_t at = 0; at < length;) {
        size_t size = utf8_character(bytes + at, length - at);
        add_character(line, bytes + at, size);
        at += size ? size : 1;
    }
    add(line, "\"");
}

static void add_field(struct line *line, const char *name, const char *text)
{
    add(line, ", \"");
    add(line, name);
    add(line, "\": ");
    add_string(line, text, strlen(text));
}

static void add_integer(struct line *line, int64_t integer)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, integer);
    add(line, text);
}

static void add_number(struct line *line, double number, bool narrow)
{
    char text[NUMBER_TEXT];
    if (narrow)
        number_text32((float)number, text);
    else
        number_text(number, text);
    if (isfinite(number))
        add(line, text);
    else
        add_string(line, text, strlen(text));
}

/* 2026-01-31T12:34:56.789Z */
static void add_time(struct line *line, int64_t utc)
{
    time_t seconds = (time_t)(utc / NS_PER_S);
    struct tm tm;
    char text[64];
    gmtime_r(&seconds, &tm);
    size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + used, sizeof text - used, ".%03dZ", (int)(utc % NS_PER_S / NS_PER_MS));
    add(line, "{\"time\": \"");
    add(line, text);
    add(line, "\"");
}

static void add_value(struct line *line, const struct variable *v, const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOLEAN:
        add(line, value->boolean ? "true" : "false");
        break;
    case VALUE_INTEGER:
        add_integer(line, value->integer);
        break;
    case VALUE_NUMBER:
        add_number(line, value->number, v->type == TYPE_FLOAT32 && !v->has_scale);
        break;
    case VALUE_STRING:
        add_string(line, value->string.bytes, value->string.length);
        break;
    }
}

static void add_words(struct line *line, const struct audit_entry *entry, const char *name,
                      const uint16_t *words)
{
    const struct point *point = &entry->plan->points[entry->point];
    const struct variable *v = point->variable < 0 ? NULL : entry->plan->variables[point->variable];
    char text[VARIABLE_MAX_LENGTH];
    add(line, ", \"");
    add(line, name);
    add(line, "\": ");
    if (v) {
        struct value value = variable_get(v, words, point->mask, text);
        add_value(line, v, &value);
    } else if (point->mask == 1) {
        add(line, words[0] & 1 ? "true" : "false");
    } else {
        add_integer(line, words[0]);
    }
}

static void add_origin(struct line *line, const struct origin *origin)
{
    if (origin->peer[0])
        add_field(line, "peer", origin->peer);
    if (!origin->function)
        return;
    add(line, ", \"unit\": ");
    add_integer(line, origin->unit);
    add(line, ", \"function\": ");
    add_integer(line, origin->function);
}

static size_t end(struct line *line)
{
    add(line, "}\n");
    line->text[line->used] = '\0';
    return line->used;
}

size_t audit_json(const struct audit_entry *entry, char text[AUDIT_LINE])
{
    struct line line = {text, 0};
    char name[POINT_NAME];
    add_time(&line, entry->time);
    add_field(&line, "kind", kinds[entry->kind]);
    add_origin(&line, &entry->origin);
    if (entry->plan) {
        add_field(&line, "name", point_name(entry->plan, entry->point, name));
        add_words(&line, entry, "before", entry->before);
        add_words(&line, entry, "after", entry->after);
    }
    if (entry->text[0])
        add_field(&line, "text", entry->text);
    return end(&line);
}

size_t audit_json_lost(uint64_t lost, int64_t now, char text[AUDIT_LINE])
{
    struct line line = {text, 0};
    add_time(&line, now);
    add_field(&line, "kind", "lost");
    add(&line, ", \"count\": ");
    add_integer(&line, (int64_t)lost);
    return end(&line);
}

const char *audit_kind_name(enum audit_kind kind)
{
    return kinds[kind];
}
