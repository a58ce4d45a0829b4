#pragma once
/* What two plans have in common, and what is said of their differences. */

#include "adopt_bed.h"

#include <stdio.h>

#define MATCH_SAME(pair, name)                                                                     \
    assert_int_equal(match_before(pair, name), bed_point((pair)->from, name))
#define MATCH_GONE(pair, name) assert_int_equal(match_before(pair, name), MATCH_NONE)

static inline uint32_t match_before(struct pair *pair, const char *name)
{
    return pair->match->points[bed_point(pair->to, name)];
}

struct match_said {
    char text[8192];
    enum difference_kind kinds[32];
    size_t count;
};

static inline void match_note(void *context, const struct difference *difference)
{
    struct match_said *said = context;
    size_t length = strlen(said->text);
    snprintf(said->text + length, sizeof said->text - length, "%s: %s\n", difference->where,
             difference->text);
    assert_true(said->count < 32);
    said->kinds[said->count++] = difference->kind;
}

static inline void match_said_is(struct pair *pair, enum difference_kind kind, const char *text)
{
    struct match_said said = {.count = 0};
    plan_match_list(pair->match, pair->cells, pair->marks, match_note, &said);
    assert_string_equal(said.text, text);
    assert_true(said.count == 0 || said.kinds[0] == kind);
}

static inline void match_sealed(struct pair *pair)
{
    bed_seal(pair->from);
    bed_seal(pair->to);
    pair_match(pair);
}
