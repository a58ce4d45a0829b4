/* What a device was found not to have is known by where its reads had to be divided: a read that
 * begins where a joined one would not. The new plan's reads are divided there again, wherever they
 * begin themselves, because variables that came or went have moved all the other borders. */

#include "modbus/reads_inside.h"

#include <stdlib.h>
#include "base/memory.h"
#include "image/plan_match.h"

/* The reads of the program before. */
struct past {
    const struct reads *reads;
    const uint32_t *groups; /* theirs, by ours */
    struct run run;         /* their groups */
    uint32_t *place;        /* by theirs: index of the read + 1; 0: not polled */
    uint32_t *divided;      /* by read: borders up to its beginning that had to be made */
};

static void note_places(const struct past *past)
{
    for (uint32_t i = 0; i < past->reads->count; i++) {
        const struct read *read = &past->reads->rows[i];
        for (uint32_t k = 0; k < read->group_count; k++)
            past->place[read->groups[k] - past->run.first] = i + 1;
    }
}

static void note_divided(const struct past *past)
{
    const struct reads *reads = past->reads;
    size_t joined = 0; /* where the next joined read would begin */
    uint32_t divided = 0;
    for (size_t i = 0; i < reads->count; i++) {
        size_t start = (size_t)(reads->rows[i].groups - reads->groups);
        if (start == joined)
            joined += reads_widest(reads, start).group_count;
        else
            divided++;
        past->divided[i] = divided;
    }
}

/* Index of the read in which a group of ours was; -1: in none. */
static int64_t place_of(const struct past *past, uint32_t group)
{
    uint32_t before = past->groups[group];
    if (before == MATCH_NONE || before - past->run.first >= past->run.count)
        return -1;
    return (int64_t)past->place[before - past->run.first] - 1;
}

/* ---- divided as before ---- */

static bool is_refused(const struct past *past, int64_t place)
{
    return place >= 0 && past->reads->rows[place].refused;
}

static bool is_border(const struct past *past, int64_t last, int64_t left, int64_t right)
{
    bool refused = is_refused(past, left) || is_refused(past, right);
    if (refused && left != right)
        return true;
    return last >= 0 && right >= 0 && past->divided[last] != past->divided[right];
}

/* Of `most` groups from `start` on, how many are one read. */
static size_t until_border(const struct reads *reads, const struct past *past, size_t start,
                           size_t most)
{
    int64_t left = place_of(past, reads->groups[start]), last = left;
    for (size_t i = start + 1; i < start + most; i++) {
        int64_t right = place_of(past, reads->groups[i]);
        struct reads_item item = reads_item(reads, reads->groups[i]);
        struct reads_item before = reads_item(reads, reads->groups[i - 1]);
        if (item.address >= reads_end(&before) && is_border(past, last, left, right))
            return i - start;
        left = right;
        last = right >= 0 ? right : last;
    }
    return most;
}

/* ---- times ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What was not polled so far, but is known, counts as answered now. */
static void take_times(struct read *read, const struct past *past, int64_t now)
{
    int64_t fresh = INT64_MAX, old = 0;
    read->due = INT64_MAX;
    read->refused = true;
    for (uint32_t i = 0; i < read->group_count; i++) {
        int64_t place = place_of(past, read->groups[i]);
        const struct read *was = place >= 0 ? &past->reads->rows[place] : NULL;
        bool same = was && was->period == read->period;
        read->due = earlier(read->due, same ? was->due : now);
        read->refused &= was && was->refused;
        if (was && was->answered != 0 && !was->stale)
            fresh = earlier(fresh, was->answered);
        else if (was && was->answered != 0)
            old = was->answered;
        else if (!was && past->groups[read->groups[i]] != MATCH_NONE)
            fresh = earlier(fresh, now);
    }
    read->stale = fresh == INT64_MAX && old != 0;
    read->answered = fresh == INT64_MAX ? old : fresh;
}

/* ---- all of it ---- */

static void divide(struct reads *reads, const struct past *past, int64_t now)
{
    reads->count = 0;
    for (size_t start = 0; start < reads->group_count;) {
        size_t end = start + reads_widest(reads, start).group_count;
        while (start < end) {
            size_t count = until_border(reads, past, start, end - start);
            struct read *read = &reads->rows[reads->count++];
            *read = reads_of(reads, &reads->groups[start], count);
            take_times(read, past, now);
            start += count;
        }
    }
}

void reads_inherit(struct reads *reads, const struct reads *before, const uint32_t *groups,
                   int64_t now)
{
    uint32_t number = (uint32_t)(before->client - before->plan->clients);
    struct past past = {
        .reads = before, .groups = groups, .run = plan_client_groups(before->plan, number)};
    past.place = memory_zeroed((size_t)past.run.count + 1, sizeof *past.place);
    past.divided = memory_zeroed(before->count + 1, sizeof *past.divided);
    note_places(&past);
    note_divided(&past);
    divide(reads, &past, now);
    free(past.place);
    free(past.divided);
}
