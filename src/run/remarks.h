#pragma once
/* What a reload changes, in words: asked before it, or told after it to whoever did it. */

#include "base/error.h"
#include "image/plan_match.h"

struct adoption;
struct image;

/* What it would do to the program whose image this is, a line for each difference; malloc. NULL
 * with an error. */
char *remarks_before(struct image *image, const struct plan_match *match, struct error *error);

/* After the swap: what becomes of values otherwise than who has edited the script may expect; of a
 * program that was not `asked` for, only what was not taken over. `image` is the former one. In the
 * log, and as text, likewise; "" for nothing, and NULL where memory is short. */
char *remarks_after(struct image *image, const struct plan_match *match,
                    const struct adoption *adoption, bool asked);
