/* The text is known by a number only: it is to be seen whether it is still the same. */

#include "run/label.h"

#include "base/packed.h"

uint32_t label_text(const struct program *program)
{
    const struct source *sources;
    size_t count = program_sources(program, &sources);
    uint32_t sum = PACKED_SUM;
    for (size_t i = 0; i < count; i++)
        sum = packed_sum_on(sum, sources[i].text, sources[i].length);
    return sum;
}

struct tape_label label_of(const struct generation *generation, const char *script)
{
    return (struct tape_label){.script = script,
                               .why = generation_why(generation),
                               .body = generation->loaded,
                               .text = label_text(generation->program)};
}
