#pragma once
/* What a recording says of a generation. */

#include "record/tape.h"
#include "run/generation.h"

struct tape_label label_of(const struct generation *generation, const char *script);
uint32_t label_text(const struct program *program);
