/* What came of a replay, for a person. */

#include "desk/replay_inside.h"

#include <string.h>
#include <time.h>
#include "image/point_name.h"

static void print_moment(const struct replay *replay, int64_t utc)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(utc / NS_PER_S - (utc % NS_PER_S < 0));
    localtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    fprintf(replay->out, "%s.%03d", text, (int)((utc - seconds * NS_PER_S) / NS_PER_MS));
}

/* As a person reads it; a raw word as its number. */
static const char *value_text(const struct plan *plan, uint32_t number, const uint16_t *cells,
                              char text[256])
{
    const struct point *point = &plan->points[number];
    char string[VARIABLE_MAX_LENGTH];
    if (point->variable < 0) {
        snprintf(text, 256, "%u", (unsigned)(cells[point->cell] & point->mask));
        return text;
    }
    const struct variable *v = plan->variables[point->variable];
    struct value value = variable_get(v, cells + point->cell, point->mask, string);
    return variable_format(v, &value, text, 256);
}

static const char *short_name(const struct plan *plan, uint32_t number, char name[POINT_NAME])
{
    point_name(plan, number, name);
    return strncmp(name, "mem.", 4) == 0 ? name + 4 : name;
}

static bool is_point_different(const struct replay *replay, uint32_t number, const uint16_t *cells)
{
    const struct point *point = &replay->current->plan->points[number];
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++)
        if ((cells[cell] ^ replay->expected[cell]) & point->mask & replay->match.masks[cell])
            return true;
    return false;
}

enum { NAMED_MOST = 20 };

static void print_differences(const struct replay *replay)
{
    const struct plan *plan = replay->current->plan;
    const uint16_t *cells = view_cells(scan_view(replay->current->scan));
    char name[POINT_NAME], then[256], here[256];
    size_t count = 0;
    for (uint32_t i = 0; i < plan->point_count; i++) {
        if (!is_point_different(replay, i, cells) || ++count > NAMED_MOST)
            continue;
        int32_t variable = plan->points[i].variable;
        fprintf(replay->out, "  %-24s recorded %s, replayed %s%s%s\n", short_name(plan, i, name),
                value_text(plan, i, replay->expected, then), value_text(plan, i, cells, here),
                variable < 0 ? "" : "   declared at ",
                variable < 0 ? "" : plan->variables[variable]->where);
    }
    if (count > NAMED_MOST)
        fprintf(replay->out, "  and %zu more\n", count - NAMED_MOST);
}

/* What a mark says beside the value. */
static const char *mark_text(const struct mark *mark)
{
    static const char *const qualities[] = {"", ", stale", ", never read", ", out of range",
                                            ", invalid"};
    return qualities[mark->quality];
}

static bool is_in(const uint32_t *places, size_t count, uint32_t first, uint32_t words)
{
    for (size_t i = 0; i < count; i++)
        if (places[i] >= first && places[i] < first + words)
            return true;
    return false;
}

/* Whether a value came, or was written again, or got another quality. */
static bool has_come(const struct recording *recording, uint32_t number)
{
    const struct recorded_point *point = &recording->points[number];
    return is_in(recording->came, recording->came_count, point->cell, point->words) ||
           is_in(recording->marked, recording->marked_count, number, 1);
}

static void print_came(const struct replay *replay)
{
    const struct recording *recording = replay->recording;
    const struct plan *plan = replay->current->plan;
    char name[POINT_NAME], text[256];
    size_t count = 0;
    for (uint32_t i = 0; i < recording->point_count && count < NAMED_MOST; i++) {
        uint32_t number = replay->match.points[i];
        if (number == REPLAY_NONE || !has_come(recording, i))
            continue;
        fprintf(replay->out, "%s  %-24s %s%s\n", count++ ? "" : "what came in before this scan:\n",
                short_name(plan, number, name), value_text(plan, number, replay->came, text),
                mark_text(&recording->marks[i]));
    }
    for (size_t i = 0; i < recording->linked_count; i++)
        fprintf(replay->out, "  link %s: %s\n", recording->links[recording->linked[i]],
                recording->status[recording->linked[i]].online ? "online" : "offline");
}

static void print_scan(const struct replay *replay)
{
    const struct recording *recording = replay->recording;
    fprintf(replay->out, "first difference: scan %llu, ",
            (unsigned long long)scan_statistics(replay->current->scan).count);
    print_moment(replay, recording->now.utc);
    fprintf(replay->out, ", %.3f s after the recording's begin\n",
            (double)(recording->now.monotonic - replay->begin.monotonic) / NS_PER_S);
}

static void print_faults(const struct replay *replay)
{
    const char *then = replay->recording->faulted ? replay->recording->fault : "no fault";
    fprintf(replay->out, "recorded: %s\nreplayed: %s\n", then,
            *replay->fault.text ? replay->fault.text : "no fault");
}

void replay_say_matching(const struct replay *replay)
{
    const struct replay_match *match = &replay->match;
    if (match->gone)
        fprintf(replay->out, "not compared: %s%s, which the script has not, or as another type\n",
                match->first_gone, match->gone > 1 ? " and others" : "");
    if (match->new)
        fprintf(replay->out, "not compared: %s%s, which was not recorded\n", match->first_new,
                match->new > 1 ? " and others" : "");
}

void replay_say_same(const struct replay *replay)
{
    if (replay->passed_over)
        fprintf(replay->out,
                "passed over: %llu scans of another text of the script; give the script "
                "as an argument to compare them all the same\n",
                (unsigned long long)replay->passed_over);
    if (!replay->scans)
        return;
    fprintf(replay->out, "the same in %llu scan%s, from ", (unsigned long long)replay->scans,
            replay->scans == 1 ? "" : "s");
    print_moment(replay, replay->begin.utc);
    fputs(" to ", replay->out);
    print_moment(replay, replay->end.utc);
    if (replay->loads > 1)
        fprintf(replay->out, ", begun %llu times (starts, reloads, gaps)",
                (unsigned long long)replay->loads);
    fputc('\n', replay->out);
}

void replay_say_difference(const struct replay *replay)
{
    print_scan(replay);
    if (replay->recording->faulted != (*replay->fault.text != '\0'))
        print_faults(replay);
    print_differences(replay);
    print_came(replay);
}
