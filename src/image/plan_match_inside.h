#pragma once
/* What decides whether a value stays, for the files of plan_match only. */

#include "image/plan_match.h"

/* The variable of that name in `from`, or NULL. */
const struct variable *plan_match_before(const struct plan_match *match, const struct variable *v);

bool plan_match_is_mirrored(const struct plan *plan, const struct variable *v);
bool plan_match_same_form(const struct variable *a, const struct variable *b);
bool plan_match_same_order(const struct variable *a, const struct variable *b);
bool plan_match_same_place(const struct variable *a, const struct variable *b);

/* Of a memory of `to` that is in `from`, too: both have none, or they match. */
bool plan_match_same_client(const struct plan_match *match, uint32_t memory);

/* The same memories under the same unit ids. */
bool plan_match_same_units(const struct plan_match *match, const struct server_spec *from,
                           const struct server_spec *to);

/* Fills `lines`, `clients` and `servers`, once `memories` is filled. */
void plan_match_links(struct plan_match *match);

/* ---- the list of differences ---- */

struct match_list {
    const struct plan_match *match;
    const uint16_t *cells;    /* of `from`, or NULL */
    const struct mark *marks; /* likewise, by point */
    void (*say)(void *context, const struct difference *difference);
    void *context;
};

void match_say(const struct match_list *list, enum difference_kind kind, const char *where,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

enum { PLACE_MAX = 64, WORDS_MAX = 256 };

/* ", " between the words of a growing text. */
void match_add_word(char words[WORDS_MAX], bool wanted, const char *word);

/* "holding 4", "holding 4 bit 3", "holding 4 high byte", "no address". */
const char *match_place(const struct variable *v, char text[PLACE_MAX]);

/* The present words of a point of `from`; false where they are not known. */
bool match_words_of(const struct match_list *list, uint32_t point, uint16_t *words);
const char *match_words_shown(const struct variable *v, const uint16_t *words, uint16_t mask,
                              char text[DEFAULT_SHOWN]);

/* Whether a point of `from` is known to be forced. */
bool match_is_forced(const struct match_list *list, uint32_t point);

/* Whether some row of `to` has taken this one's place. */
bool match_is_heir(const uint32_t *map, size_t count, uint32_t row);

/* Of one variable whose value stays: what its declaration says beside its place. */
void plan_match_list_meaning(const struct match_list *list, const struct variable *from,
                             const struct variable *to);

/* Its parts. */
void plan_match_list_program(const struct match_list *list);
void plan_match_list_keeps(const struct match_list *list);
void plan_match_list_gone_keeps(const struct match_list *list);
void plan_match_list_memories(const struct match_list *list);
void plan_match_list_raws(const struct match_list *list);
void plan_match_list_links(const struct match_list *list);
void plan_match_list_tasks(const struct match_list *list);
void plan_match_list_gone(const struct match_list *list);
void plan_match_list_lost(const struct match_list *list);
void plan_match_list_covered(const struct match_list *list);
void plan_match_list_gone_links(const struct match_list *list);
