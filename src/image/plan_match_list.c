/* The differences in words, for the log and for `msm check --against-running`: what a person who
 * edited the script wants to know before its next version runs. What is the same is not told. */

#include "image/plan_match_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "image/plan_inside.h"

void match_say(const struct match_list *list, enum difference_kind kind, const char *where,
               const char *format, ...)
{
    struct difference difference = {.kind = kind, .where = where ? where : ""};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(difference.text, sizeof difference.text, format, arguments);
    va_end(arguments);
    list->say(list->context, &difference);
}

void match_add_word(char words[WORDS_MAX], bool wanted, const char *word)
{
    size_t length = strlen(words);
    if (wanted)
        snprintf(words + length, WORDS_MAX - length, "%s%s", length ? ", " : "", word);
}

const char *match_place(const struct variable *v, char text[PLACE_MAX])
{
    char part[16] = "";
    if (v->table == TABLE_VAR)
        return strcpy(text, "no address");
    if (v->type == TYPE_BOOL && !table_is_bits(v->table))
        snprintf(part, sizeof part, " bit %u", v->bit);
    else if (v->type == TYPE_BYTE)
        strcpy(part, v->bit ? " high byte" : " low byte");
    snprintf(text, PLACE_MAX, "%s %u%s", table_name(v->table), v->address, part);
    return text;
}

/* "holding.float32", "coil", "holding.string of 12 bytes". */
static const char *form_of(const struct variable *v, char text[PLACE_MAX])
{
    if (table_is_bits(v->table))
        return strcpy(text, table_name(v->table));
    int length = snprintf(text, PLACE_MAX, "%s.%s", table_name(v->table), codec_type_name(v->type));
    if (v->type == TYPE_STRING)
        snprintf(text + length, PLACE_MAX - (size_t)length, " of %u bytes", v->length);
    return text;
}

const char *default_shown(const struct variable *v, char text[DEFAULT_SHOWN])
{
    char bytes[VARIABLE_MAX_LENGTH];
    struct variable plain = *v;
    plain.unit = NULL;
    struct value value = variable_get(v, v->initial_words, v->mask, bytes);
    return variable_format(&plain, &value, text, DEFAULT_SHOWN);
}

/* ---- variables ---- */

static void say_new(const struct match_list *list, const struct variable *v)
{
    char place[PLACE_MAX], form[PLACE_MAX];
    match_say(list, DIFFERENCE_NEW, v->where, "%s is new: %s at %s", v->path, form_of(v, form),
              match_place(v, place));
}

static void say_retyped(const struct match_list *list, const struct variable *from,
                        const struct variable *to)
{
    char was[PLACE_MAX], is[PLACE_MAX], value[DEFAULT_SHOWN];
    bool mirrored = plan_match_is_mirrored(list->match->to, to);
    match_say(list, DIFFERENCE_RETYPED, to->where,
              "%s becomes %s (it is %s): its value does not stay, %s%s", to->path, form_of(to, is),
              form_of(from, was), mirrored ? "it has none until it was read" : "it starts as ",
              mirrored ? "" : default_shown(to, value));
}

/* What is different about where it lies: " from holding 0 to holding 4". */
static void describe_move(const struct variable *from, const struct variable *to, char *text,
                          size_t size)
{
    char was[PLACE_MAX], is[PLACE_MAX];
    int length = 0;
    *text = '\0';
    if (!plan_match_same_place(from, to))
        length = snprintf(text, size, "moves from %s to %s", match_place(from, was),
                          match_place(to, is));
    if (!plan_match_same_order(from, to))
        snprintf(text + length, size - (size_t)length, "%schanges its order from %s to %s",
                 length ? " and " : "", codec_order_name(from->order), codec_order_name(to->order));
}

static void say_moved(const struct match_list *list, const struct variable *from,
                      const struct variable *to)
{
    char move[2 * PLACE_MAX + 96];
    describe_move(from, to, move, sizeof move);
    if (*move)
        match_say(list, DIFFERENCE_MOVED, to->where, "%s %s; its value stays", to->path, move);
}

