#pragma once
/* One group between an image and a device, for tests of merging: hand-made rows, no plan. Bits that
 * are not the group's are set in what is here and clear in what the device sends, so that one that
 * is copied or compared by mistake shows. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "modbus/merge.h"
#include "variable_help.h"

enum { MERGE_WORDS = 4 };
#define SECOND INT64_C(1000000000)

struct merge_bed {
    struct help help;
    struct variable variable;
    struct group group;
    uint16_t local[MERGE_WORDS], agreed[MERGE_WORDS];
    struct merge state;
    struct merge_group g;
    uint64_t count; /* the link's */
};

static inline int merge_bed_init(void **state)
{
    struct merge_bed *bed = calloc(1, sizeof *bed);
    bed->state.sent = INT64_MIN;
    bed->group = (struct group){.words = 1, .mask = 0xFFFF, .variable = -1};
    bed->g = (struct merge_group){&bed->group, NULL, bed->local, bed->agreed, &bed->state};
    *state = bed;
    return 0;
}

static inline int merge_bed_finish(void **state)
{
    struct merge_bed *bed = *state;
    while (bed->help.used > 0)
        free(bed->help.pieces[--bed->help.used]);
    free(bed);
    return 0;
}

#define MERGE_TEST(name) cmocka_unit_test_setup_teardown(name, merge_bed_init, merge_bed_finish)

/* The group is this variable's. */
static inline struct merge_bed *merge_bed_variable(void **state, struct variable variable)
{
    struct merge_bed *bed = *state;
    struct error error = {""};
    bed->variable = variable;
    if (!variable_prepare(&bed->variable, help_alloc, &bed->help, &error))
        fail_msg("%s", error.text);
    bed->group.words = bed->variable.words;
    bed->group.mask = bed->variable.mask;
    bed->group.variable = 0;
    bed->g.variable = &bed->variable;
    return bed;
}

/* A raw word, or a variable of one word with nothing stated. */
static inline struct merge_bed *merge_bed_raw(void **state, enum direction direction)
{
    struct merge_bed *bed = *state;
    bed->group.direction = direction;
    return bed;
}

static inline struct merge_bed *merge_bed_word(void **state, enum direction direction)
{
    struct merge_bed *bed = merge_bed_variable(state, help_variable(TABLE_HOLDING, TYPE_UINT16));
    bed->group.direction = direction;
    return bed;
}

static inline void merge_put(const struct merge_bed *bed, uint16_t *words, uint16_t word)
{
    words[0] = (uint16_t)(~bed->group.mask | (word & bed->group.mask));
}

/* Written here. */
static inline void merge_write(struct merge_bed *bed, uint16_t word, int64_t time)
{
    merge_put(bed, bed->local, word);
    merge_changed(&bed->g, time, false);
}

static inline enum merged merge_poll(struct merge_bed *bed, uint16_t word)
{
    uint16_t words[MERGE_WORDS] = {word & bed->group.mask};
    return merge_polled(&bed->g, words, bed->count);
}

/* What is here is sent at `now` and confirmed. */
static inline enum merged merge_deliver(struct merge_bed *bed, int64_t now)
{
    uint16_t words[MERGE_WORDS];
    memcpy(words, bed->local, sizeof words);
    merge_sent(&bed->g, now);
    return merge_answered(&bed->g, words, ++bed->count);
}

/* The device has had `word` all along. */
static inline void merge_agree(struct merge_bed *bed, uint16_t word)
{
    merge_put(bed, bed->local, word);
    merge_put(bed, bed->agreed, word);
    bed->state.known = true;
}

static inline bool merge_wanted(struct merge_bed *bed, int64_t now)
{
    return merge_due(&bed->g, true, SECOND, now) <= now;
}

#define expect_words(bed, here, common)                                                            \
    do {                                                                                           \
        assert_int_equal((bed)->local[0] & (bed)->group.mask, here);                               \
        assert_int_equal((bed)->agreed[0] & (bed)->group.mask, common);                            \
    } while (0)

#define expect_delivery(bed, what, why)                                                            \
    do {                                                                                           \
        assert_int_equal((bed)->state.delivery, what);                                             \
        assert_int_equal((bed)->state.reason, why);                                                \
    } while (0)
