#pragma once
/* What the history holds as JSON (PROTOCOL.md): as an answer of a running program, and as what a
 * command reads from the file of one that does not run. */

#include <jansson.h>
#include "store/history.h"

/* Points of all series of one answer together. */
enum { HISTORY_POINTS = 10000, HISTORY_SERIES = 100, HISTORY_ENTRIES = 2000 };

#define HISTORY_IS_MISSING "no history is written; msm run --history does"

/* A moment of a request: seconds since 1970 UTC, or with 0 and below before `now` (UTC ms). NULL
 * is `otherwise`. */
int64_t history_moment(const json_t *seconds, double otherwise, int64_t now);

/* Stretches for each of so many series. */
unsigned history_stretches(const json_t *points, size_t series);

/* "series", "from", "to"; "entries". */
json_t *history_trend_json(const struct history_result *result, int64_t from, int64_t to);
json_t *history_journal_json(const struct history_result *result);
