#pragma once
/* The room from the inside; for hmi.c, api.c and feed.c only. */

#include <jansson.h>
#include "base/loop.h"
#include "control/asks.h"
#include "hmi/board.h"
#include "hmi/frame.h"
#include "hmi/door.h"
#include "hmi/guard.h"
#include "hmi/hmi.h"
#include "hmi/tls.h"
#include "hmi/web.h"

struct feed;
struct errand;

struct hmi {
    struct loop *loop;
    struct control_host host;
    struct hmi_settings settings;
    struct web *web;
    struct door *door;
    struct tls tls;
    struct board *board;
    struct feed *feeds; /* all streams */
    size_t feed_count;
    struct frame_rows rows; /* that were sent last */
    struct errand *errands; /* requests that wait for the host */
    struct loop_timer beat;
    unsigned ticks;
    const struct alarms *alarms; /* whose changes were told last, … */
    uint64_t alarms_version;     /* … up to this one; only compared */
};

/* ---- api.c ---- */

void api_asked(void *context, struct web_request *request);
void api_gone(void *context, struct web_request *request);
void api_end(struct hmi *hmi); /* what waits is refused */

/* A refusal in the form of PROTOCOL.md. */
void api_refuse(struct web_request *request, unsigned status, const char *kind, const char *format,
                ...) __attribute__((format(printf, 4, 5)));
void api_answer(struct web_request *request, unsigned status, json_t *answer); /* takes it */

/* The answer to a request that needs no time, as the program itself asks it. */
json_t *api_ask(struct hmi *hmi, json_t *request); /* takes it; NULL when memory is short */

/* ---- beat.c ---- */

void beat_start(struct hmi *hmi);
void beat_soon(struct hmi *hmi); /* now, to all */
void beat_stop(struct hmi *hmi);
json_t *beat_alarms(struct hmi *hmi); /* the data of the event; NULL when memory is short */

/* ---- metrics.c ---- */

/* How the program is, as Prometheus reads it (text format 0.0.4). */
void metrics_answer(struct hmi *hmi, struct web_request *request);

/* ---- feed.c ---- */

/* The request becomes a stream. */
void feed_open(struct hmi *hmi, struct web_request *request, const struct who *who);
void feed_gone(struct hmi *hmi, struct feed *feed);
bool feed_is(const struct hmi *hmi, const void *own); /* whether it is one of them */
void feed_change(struct hmi *hmi, struct web_request *request, const struct who *who,
                 const json_t *wish);
void feed_beat(struct hmi *hmi, const char *event, const json_t *data); /* to all of them */
void feed_end_session(struct hmi *hmi, uint64_t session); /* somebody has logged out */
void feed_look(struct hmi *hmi);                          /* the program was replaced */
