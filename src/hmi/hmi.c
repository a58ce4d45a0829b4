/* Begin, end, and the beat: once a second all browsers are told how the program is. */

#include "hmi/hmi_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"

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

static json_t *alarms_of(struct hmi *hmi)
{
    json_t *answer = api_ask(hmi, json_pack("{s:s}", "do", "alarms"));
    json_t *counts = json_incref(json_object_get(answer, "counts"));
    json_decref(answer);
    return counts ? counts : json_null();
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

static void beat(struct loop_timer *timer)
{
    struct hmi *hmi = (struct hmi *)((char *)timer - offsetof(struct hmi, beat));
    loop_set_timer(hmi->loop, timer, loop_now(hmi->loop) + NS_PER_S);
    if (!hmi->feeds)
        return;
    json_t *data = beat_of(hmi);
    if (data)
        feed_beat(hmi, "beat", data);
    json_decref(data);
}

/* ---- where ---- */

bool hmi_read_address(const char *text, struct hmi_settings *settings, struct error *error)
{
    const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
    char *end;
    unsigned long port = strtoul(digits, &end, 10);
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    if (*digits < '0' || *digits > '9' || *end || port > 65535 || (colon && !length) ||
        length >= sizeof settings->address)
        return error_set(error,
                         "--http takes a port, or an address of this computer and a port: 8080, "
                         "0.0.0.0:8080, [::1]:8080; not \"%s\"",
                         text);
    settings->port = (uint16_t)port;
    if (!colon)
        strcpy(settings->address, "127.0.0.1");
    else
        snprintf(settings->address, sizeof settings->address, "%.*s",
                 (int)(brackets ? length - 2 : length), text + brackets);
    return true;
}

const char *hmi_address(const struct hmi *hmi, char text[96])
{
    bool v6 = strchr(hmi->settings.address, ':');
    snprintf(text, 96, "http://%s%s%s:%u/", v6 ? "[" : "", hmi->settings.address, v6 ? "]" : "",
             web_port(hmi->web));
    return text;
}

/* ---- begin and end ---- */

static void session_ended(void *context, uint64_t session)
{
    feed_end_session(context, session);
}

struct hmi *hmi_open(struct loop *loop, const struct hmi_settings *settings,
                     const struct control_host *host, struct error *error)
{
    struct hmi *hmi = calloc(1, sizeof *hmi);
    if (!hmi) {
        error_set(error, "out of memory");
        return NULL;
    }
    hmi->loop = loop;
    hmi->host = *host;
    hmi->settings = *settings;
    hmi->beat.fire = beat;
    hmi->board = board_create(&hmi->host);
    const struct door_settings door = {.address = hmi->settings.address,
                                       .users = settings->users,
                                       .name = settings->name,
                                       .audit = settings->audit};
    const struct web_settings web = {
        .address = hmi->settings.address, .port = settings->port, .root = settings->root};
    const struct web_handler handler = {hmi, api_asked, api_gone};
    if (!hmi->board)
        error_set(error, "out of memory");
    else if ((hmi->door = door_open(loop, &door, session_ended, hmi, error)))
        hmi->web = web_open(&web, loop, &handler, error);
    if (hmi->web) {
        door_listens(hmi->door, web_port(hmi->web));
        loop_set_timer(loop, &hmi->beat, clock_monotonic() + NS_PER_S);
        return hmi;
    }
    hmi_close(hmi);
    return NULL;
}

void hmi_changed(struct hmi *hmi)
{
    if (!hmi)
        return;
    board_forget(hmi->board);
    feed_look(hmi);
}

void hmi_close(struct hmi *hmi)
{
    if (!hmi)
        return;
    loop_unset_timer(hmi->loop, &hmi->beat);
    api_end(hmi);
    web_close(hmi->web);
    door_close(hmi->door);
    board_destroy(hmi->board);
    free(hmi);
}
