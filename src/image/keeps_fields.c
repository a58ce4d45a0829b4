/* Fields of keeps, read and set. A change is looked at as a whole before anything is touched: is
 * the table there, is the value within its limits, is there room. */

#include "image/keeps_inside.h"

#include <string.h>

bool half_is(const struct keeps_half *half, struct keeps_table table)
{
    if (table.id >= KEEPS_ALL)
        return false;
    const struct node *node = &half->nodes[table.id];
    return node->state == NODE_FIELD && node->type == KEEPS_TABLE && node->list.tag == table.tag;
}

bool keeps_is(const struct keeps *keeps, struct keeps_table table)
{
    return half_is(&keeps->work, table);
}

static struct keeps_value value_of(const struct keeps_half *half, uint32_t number, char *text)
{
    const struct node *node = &half->nodes[number];
    struct keeps_value value = {.type = (enum keeps_type)node->type};
    switch (value.type) {
    case KEEPS_NIL:
        break;
    case KEEPS_BOOLEAN:
        value.boolean = node->boolean;
        break;
    case KEEPS_INTEGER:
        value.integer = node->integer;
        break;
    case KEEPS_NUMBER:
        value.number = node->number;
        break;
    case KEEPS_TEXT:
        value.text.bytes = node_text(half, node, text);
        value.text.length = node->text.length;
        break;
    case KEEPS_TABLE:
        value.table = (struct keeps_table){.id = number, .tag = node->list.tag};
        break;
    }
    return value;
}

static struct keeps_value get(const struct keeps_half *half, struct keeps_table table,
                              const struct keeps_key *key, char *text)
{
    uint32_t number = half_is(half, table) ? node_find(half, table.id, key) : 0;
    return number ? value_of(half, number, text) : (struct keeps_value){.type = KEEPS_NIL};
}

struct keeps_value keeps_get(const struct keeps *keeps, struct keeps_table table,
                             const struct keeps_key *key, char *text)
{
    return get(&keeps->work, table, key, text);
}

struct keeps_value keeps_get_again(const struct keeps *keeps, struct keeps_table table,
                                   const struct keeps_key *key, uint16_t *hint, char *text)
{
    uint32_t number =
        keeps_is(keeps, table) ? node_find_again(&keeps->work, table.id, key, hint) : 0;
    return number ? value_of(&keeps->work, number, text) : (struct keeps_value){.type = KEEPS_NIL};
}

struct keeps_value keeps_was(const struct keeps *keeps, struct keeps_table table,
                             const struct keeps_key *key, char *text)
{
    return get(&keeps->committed, table, key, text);
}

bool keeps_changed(const struct keeps *keeps, uint32_t at)
{
    return at >= KEEPS_ALL || keeps->is_changed[at];
}

size_t keeps_length(const struct keeps *keeps, struct keeps_table table)
{
    return keeps_is(keeps, table) ? keeps->work.nodes[table.id].list.length : 0;
}

size_t keeps_depth(const struct keeps *keeps, struct keeps_table table)
{
    return keeps_is(keeps, table) ? keeps->work.nodes[table.id].list.depth : 0;
}

bool keeps_next(const struct keeps *keeps, struct keeps_table table, uint32_t *at,
                struct keeps_key *key, struct keeps_value *value, char *text)
{
    const struct node *nodes = keeps->work.nodes;
    if (!keeps_is(keeps, table) || *at >= KEEPS_ALL)
        return false;
    const struct node *node = &nodes[*at];
    if (*at && (node->table != table.id || (node->state != NODE_FIELD && node->state != NODE_GONE)))
        return false;
    uint32_t next = *at ? node->after : nodes[table.id].list.first;
    while (next && nodes[next].state == NODE_GONE)
        next = nodes[next].after;
    if (!next)
        return false;
    node = &nodes[next];
    *at = next;
    *key = (struct keeps_key){.is_text = node->key_is_text};
    if (node->key_is_text) {
        key->bytes = node->key.text;
        key->length = node->key_length;
    } else {
        key->integer = node->key.integer;
    }
    *value = value_of(&keeps->work, next, text);
    return true;
}

static bool is_same(const struct keeps *keeps, uint32_t number, const struct keeps_value *value)
{
    const struct node *node = &keeps->work.nodes[number];
    char text[KEEPS_TEXT_MAX];
    if (node->type != value->type)
        return false;
    switch (value->type) {
    case KEEPS_BOOLEAN:
        return node->boolean == value->boolean;
    case KEEPS_INTEGER:
        return node->integer == value->integer;
    case KEEPS_NUMBER: /* NaN is the same as itself, 0 and -0 are not */
        return !memcmp(&node->number, &value->number, sizeof node->number);
    case KEEPS_TEXT:
        return node->text.length == value->text.length &&
               !memcmp(node_text(&keeps->work, node, text), value->text.bytes, value->text.length);
    default:
        return false;
    }
}

