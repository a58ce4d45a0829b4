/* Names on one side, figures on the other; the variables were declared by plan_diagnostics. */

#include "run/diagnostics.h"

#include "base/clock.h"
#include "image/image_restore.h"
#include "image/link.h"

#include <string.h>

struct writer {
    struct image *image;
    const struct plan *plan;
    int64_t now;
};

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static void write_element(const struct writer *writer, const char *name, size_t element,
                          uint64_t figure)
{
    int number = plan_find_variable(writer->plan, 0, name);
    if (number < 0)
        return;
    const struct variable *v = writer->plan->variables[number];
    const struct value value = {
        .kind = VALUE_INTEGER,
        .integer = (int64_t)at_most(figure, v->words == 1 ? UINT16_MAX : UINT32_MAX)};
    uint16_t words[2];
    struct error error;
    if (variable_set(v, 0, &value, words, UINT16_MAX, &error))
        image_restore(writer->image, v->point + (uint32_t)element, words, writer->now);
}

static void write_one(const struct writer *writer, const char *name, uint64_t figure)
{
    write_element(writer, name, 0, figure);
}

static uint64_t microseconds(int64_t nanoseconds)
{
    return nanoseconds > 0 ? (uint64_t)nanoseconds / NS_PER_US : 0;
}

static void write_links(const struct writer *writer)
{
    size_t count = link_count(writer->plan), online = 0;
    for (size_t i = 0; i < count; i++) {
        struct link_status status = link_look(writer->image, i);
        bool stale = i < writer->plan->client_count && !status.complete;
        online += status.online;
        write_element(writer, "MSM_LINK", i, status.online ? 1 + stale : 0);
    }
    write_one(writer, "MSM_LINKS", count);
    write_one(writer, "MSM_ONLINE", online);
}

static uint64_t state_number(enum host_state state)
{
    switch (state) {
    case HOST_RUN:
        return 1;
    case HOST_PROBATION:
        return 2;
    case HOST_FAULT:
        return 3;
    case HOST_STOPPING:
        break;
    }
    return 4;
}

void diagnostics_write(struct image *image, const struct scan *scan,
                       const struct host_status *status, int64_t now)
{
    const struct writer writer = {image, image_plan(image), now};
    struct scan_stats stats = scan_statistics(scan);
    if (writer.plan->settings.diagnostics < 0)
        return;
    write_one(&writer, "MSM_HEARTBEAT", stats.count & UINT16_MAX);
    write_one(&writer, "MSM_SCANS", stats.count & UINT32_MAX);
    write_one(&writer, "MSM_SCAN_LAST", microseconds(stats.duration.last));
    write_one(&writer, "MSM_SCAN_MAX", microseconds(stats.duration.max));
    write_one(&writer, "MSM_OVERRUNS", stats.overruns);
    write_one(&writer, "MSM_FAULTS", status->faults);
    write_one(&writer, "MSM_RESTARTS", status->restarts);
    write_one(&writer, "MSM_RELOADS", status->reloads);
    write_one(&writer, "MSM_REFUSED", status->refused);
    write_links(&writer);
    /* last: who sees a new state finds what belongs to it */
    write_one(&writer, "MSM_STATE", state_number(status->state));
}
