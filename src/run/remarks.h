#pragma once
/* What a reload changes, in words: asked before it, or told after it to whoever did it. */

#include "base/error.h"
#include "image/plan_match.h"

struct adoption;
struct image;
struct retire;

/* What it would do to the program whose image this is, a line for each difference; malloc. NULL
 * with an error. */
char *remarks_before(struct image *image, const struct plan_match *match, struct error *error);

/* After the swap: outputs of the former program that were not made safe (what retire_judge left),
 * and what becomes of values and forces otherwise than who has edited the script may expect; of a
 * program that was not `asked` for, only what was not taken over. In the log, and as text,
 * likewise; "" for nothing, and NULL where memory is short. */
char *remarks_after(const struct retire *retire, const struct plan_match *match,
                    const struct adoption *adoption, bool asked);