static bool check_limits(const struct keeps *keeps, struct keeps_table table,
                         const struct keeps_key *key, const struct keeps_value *value,
                         struct error *error)
{
    if (!keeps_is(keeps, table))
        return error_set(error, "the table that it stood in is no longer there");
    if (key->is_text && key->length > KEEPS_KEY_MAX)
        return error_set(error, "a name has at most %d bytes, not %zu", KEEPS_KEY_MAX, key->length);
    if (value->type == KEEPS_TEXT && value->text.length > KEEPS_TEXT_MAX)
        return error_set(error, "a text has at most %d bytes, not %zu", KEEPS_TEXT_MAX,
                         value->text.length);
    if (value->type == KEEPS_TABLE && keeps_depth(keeps, table) >= KEEPS_DEPTH_MAX)
        return error_set(error, "tables lie inside each other at most %d deep", KEEPS_DEPTH_MAX);
    return true;
}

size_t keeps_takes(const struct keeps_value *value)
{
    return 1 + (value->type == KEEPS_TEXT ? node_more(value->text.length) : 0);
}

static bool check_space(struct keeps *keeps, uint32_t number, const struct keeps_value *value,
                        struct error *error)
{
    const struct node *node = &keeps->work.nodes[number];
    size_t needed = keeps_takes(value) - !!number, used = keeps->work.used;
    if (number && node->type == KEEPS_TEXT)
        used -= node_more(node->text.length);
    if (needed + used <= KEEPS_NODES)
        return true;
    if (!keeps->work.dropped)
        return keeps_refuse_room(error);
    keeps_sweep_dropped(keeps, needed);
    return check_space(keeps, number, value, error);
}

bool keeps_refuse_room(struct error *error)
{
    return error_set(
        error,
        "all keeps of the program together hold at most %d fields (a text of more than "
        "%d bytes counts as several), and there is no room for more; nil takes a field "
        "away",
        KEEPS_NODES, TEXT_FIRST);
}

static void write_value(struct keeps *keeps, uint32_t number, struct keeps_value *value)
{
    struct node *node = node_touch(keeps, number);
    uint32_t depth = keeps->work.nodes[node->table].list.depth + 1;
    node->type = (uint8_t)value->type;
    switch (value->type) {
    case KEEPS_NIL:
        break;
    case KEEPS_BOOLEAN:
        node->boolean = value->boolean;
        break;
    case KEEPS_INTEGER:
        node->integer = value->integer;
        break;
    case KEEPS_NUMBER:
        node->number = value->number;
        break;
    case KEEPS_TEXT:
        node_write_text(keeps, number, value->text.bytes, value->text.length);
        break;
    case KEEPS_TABLE:
        node->list.tag = ++keeps->work.tags;
        node->list.depth = depth;
        value->table = (struct keeps_table){.id = number, .tag = node->list.tag};
        break;
    }
}

/* A text may come from what is replaced: `value` is copied before that goes. */
static void replace(struct keeps *keeps, uint32_t number, struct keeps_value *value)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_value kept = *value;
    if (kept.type == KEEPS_TEXT) {
        memcpy(text, kept.text.bytes, kept.text.length);
        kept.text.bytes = text;
    }
    node_clear(keeps, number);
    write_value(keeps, number, &kept);
    value->table = kept.type == KEEPS_TABLE ? kept.table : value->table;
}

bool keeps_set(struct keeps *keeps, struct keeps_table table, const struct keeps_key *key,
               struct keeps_value *value, struct error *error)
{
    if (!check_limits(keeps, table, key, value, error))
        return false;
    uint32_t number = node_find(&keeps->work, table.id, key);
    if (value->type == KEEPS_NIL) {
        if (number)
            node_remove(keeps, number);
        return true;
    }
    if (number && is_same(keeps, number, value))
        return true;
    if (!check_space(keeps, number, value, error))
        return false;
    if (number)
        replace(keeps, number, value);
    else
        write_value(keeps, node_make(keeps, table.id, key), value);
    return true;
}

static bool is_number(unsigned type)
{
    return type == KEEPS_INTEGER || type == KEEPS_NUMBER;
}

bool keeps_set_again(struct keeps *keeps, struct keeps_table table, const struct keeps_key *key,
                     uint16_t *hint, const struct keeps_value *value)
{
    if (!keeps_is(keeps, table))
        return false;
    uint32_t number = node_find_again(&keeps->work, table.id, key, hint);
    if (!number)
        return false;
    struct node *node = &keeps->work.nodes[number];
    if (value->type == KEEPS_BOOLEAN && node->type == KEEPS_BOOLEAN) {
        if (node->boolean != value->boolean)
            node_touch(keeps, number)->boolean = value->boolean;
        return true;
    }
    if (!is_number(value->type) || !is_number(node->type))
        return false;
    if (node->type != value->type || node->integer != value->integer) { /* also of a double: NaN */
        node_touch(keeps, number)->type = (uint8_t)value->type;
        node->integer = value->integer;
    }
    return true;
}
