/* A browser's stream. It is told only what changed since it was told last; while it has not taken
 * that, nothing more is made for it, so that it is never behind by more than one look. */

#include "hmi/hmi_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/clock.h"
#include "control/json_text.h"
#include "hmi/arguments.h"

enum { FEEDS_MOST = 64, FEEDS_OF_ONE = 16, ROWS_MOST = 20000, ID_TEXT = 33, BEAT_ROOM = 64 * 1024 };

#define PERIOD_DEFAULT 0.2
#define PERIOD_LEAST 0.05
#define PERIOD_MOST 60.0

struct feed {
    struct hmi *hmi;
    struct web_request *request;
    struct who who;
    char id[ID_TEXT];
    struct loop_timer timer;
    int64_t period;
    json_t *names; /* a list, or NULL … */
    char *match;   /* … a pattern, or NULL */
    int *rows;     /* of the board */
    size_t count;
    uint64_t seen, program;
    bool full;
    json_t *missing; /* to be told with the rows; or NULL */
    bool owes_alarms;
    struct feed *next, *previous;
};

/* ---- events ---- */

static void send_event(struct feed *feed, const char *event, const char *data)
{
    struct frame frame = {NULL, 0, 0, false};
    frame_begin(&frame, event);
    frame_add(&frame, data, strlen(data));
    frame_end(&frame);
    if (frame.failed || !web_write(feed->request, frame.text, frame.length))
        web_end(feed->request);
    frame_free(&frame);
}

static double now_utc(void)
{
    return (double)(clock_now().utc / NS_PER_MS) / 1000;
}

static void send_hello(struct feed *feed)
{
    struct host_status status;
    feed->hmi->host.status(feed->hmi->host.context, &status);
    json_t *hello = json_pack("{s:s,s:s,s:s,s:s,s:s,s:f}", "stream", feed->id, "user",
                              feed->who.user, "role", role_name(feed->who.role), "name",
                              status.name, "version", MSM_VERSION, "now", now_utc());
    char *text = hello ? json_text(hello) : NULL;
    if (text)
        send_event(feed, "hello", text);
    free(text);
    json_decref(hello);
}

static void send_alarms(struct feed *feed)
{
    json_t *alarms = beat_alarms(feed->hmi);
    char *text = alarms ? json_text(alarms) : NULL;
    feed->owes_alarms = !text;
    if (text)
        send_event(feed, "alarms", text);
    free(text);
    json_decref(alarms);
}

/* ---- rows ---- */

static void let_go(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        board_give(feed->hmi->board, feed->rows[i]);
    free(feed->rows);
    feed->rows = NULL;
    feed->count = 0;
}

/* Nothing that was asked for is left out in silence. */
static void note_missing(struct feed *feed, json_t *names, size_t left_off)
{
    json_decref(feed->missing);
    feed->missing = NULL;
    if (left_off || json_array_size(names))
        feed->missing = json_pack("{s:o,s:I}", "names", names, "left_off", (json_int_t)left_off);
    else
        json_decref(names);
}

static void send_missing(struct feed *feed)
{
    char *text = feed->missing ? json_text(feed->missing) : NULL;
    if (text)
        send_event(feed, "missing", text);
    free(text);
    json_decref(feed->missing);
    feed->missing = NULL;
}

/* What it shows, in the present program. */
static void take(struct feed *feed)
{
    struct board *board = feed->hmi->board;
    json_t *names = feed->match ? board_names(board, feed->match) : json_incref(feed->names);
    size_t asked = json_array_size(names), most = asked < ROWS_MOST ? asked : ROWS_MOST;
    int *rows = malloc((most + 1) * sizeof *rows);
    json_t *missing = json_array();
    size_t count = 0;
    for (size_t i = 0; rows && i < most; i++) {
        struct error error;
        json_t *name = json_array_get(names, i);
        int row = board_take(board, json_string_value(name), &error);
        if (row >= 0)
            rows[count++] = row;
        else
            json_array_append(missing, name);
    }
    note_missing(feed, missing, asked - most);
    json_decref(names);
    let_go(feed); /* after the new ones are taken: what stays is not looked up again */
    feed->rows = rows;
    feed->count = rows ? count : 0;
    feed->program = board_program(board);
    feed->full = true;
}

