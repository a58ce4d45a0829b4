/* What was heard in the words of the journal: of the audit log, with values as people read them,
 * and of alarms. */

#include "store/history_inside.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "image/number.h"
#include "image/point_name.h"
#include "store/audit_json.h"

static void format(const struct plan *plan, uint32_t number, const uint16_t *words,
                   char text[JOURNAL_VALUE])
{
    const struct point *point = &plan->points[number];
    char bytes[VARIABLE_MAX_LENGTH];
    if (point->variable < 0) {
        snprintf(text, JOURNAL_VALUE, "%u", words[0] & point->mask);
        return;
    }
    const struct variable *v = plan->variables[point->variable];
    struct value value = variable_get(v, words, point->mask, bytes);
    variable_format(v, &value, text, JOURNAL_VALUE);
}

static void add_point(struct journal_entry *entry, const struct audit_entry *from)
{
    char name[POINT_NAME];
    point_name(from->plan, from->point, name);
    bool home = strncmp(name, "mem.", 4) == 0;
    snprintf(entry->name, sizeof entry->name, "%s", home ? name + 4 : name);
    format(from->plan, from->point, from->before, entry->before);
    format(from->plan, from->point, from->after, entry->after);
}

void history_hear(void *history, const struct audit_entry *from)
{
    struct journal_entry entry = {.time = from->time / NS_PER_MS, .kind = JOURNAL_AUDIT};
    if (from->kind == AUDIT_ALARM)
        return; /* the alarm says it, too, and who it was */
    snprintf(entry.what, sizeof entry.what, "%s", audit_kind_name(from->kind));
    snprintf(entry.who, sizeof entry.who, "%s", from->origin.peer);
    snprintf(entry.text, sizeof entry.text, "%s", from->text);
    if (from->plan)
        add_point(&entry, from);
    history_note(history, &entry);
}

void history_put_note(struct history *history, const struct journal_entry *entry)
{
    struct heap *fresh = &history->fresh;
    if (fresh->note_count < HISTORY_NOTES)
        fresh->notes[fresh->note_count++] = *entry;
    else
        history->notes_lost++;
}

/* ---- alarms ---- */

static void put_alarm(struct history *history, const struct alarm_event *from)
{
    struct journal_entry entry = {
        .time = from->time / NS_PER_MS, .kind = JOURNAL_ALARM, .priority = from->priority};
    snprintf(entry.what, sizeof entry.what, "%s", from->what);
    snprintf(entry.name, sizeof entry.name, "%s", from->name);
    snprintf(entry.text, sizeof entry.text, "%.150s%s%.100s", from->text,
             *from->text && *from->reason ? ": " : "", from->reason);
    snprintf(entry.who, sizeof entry.who, "%s", from->who);
    snprintf(entry.before, sizeof entry.before, "%s", from->level);
    if (from->has_value)
        number_text(from->value, entry.after);
    history_put_note(history, &entry);
}

void history_drain_alarms(struct history *history)
{
    struct alarm_event event;
    uint64_t lost = 0;
    while (history->alarms && alarm_events_take(history->alarms, &event, &lost)) {
        history->notes_lost += lost;
        put_alarm(history, &event);
    }
}

void history_take_alarms(struct history *history, struct alarm_events *events)
{
    pthread_mutex_lock(&history->notes_mutex);
    history_drain_alarms(history);
    history->alarms = events;
    pthread_mutex_unlock(&history->notes_mutex);
}
