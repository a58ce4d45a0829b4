/* Names that go. To take everything apart at once could take a scan's time, and to leave a part of
 * it would give half a keep to whoever comes and wants the name. So the name is changed into a
 * number, under which nobody looks, and what it holds is taken apart leaf by leaf afterwards. */

#include "image/keeps_inside.h"

#include <string.h>

static const struct keeps_table ROOT = {0, 0};

void keeps_drop(struct keeps *keeps, const char *name)
{
    struct keeps_key key = {.is_text = true, .bytes = name, .length = strlen(name)};
    uint32_t number = node_find(&keeps->work, ROOT.id, &key);
    if (!number)
        return;
    node_number(keeps, number);
    keeps->work.dropped++;
}

static bool next(const struct keeps *keeps, bool dropped, uint32_t *at, struct keeps_key *key)
{
    struct keeps_value value;
    while (keeps_next(keeps, ROOT, at, key, &value, NULL)) {
        if (key->is_text != dropped)
            return true;
    }
    return false;
}

bool keeps_next_name(const struct keeps *keeps, uint32_t *at, const char **name)
{
    struct keeps_key key;
    if (!next(keeps, false, at, &key))
        return false;
    *name = key.bytes;
    return true;
}

static uint32_t first_field(const struct keeps_half *half, uint32_t table)
{
    uint32_t at = half->nodes[table].list.first;
    while (at && half->nodes[at].state == NODE_GONE)
        at = half->nodes[at].after;
    return at;
}

/* What holds nothing itself: as deep as tables may lie in tables. */
static uint32_t leaf_of(const struct keeps_half *half, uint32_t number)
{
    uint32_t inner = number;
    while (half->nodes[number].type == KEEPS_TABLE && (inner = first_field(half, number)))
        number = inner;
    return number;
}

void keeps_sweep_dropped(struct keeps *keeps, size_t most)
{
    struct keeps_key key;
    uint32_t at = 0, leaf = 0;
    if (!keeps->work.dropped || !next(keeps, true, &at, &key))
        return;
    for (; most > 0 && leaf != at; most--) {
        leaf = leaf_of(&keeps->work, at);
        node_free(keeps, leaf);
    }
    keeps->work.dropped -= leaf == at;
}
