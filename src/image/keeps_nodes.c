/* Nodes of keeps: taken and given back, found through one hash over all tables, and strung in the
 * order of their table. Which were changed is noted at the one place where a node is handed out for
 * it. */

#include "image/keeps_inside.h"

#include <string.h>

enum { BUCKETS = KEEPS_NODES };

struct node *node_touch(struct keeps *keeps, uint32_t number)
{
    if (!keeps->is_changed[number]) {
        keeps->is_changed[number] = true;
        keeps->changed[keeps->changed_count++] = number;
    }
    keeps->of = NULL;
    return &keeps->work.nodes[number];
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
    uint32_t at = half->nodes[bucket_of(table, key)].bucket;
    while (at && !has_key(&half->nodes[at], table, key))
        at = half->nodes[at].chain;
    return at;
}

/* But for the bucket: that belongs to the number. */
static void reset(struct node *node, enum node_state state)
{
    uint32_t bucket = node->bucket;
    memset(node, 0, sizeof *node);
    node->bucket = bucket;
    node->state = (uint8_t)state;
}

static uint32_t take(struct keeps *keeps, enum node_state state)
{
    struct keeps_half *work = &keeps->work;
    if (!work->free && work->top == KEEPS_ALL)
        node_sweep(keeps);
    uint32_t number = work->free ? work->free : work->top++;
    struct node *node = node_touch(keeps, number);
    if (number == work->free)
        work->free = node->chain;
    reset(node, state);
    work->used++;
    return number;
}

