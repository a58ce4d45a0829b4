/* Nodes of keeps: taken and given back, and strung in the order of their table. Which were changed
 * is noted at the one place where a node is handed out for it. */

#include "image/keeps_inside.h"

#include <string.h>

struct node *node_touch(struct keeps *keeps, uint32_t number)
{
    if (!keeps->is_changed[number]) {
        keeps->is_changed[number] = true;
        keeps->changed[keeps->changed_count++] = number;
    }
    keeps->of = NULL;
    return &keeps->work.nodes[number];
}

static void reset(struct node *node, enum node_state state)
{
    memset(node, 0, sizeof *node);
    node->state = (uint8_t)state;
}

static uint32_t take_new(struct keeps *keeps)
{
    uint32_t number = keeps->work.top++;
    if (number >= atomic_load_explicit(&keeps->reached, memory_order_relaxed))
        atomic_store_explicit(&keeps->reached, number + 1, memory_order_relaxed);
    return number;
}

static uint32_t take(struct keeps *keeps, enum node_state state)
{
    struct keeps_half *work = &keeps->work;
    if (!work->free && work->top == KEEPS_ALL)
        node_sweep(keeps);
    uint32_t number = work->free ? work->free : take_new(keeps);
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
    node_hang(keeps, number);
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
    node_unhang(keeps, number);
    struct node *node = node_touch(keeps, number);
    shorten(keeps, node);
    node->state = NODE_GONE;
    node->chain = keeps->work.gone;
    keeps->work.gone = number;
    keeps->work.used--;
}

void node_free(struct keeps *keeps, uint32_t number)
{
    node_clear(keeps, number);
    node_unhang(keeps, number);
    unstring(keeps, &keeps->work.nodes[number]);
    give_back(keeps, number);
    keeps->work.used--;
}

void node_number(struct keeps *keeps, uint32_t number)
{
    node_unhang(keeps, number);
    struct node *node = node_touch(keeps, number);
    node->key_is_text = false;
    node->key.integer = number;
    node_hang(keeps, number);
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
        node_unhang(keeps, at);
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
