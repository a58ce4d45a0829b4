/* How a field is found: one hash over the keys of all tables. Its buckets lie together in nodes of
 * their own kind behind the others, so that what is changed of them is noted, committed, reverted
 * and copied like anything else, and a few fields take few pages of memory. */

#include "image/keeps_inside.h"

#include <string.h>

/* The bucket as it stands, and to be changed. */
static uint32_t bucket_read(const struct keeps_half *half, uint32_t bucket)
{
    return half->nodes[KEEPS_ALL + bucket / BUCKETS_IN_NODE].buckets[bucket % BUCKETS_IN_NODE];
}

static uint32_t *bucket_touch(struct keeps *keeps, uint32_t bucket)
{
    struct node *node = node_touch(keeps, KEEPS_ALL + bucket / BUCKETS_IN_NODE);
    return &node->buckets[bucket % BUCKETS_IN_NODE];
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 32);
}

static uint32_t bucket_of(uint32_t table, const struct keeps_key *key)
{
    uint64_t hash = mix(table, key->is_text ? key->length : UINT64_MAX), word;
    if (!key->is_text)
        return (uint32_t)mix(hash, (uint64_t)key->integer) % BUCKETS;
    const char *at = key->bytes;
    size_t left = key->length;
    for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, at, left);
    return (uint32_t)mix(hash, word) % BUCKETS;
}

static bool has_key(const struct node *node, uint32_t table, const struct keeps_key *key)
{
    if (node->table != table || node->key_is_text != key->is_text)
        return false;
    if (!key->is_text)
        return node->key.integer == key->integer;
    return node->key_length == key->length && !memcmp(node->key.text, key->bytes, key->length);
}

uint32_t node_find(const struct keeps_half *half, uint32_t table, const struct keeps_key *key)
{
    if (key->is_text && key->length > KEEPS_KEY_MAX)
        return 0;
    uint32_t at = bucket_read(half, bucket_of(table, key));
    while (at && !has_key(&half->nodes[at], table, key))
        at = half->nodes[at].chain;
    return at;
}

/* What a hint leads to is looked at like what a bucket leads to, so that it can be out of date. */
uint32_t node_find_again(const struct keeps_half *half, uint32_t table, const struct keeps_key *key,
                         uint16_t *hint)
{
    _Static_assert(KEEPS_ALL <= UINT16_MAX, "a hint holds the number of any node");
    const struct node *node = &half->nodes[*hint];
    if (*hint && node->state == NODE_FIELD && has_key(node, table, key))
        return *hint;
    uint32_t number = node_find(half, table, key);
    *hint = (uint16_t)number;
    return number;
}

static struct keeps_key key_of(const struct node *node)
{
    struct keeps_key key = {.is_text = node->key_is_text};
    if (key.is_text) {
        key.bytes = node->key.text;
        key.length = node->key_length;
    } else {
        key.integer = node->key.integer;
    }
    return key;
}

void node_hang(struct keeps *keeps, uint32_t number)
{
    struct node *node = &keeps->work.nodes[number];
    struct keeps_key key = key_of(node);
    uint32_t *bucket = bucket_touch(keeps, bucket_of(node->table, &key));
    node->chain = *bucket;
    *bucket = number;
}

void node_unhang(struct keeps *keeps, uint32_t number)
{
    const struct node *node = &keeps->work.nodes[number];
    struct keeps_key key = key_of(node);
    uint32_t bucket = bucket_of(node->table, &key), at = bucket_read(&keeps->work, bucket);
    if (at == number) {
        *bucket_touch(keeps, bucket) = node->chain;
        return;
    }
    while (keeps->work.nodes[at].chain != number)
        at = keeps->work.nodes[at].chain;
    node_touch(keeps, at)->chain = node->chain;
}
