/* What all browsers are told without asking: once a second how the program is, and its alarms as
 * soon as they are others. */

#include "hmi/hmi_inside.h"

#include "control/alarm_json.h"

#include "base/clock.h"

enum { BEAT_TICKS = 5 };

#define TICK (NS_PER_S / BEAT_TICKS)

/* ---- the beat ---- */

static void copy(json_t *to, const json_t *from, const char *const *names)
{
    for (; *names; names++) {
        json_t *field = json_object_get(from, *names);
        if (field)
            json_object_set(to, *names, field);
    }
}

static json_t *links_of(const json_t *status)
{
    static const char *const fields[] = {"name", "kind", "online", "age", "last_error", NULL};
    json_t *links = json_array(), *link;
    size_t i;
    json_array_foreach(json_object_get(status, "links"), i, link)
    {
        json_t *less = json_object();
        copy(less, link, fields);
        json_array_append_new(links, less);
    }
    return links;
}

static json_t *scan_of(const json_t *status)
{
    const json_t *scan = json_object_get(status, "scan");
    const json_t *duration = json_object_get(scan, "duration");
    json_t *less = json_object();
    copy(less, scan, (const char *const[]){"period", "count", "overruns", NULL});
    copy(less, duration, (const char *const[]){"last", "max", NULL});
    return less;
}

static json_t *alarms_of(const struct hmi *hmi)
{
    struct alarms *alarms = hmi->host.alarms ? hmi->host.alarms(hmi->host.context) : NULL;
    return alarm_counts_json(alarms);
}

static json_t *beat_of(struct hmi *hmi)
{
    static const char *const fields[] = {"name",   "state",  "fault",          "loaded",
                                         "edited", "forced", "probation_left", NULL};
    json_t *status = api_ask(hmi, json_pack("{s:s}", "do", "status"));
    if (!status)
        return NULL;
    json_t *beat = json_object();
    json_object_set_new(beat, "now", json_real((double)(clock_now().utc / NS_PER_MS) / 1000));
    copy(beat, status, fields);
    json_object_set_new(beat, "scan", scan_of(status));
    json_object_set_new(beat, "links", links_of(status));
    json_object_set_new(beat, "alarms", alarms_of(hmi));
    json_object_set_new(beat, "clients", json_integer((json_int_t)hmi->feed_count));
    json_decref(status);
    return beat;
}

/* ---- alarms ---- */

json_t *beat_alarms(struct hmi *hmi)
{
    json_t *answer = api_ask(hmi, json_pack("{s:s}", "do", "alarms"));
    json_object_del(answer, "ok");
    return answer;
}

/* Another program's alarms are others, whatever their count of changes. */
static bool alarms_changed(struct hmi *hmi)
{
    struct alarms *alarms = hmi->host.alarms ? hmi->host.alarms(hmi->host.context) : NULL;
    uint64_t version = alarms_version(alarms);
    bool changed = alarms != hmi->alarms || version != hmi->alarms_version;
    hmi->alarms = alarms;
    hmi->alarms_version = version;
    return changed;
}

/* ---- when ---- */

static void tell(struct hmi *hmi, const char *event, json_t *data)
{
    if (data)
        feed_beat(hmi, event, data);
    json_decref(data);
}

static void tick(struct loop_timer *timer)
{
    struct hmi *hmi = (struct hmi *)((char *)timer - offsetof(struct hmi, beat));
    loop_set_timer(hmi->loop, timer, loop_now(hmi->loop) + TICK);
    bool is_beat = ++hmi->ticks % BEAT_TICKS == 0;
    if (!hmi->feeds)
        return;
    if (alarms_changed(hmi))
        tell(hmi, "alarms", beat_alarms(hmi));
    if (is_beat)
        tell(hmi, "beat", beat_of(hmi));
}

void beat_start(struct hmi *hmi)
{
    hmi->beat.fire = tick;
    loop_set_timer(hmi->loop, &hmi->beat, clock_monotonic() + TICK);
}

void beat_soon(struct hmi *hmi)
{
    hmi->ticks = BEAT_TICKS - 1;
    loop_set_timer(hmi->loop, &hmi->beat, 0);
}

void beat_stop(struct hmi *hmi)
{
    loop_unset_timer(hmi->loop, &hmi->beat);
}