static void say_restart(const struct match_list *list, const struct variable *from,
                        const struct variable *to)
{
    char move[2 * PLACE_MAX + 96];
    bool same = plan_match_same_client(list->match, to->memory);
    describe_move(from, to, move, sizeof move);
    match_say(list, DIFFERENCE_RESTART, to->where,
              "%s %s%s%s: it has no value until it was read there", to->path, move,
              same    ? ", in the device"
              : *move ? ", now in "
                      : "is now read from ",
              same ? "" : client_of(list->match->to, to)->name);
}

/* What is stated is compared as it is meant; without a statement it is 0, whatever that reads as.
 */
static bool same_initial(const struct variable *from, const struct variable *to)
{
    char was[DEFAULT_SHOWN], is[DEFAULT_SHOWN];
    return (!from->has_default && !to->has_default) ||
           strcmp(default_shown(from, was), default_shown(to, is)) == 0;
}

/* Whether `set` may write it. */
static bool is_settable(const struct plan *plan, const struct variable *v)
{
    return v->direction == DIRECTION_INOUT ||
           (v->direction == DIRECTION_IN && !plan_match_is_mirrored(plan, v));
}

/* As the command line names it: without the prefix in `mem`. */
static const char *short_name(const struct plan *plan, const struct variable *v)
{
    return strcmp(plan->memories[v->memory].name, "mem") == 0 ? v->name : v->path;
}

const char *default_hidden(const struct plan *plan, const struct variable *v, const char *was,
                           char text[DIFFERENCE_TEXT])
{
    char is[DEFAULT_SHOWN], way[PLACE_MAX + 64] = "";
    if (is_settable(plan, v))
        snprintf(way, sizeof way, "; msm set %s --default applies it", short_name(plan, v));
    snprintf(text, DIFFERENCE_TEXT,
             "the default of %s changes from %s to %s, but its value stays%s", v->path, was,
             default_shown(v, is), way);
    return text;
}

static void say_default(const struct match_list *list, const struct variable *from,
                        const struct variable *to)
{
    char was[DEFAULT_SHOWN], text[DIFFERENCE_TEXT];
    if (!same_initial(from, to))
        match_say(list, DIFFERENCE_DEFAULT, to->where, "%s",
                  default_hidden(list->match->to, to, default_shown(from, was), text));
}

static void say_count(const struct match_list *list, const struct variable *from,
                      const struct variable *to)
{
    size_t had = variable_elements(from), has = variable_elements(to);
    if (has > had)
        match_say(list, DIFFERENCE_NEW, to->where, "%s grows from %zu to %zu elements", to->path,
                  had, has);
    else if (has < had)
        match_say(list, DIFFERENCE_GONE, to->where,
                  "%s shrinks from %zu to %zu elements: values of the last ones are lost", to->path,
                  had, has);
}

static void list_variable(const struct match_list *list, const struct variable *to)
{
    const struct plan_match *match = list->match;
    const struct variable *from = plan_match_before(match, to);
    if (match->memories[to->memory] == MATCH_NONE)
        return; /* its memory was told */
    if (!from) {
        say_new(list, to);
    } else if (!plan_match_same_form(from, to)) {
        say_retyped(list, from, to);
    } else if (match->points[to->point] == MATCH_NONE) {
        say_restart(list, from, to);
    } else {
        say_moved(list, from, to);
        say_default(list, from, to);
        plan_match_list_meaning(list, from, to);
    }
    if (from && plan_match_same_form(from, to))
        say_count(list, from, to);
}

void plan_match_list(const struct plan_match *match, const uint16_t *cells,
                     const struct mark *marks,
                     void (*say)(void *context, const struct difference *difference), void *context)
{
    const struct match_list list = {match, cells, marks, say, context};
    plan_match_list_program(&list);
    plan_match_list_memories(&list);
    for (size_t i = 0; i < match->to->variable_count; i++)
        list_variable(&list, match->to->variables[i]);
    plan_match_list_raws(&list);
    plan_match_list_links(&list);
    plan_match_list_tasks(&list);
    plan_match_list_keeps(&list);
    plan_match_list_gone(&list);
    plan_match_list_lost(&list);
    plan_match_list_covered(&list);
    plan_match_list_gone_links(&list);
    plan_match_list_gone_keeps(&list);
}
