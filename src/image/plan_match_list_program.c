/* Differences of the program as a whole: its settings and what it keeps. */

#include "image/plan_match_inside.h"

#include <string.h>
#include "base/duration.h"
#include "image/audit.h"

/* ---- program { … } ---- */

static const char *where_of(const struct match_list *list)
{
    const char *where = list->match->to->settings.where;
    return where ? where : list->match->from->settings.where;
}

static void say_text(const struct match_list *list, const char *option, const char *was,
                     const char *is)
{
    if (strcmp(was, is) != 0)
        match_say(list, DIFFERENCE_PROGRAM, where_of(list), "program: %s is %s instead of %s",
                  option, is, was);
}

static void say_duration(const struct match_list *list, const char *option, int64_t was, int64_t is)
{
    char before[32], now[32];
    if (was != is)
        say_text(list, option, duration_format(was, before, sizeof before),
                 duration_format(is, now, sizeof now));
}

static void say_memory(const struct match_list *list, int64_t was, int64_t is)
{
    if (was != is)
        match_say(list, DIFFERENCE_PROGRAM, where_of(list),
                  "program: the script may use %d MiB instead of %d", (int)is, (int)was);
}

/* A file of another name, as it is compared before it takes the script's place, is no difference.
 */
static void say_name(const struct match_list *list)
{
    const struct plan *from = list->match->from, *to = list->match->to;
    if ((from->settings.named || to->settings.named) && strcmp(from->name, to->name) != 0)
        match_say(list, DIFFERENCE_PROGRAM, where_of(list),
                  "program: name is %s instead of %s; commands find it by that from its next start "
                  "on",
                  to->name, from->name);
}

static const char *level_name(uint8_t level)
{
    return level == AUDIT_OFF ? "off" : level == AUDIT_ALL ? "all" : "changes";
}

void plan_match_list_program(const struct match_list *list)
{
    const struct plan *from = list->match->from, *to = list->match->to;
    const struct settings *was = &from->settings, *is = &to->settings;
    say_name(list);
    say_memory(list, was->memory, is->memory);
    if (was->watchdog || is->watchdog) /* else it follows the tasks, whose periods are told */
        say_duration(list, "watchdog", plan_watchdog(from), plan_watchdog(to));
    say_duration(list, "probation", was->probation, is->probation);
    say_duration(list, "stop_timeout", was->stop_timeout, is->stop_timeout);
    say_duration(list, "retain_interval", was->retain_interval, is->retain_interval);
    say_text(list, "on_fault", was->restarts ? "\"restart\"" : "\"stop\"",
             is->restarts ? "\"restart\"" : "\"stop\"");
    if (was->restarts && is->restarts)
        say_duration(list, "restart_after", was->restart_after, is->restart_after);
    say_text(list, "audit", level_name(was->audit), level_name(is->audit));
}

/* ---- keeps ---- */

static const struct keep_spec *find_keep(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->keep_count; i++)
        if (strcmp(plan->keeps[i].name, name) == 0)
            return &plan->keeps[i];
    return NULL;
}

void plan_match_list_keeps(const struct match_list *list)
{
    const struct plan *plan = list->match->to;
    for (size_t i = 0; i < plan->keep_count; i++) {
        const struct keep_spec *is = &plan->keeps[i];
        const struct keep_spec *was = find_keep(list->match->from, is->name);
        if (!was)
            match_say(list, DIFFERENCE_KEEPS, is->where, "keep \"%s\" is new", is->name);
        else if (was->retain != is->retain)
            match_say(list, DIFFERENCE_KEEPS, is->where, "keep \"%s\" is %s", is->name,
                      is->retain ? "retained now: what it holds survives a restart"
                                 : "not retained any more: a restart begins with its defaults");
    }
}

void plan_match_list_gone_keeps(const struct match_list *list)
{
    const struct plan *plan = list->match->from;
    for (size_t i = 0; i < plan->keep_count; i++) {
        const struct keep_spec *was = &plan->keeps[i];
        if (!find_keep(list->match->to, was->name))
            match_say(list, DIFFERENCE_KEEPS, was->where,
                      "keep \"%s\" is gone: what it holds goes when the reload is proven",
                      was->name);
    }
}