static void send_rows(struct feed *feed)
{
    const struct board *board = feed->hmi->board;
    struct frame_rows *last = &feed->hmi->rows;
    frame_rows(last, board, feed->rows, feed->count, feed->seen, feed->full);
    if (last->frame.failed ||
        (last->is_news && !web_write(feed->request, last->frame.text, last->frame.length)))
        web_end(feed->request);
    feed->full = false;
    feed->seen = board_version(board);
}

/* All with the same period look at the same moments, so that they share what is rendered. */
static void look_later(struct feed *feed)
{
    int64_t now = loop_now(feed->hmi->loop);
    loop_set_timer(feed->hmi->loop, &feed->timer, now - now % feed->period + feed->period);
}

static void look(struct feed *feed)
{
    struct error error;
    look_later(feed);
    if (web_waiting(feed->request) || !board_look(feed->hmi->board, &error))
        return;
    if (feed->program != board_program(feed->hmi->board)) {
        take(feed);
        if (!board_look(feed->hmi->board, &error))
            return;
    }
    if (feed->owes_alarms)
        send_alarms(feed);
    send_missing(feed);
    send_rows(feed);
}

static void fired(struct loop_timer *timer)
{
    look((struct feed *)((char *)timer - offsetof(struct feed, timer)));
}

/* ---- what it shows ---- */

static bool set_period(struct feed *feed, double seconds)
{
    if (!(seconds >= PERIOD_LEAST && seconds <= PERIOD_MOST))
        return false;
    feed->period = (int64_t)(seconds * NS_PER_S);
    return true;
}

/* Takes both; at most one is not NULL. */
static void show(struct feed *feed, json_t *names, char *match)
{
    json_decref(feed->names);
    free(feed->match);
    feed->names = names;
    feed->match = match;
    take(feed);
    loop_set_timer(feed->hmi->loop, &feed->timer, 0);
}

/* ---- begin, change, end ---- */

static void make_id(char id[ID_TEXT])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        abort(); /* cannot happen for so few once the system has started */
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

static void put_on(struct hmi *hmi, struct feed *feed)
{
    feed->next = hmi->feeds;
    if (feed->next)
        feed->next->previous = feed;
    hmi->feeds = feed;
    hmi->feed_count++;
}

/* One session does not keep the others out; who needs none has all of them. */
static bool has_room(const struct hmi *hmi, const struct who *who)
{
    size_t own = 0;
    for (const struct feed *feed = hmi->feeds; feed && who->session; feed = feed->next)
        own += feed->who.session == who->session;
    return hmi->feed_count < FEEDS_MOST && own < FEEDS_OF_ONE;
}

void feed_open(struct hmi *hmi, struct web_request *request, const struct who *who)
{
    static const char *const known[] = {"match", "names", "period", NULL};
    const char *names = web_argument(request, "names"), *match = web_argument(request, "match");
    const char *period = web_argument(request, "period");
    if (!arguments_check(request, known))
        return;
    if (names && match) {
        api_refuse(request, 400, "usage", "a stream takes one of \"names\" and \"match\"");
        return;
    }
    struct feed *feed = has_room(hmi, who) ? calloc(1, sizeof *feed) : NULL;
    if (!feed) {
        api_refuse(request, 503, "refused",
                   "too many streams are open already: %d are the most, %d of one session",
                   FEEDS_MOST, FEEDS_OF_ONE);
        return;
    }
    feed->hmi = hmi;
    feed->request = request;
    feed->who = *who;
    feed->timer.fire = fired;
    make_id(feed->id);
    if (!set_period(feed, period ? arguments_number(period) : PERIOD_DEFAULT)) {
        free(feed);
        api_refuse(request, 400, "usage", "period is %g..%g s", PERIOD_LEAST, PERIOD_MOST);
        return;
    }
    put_on(hmi, feed);
    web_set_own(request, feed);
    web_stream(request);
    send_hello(feed);
    send_alarms(feed);
    beat_soon(hmi); /* which program it is */
    show(feed, match ? NULL : arguments_list(names ? names : ""), match ? strdup(match) : NULL);
    loop_set_timer(hmi->loop, &hmi->beat, 0); /* a page begins with how the program is */
}

