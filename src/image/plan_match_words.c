/* What becomes of a value that is taken over: the same words in the order, or under the mask, of
 * its new declaration. */

#include "image/plan_match.h"

static uint16_t turned(uint16_t word)
{
    return (uint16_t)(word << 8 | word >> 8);
}

static void reorder(const struct variable *from, const struct variable *to, uint16_t *words)
{
    if (to->type == TYPE_STRING) {
        bool turns = (from->order == ORDER_BADC || from->order == ORDER_DCBA) !=
                     (to->order == ORDER_BADC || to->order == ORDER_DCBA);
        for (uint16_t k = 0; turns && k < to->words; k++)
            words[k] = turned(words[k]);
    } else if (to->words > 1 && from->order != to->order) {
        codec_store(to->order, words, to->words, codec_load(from->order, words, to->words));
    }
}

void plan_match_convert(const struct plan_match *match, uint32_t point, uint16_t *words)
{
    const struct point *to = &match->to->points[point];
    const struct point *from = &match->from->points[match->points[point]];
    if (to->variable < 0)
        return;
    if (to->words == 1)
        words[0] = variable_move(words[0], from->mask, to->mask);
    reorder(match->from->variables[from->variable], match->to->variables[to->variable], words);
}