static void give_back(struct keeps *keeps, uint32_t number)
{
    struct node *node = node_touch(keeps, number);
    reset(node, NODE_FREE);
    node->chain = keeps->work.free;
    keeps->work.free = number;
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

static void hang(struct keeps *keeps, uint32_t number)
{
    struct node *node = &keeps->work.nodes[number];
    struct keeps_key key = key_of(node);
    struct node *head = node_touch(keeps, bucket_of(node->table, &key));
    node->chain = head->bucket;
    head->bucket = number;
}

static void unhang(struct keeps *keeps, uint32_t number)
{
    const struct node *node = &keeps->work.nodes[number];
    struct keeps_key key = key_of(node);
    uint32_t bucket = bucket_of(node->table, &key), at = keeps->work.nodes[bucket].bucket;
    if (at == number) {
        node_touch(keeps, bucket)->bucket = node->chain;
        return;
    }
    while (keeps->work.nodes[at].chain != number)
        at = keeps->work.nodes[at].chain;
    node_touch(keeps, at)->chain = node->chain;
}

static void string(struct keeps *keeps, uint32_t number)
{
    struct node *node = &keeps->work.nodes[number], *table = node_touch(keeps, node->table);
    node->before = table->list.last;
    if (node->before)
        node_touch(keeps, node->before)->after = number;
    else
        table->list.first = number;
    table->list.last = number;
}

static void unstring(struct keeps *keeps, const struct node *node)
{
    struct node *table = node_touch(keeps, node->table);
    if (node->before)
        node_touch(keeps, node->before)->after = node->after;
    else
        table->list.first = node->after;
    if (node->after)
        node_touch(keeps, node->after)->before = node->before;
    else
        table->list.last = node->before;
}

/* The list in a table grows at its end; behind it there may be more already. */
static void lengthen(struct keeps *keeps, uint32_t table)
{
    struct node *node = node_touch(keeps, table);
    struct keeps_key key = {.integer = (int64_t)node->list.length + 1};
    for (; node_find(&keeps->work, table, &key); key.integer++)
        node->list.length++;
}

uint32_t node_make(struct keeps *keeps, uint32_t table, const struct keeps_key *key)
{
    uint32_t number = take(keeps, NODE_FIELD);
    struct node *node = &keeps->work.nodes[number];
    node->table = table;
    node->key_is_text = key->is_text;
    if (key->is_text) {
        node->key_length = (uint8_t)key->length;
        memcpy(node->key.text, key->bytes, key->length);
    } else {
        node->key.integer = key->integer;
    }
    hang(keeps, number);
    string(keeps, number);
    if (!key->is_text && key->integer == (int64_t)keeps->work.nodes[table].list.length + 1)
        lengthen(keeps, table);
    return number;
}

static void shorten(struct keeps *keeps, const struct node *node)
{
    if (node->key_is_text || node->key.integer < 1 ||
        node->key.integer > keeps->work.nodes[node->table].list.length)
        return;
    node_touch(keeps, node->table)->list.length = (uint32_t)node->key.integer - 1;
}

void node_remove(struct keeps *keeps, uint32_t number)
{
    node_clear(keeps, number);
    unhang(keeps, number);
    struct node *node = node_touch(keeps, number);
    shorten(keeps, node);
    node->state = NODE_GONE;
    node->chain = keeps->work.gone;
    keeps->work.gone = number;
    keeps->work.used--;
}

static void clear_text(struct keeps *keeps, struct node *node)
{
    for (uint32_t at = node->text.more, next; at; at = next) {
        next = keeps->work.nodes[at].chain;
        give_back(keeps, at);
        keeps->work.used--;
    }
}

/* All fields of a table that goes itself. Those that are gone already stand in the chain of such.
 */
static void clear_table(struct keeps *keeps, const struct node *table)
{
    for (uint32_t at = table->list.first, next; at; at = next) {
        struct node *node = node_touch(keeps, at);
        next = node->after;
        if (node->state == NODE_GONE) {
            node->table = NODE_NONE;
            continue;
        }
        node_clear(keeps, at); /* as deep as tables may lie in tables */
        unhang(keeps, at);
        give_back(keeps, at);
        keeps->work.used--;
    }
}

void node_clear(struct keeps *keeps, uint32_t number)
{
    struct node *node = node_touch(keeps, number);
    if (node->type == KEEPS_TEXT)
        clear_text(keeps, node);
    else if (node->type == KEEPS_TABLE)
        clear_table(keeps, node);
    node->type = KEEPS_NIL;
    memset(&node->text, 0, sizeof node->text);
}

size_t node_more(size_t length)
{
    return length <= TEXT_FIRST ? 0 : (length - TEXT_FIRST + TEXT_MORE - 1) / TEXT_MORE;
}

void node_write_text(struct keeps *keeps, uint32_t number, const char *bytes, size_t length)
{
    size_t part = length < TEXT_FIRST ? length : TEXT_FIRST;
    struct node *node = node_touch(keeps, number);
    node->text.length = (uint32_t)length;
    memcpy(node->text.bytes, bytes, part);
    uint32_t *link = &node->text.more;
    for (size_t at = part; at < length; at += part) {
        part = length - at < TEXT_MORE ? length - at : TEXT_MORE;
        *link = take(keeps, NODE_TEXT);
        struct node *more = &keeps->work.nodes[*link];
        memcpy(more->bytes, bytes + at, part);
        link = &more->chain;
    }
}

const char *node_text(const struct keeps_half *half, const struct node *node, char *text)
{
    size_t length = node->text.length, at = TEXT_FIRST;
    if (length <= TEXT_FIRST)
        return node->text.bytes;
    memcpy(text, node->text.bytes, TEXT_FIRST);
    for (uint32_t more = node->text.more; more; more = half->nodes[more].chain) {
        size_t part = length - at < TEXT_MORE ? length - at : TEXT_MORE;
        memcpy(text + at, half->nodes[more].bytes, part);
        at += part;
    }
    return text;
}

void node_sweep(struct keeps *keeps)
{
    for (uint32_t at = keeps->work.gone, next; at; at = next) {
        struct node *node = node_touch(keeps, at);
        next = node->chain;
        if (node->table != NODE_NONE)
            unstring(keeps, node);
        give_back(keeps, at);
    }
    keeps->work.gone = 0;
}