void feed_gone(struct hmi *hmi, struct feed *feed)
{
    loop_unset_timer(hmi->loop, &feed->timer);
    *(feed->previous ? &feed->previous->next : &hmi->feeds) = feed->next;
    if (feed->next)
        feed->next->previous = feed->previous;
    hmi->feed_count--;
    let_go(feed);
    json_decref(feed->names);
    json_decref(feed->missing);
    free(feed->match);
    free(feed);
}

bool feed_is(const struct hmi *hmi, const void *own)
{
    const struct feed *feed = hmi->feeds;
    while (feed && feed != own)
        feed = feed->next;
    return feed;
}

static struct feed *find(const struct hmi *hmi, const char *id)
{
    struct feed *feed = hmi->feeds;
    while (feed && strcmp(feed->id, id) != 0)
        feed = feed->next;
    return feed;
}

static bool are_texts(const json_t *list)
{
    size_t i;
    json_t *text;
    json_array_foreach(list, i, text)
    {
        if (!json_is_string(text))
            return false;
    }
    return json_is_array(list);
}

void feed_change(struct hmi *hmi, struct web_request *request, const struct who *who,
                 const json_t *wish)
{
    const char *id = json_string_value(json_object_get(wish, "stream"));
    const char *match = json_string_value(json_object_get(wish, "match"));
    json_t *names = json_object_get(wish, "names"), *period = json_object_get(wish, "period");
    struct feed *feed = id ? find(hmi, id) : NULL;
    if (feed && feed->who.session != who->session)
        feed = NULL; /* it is somebody else's */
    if (!id || !(names || match) || (names && match) || (names && !are_texts(names)))
        api_refuse(request, 400, "usage",
                   "feed takes \"stream\" and one of \"names\" (a list) and \"match\"");
    else if (!feed)
        api_refuse(request, 404, "unknown", "there is no such stream any more");
    else if (period && !set_period(feed, json_number_value(period)))
        api_refuse(request, 400, "usage", "period is %g..%g s", PERIOD_LEAST, PERIOD_MOST);
    else {
        show(feed, json_incref(names), match ? strdup(match) : NULL);
        api_answer(request, 200, json_pack("{s:b}", "ok", 1));
    }
}

/* ---- all of them ---- */

void feed_end_session(struct hmi *hmi, uint64_t session)
{
    for (struct feed *feed = hmi->feeds; feed; feed = feed->next)
        if (feed->who.session == session)
            web_end(feed->request);
}

void feed_beat(struct hmi *hmi, const char *event, const json_t *data)
{
    char *text = json_text(data);
    bool is_kept = strcmp(event, "alarms") == 0; /* the next beat says the same again */
    for (struct feed *feed = hmi->feeds; text && feed; feed = feed->next)
        if (web_waiting(feed->request) < BEAT_ROOM) {
            send_event(feed, event, text);
            door_use(hmi->door, feed->who.session);
        } else {
            feed->owes_alarms |= is_kept;
        }
    free(text);
}

void feed_look(struct hmi *hmi)
{
    for (struct feed *feed = hmi->feeds; feed; feed = feed->next)
        loop_set_timer(hmi->loop, &feed->timer, 0);
}
