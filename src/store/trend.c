/* A stretch is open until a sample of another one comes. What held when it began belongs to it, so
 * that a fall from 100 to 0 shows both. */

#include "store/trend.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void trend_begin(struct trend *trend, int64_t from, int64_t to, unsigned most)
{
    int64_t width = most ? (to - from + most - 1) / most : 0;
    *trend = (struct trend){.from = from, .to = to, .held = NAN};
    trend->width = most && width < 1 ? 1 : width;
}

void trend_finish(struct trend *trend)
{
    free(trend->points);
    trend->points = NULL;
}

static void put(struct trend *trend, int64_t time, double low, double high, double last)
{
    if (trend->count == trend->room) {
        size_t room = trend->room ? 2 * trend->room : FIRST_ROOM;
        struct trend_point *points = realloc(trend->points, room * sizeof *points);
        if (!points) {
            trend->short_of = true;
            return;
        }
        trend->points = points;
        trend->room = room;
    }
    trend->points[trend->count++] = (struct trend_point){time, low, high, last};
}

static void put_one(struct trend *trend, int64_t time, double value)
{
    put(trend, time, value, value, value);
}

static void close_stretch(struct trend *trend)
{
    if (trend->any)
        put(trend, trend->now.time, trend->now.low, trend->now.high, trend->now.last);
    if (trend->ends)
        put_one(trend, trend->gap, NAN);
    trend->any = trend->ends = false;
}

/* What was there before the first sample. */
static void begin(struct trend *trend)
{
    if (!trend->begun && !isnan(trend->held))
        put_one(trend, trend->from, trend->held);
    trend->begun = true;
}

static int64_t stretch_of(const struct trend *trend, int64_t time)
{
    return trend->width ? (time - trend->from) / trend->width : time;
}

static void into_stretch(struct trend *trend, int64_t begin, int64_t end, double low, double high,
                         double last)
{
    if (!isnan(low) && !trend->any) {
        trend->now = (struct trend_point){begin, trend->held, trend->held, trend->held};
        trend->any = true;
    }
    if (!isnan(low)) {
        trend->now.low = fmin(trend->now.low, low);
        trend->now.high = fmax(trend->now.high, high);
        trend->now.last = isnan(last) ? high : last;
    }
    if (!isnan(last))
        trend->ends = false;
    else if (!trend->ends && (trend->any || !isnan(trend->held)))
        trend->ends = true, trend->gap = end;
    trend->held = last;
}

void trend_add_all(struct trend *trend, int64_t first, int64_t end, double low, double high,
                   double last)
{
    if (end <= trend->from)
        trend->held = last;
    if (end <= trend->from || first > trend->to)
        return;
    begin(trend);
    if (trend->width == 0 || stretch_of(trend, first) != trend->stretch)
        close_stretch(trend);
    trend->stretch = stretch_of(trend, first);
    into_stretch(trend, first, end, low, high, last);
    if (trend->width == 0) {
        trend->now.low = low; /* what held before has a point of its own */
        trend->now.high = high;
        close_stretch(trend);
    }
}

void trend_add(struct trend *trend, int64_t time, double value)
{
    trend_add_all(trend, time, time, value, value, value);
}

bool trend_is_one(const struct trend *trend, int64_t begin, int64_t end)
{
    return trend->width && begin > trend->from && end <= trend->to &&
           stretch_of(trend, begin) == stretch_of(trend, end);
}

bool trend_end(struct trend *trend, int64_t until)
{
    int64_t end = until < trend->to ? until : trend->to;
    if (end >= trend->from)
        begin(trend);
    close_stretch(trend);
    bool later = !trend->count || trend->points[trend->count - 1].time < end;
    if (end >= trend->from && !isnan(trend->held) && later)
        put_one(trend, end, trend->held);
    return !trend->short_of;
}
