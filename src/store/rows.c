/* A hash table with chains. A row and its strings are one piece of memory. */

#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over the parts, each with its end, then mixed so that sums can be joined by exclusive or
 * (finalizer of SplitMix64). */
static uint64_t add(uint64_t sum, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
    return sum;
}

static uint64_t add_number(uint64_t sum, uint64_t number)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> 8 * i);
    return add(sum, bytes, sizeof bytes);
}

static uint64_t add_text(uint64_t sum, const char *text)
{
    return add(sum, text, strlen(text) + 1);
}

static uint64_t mix(uint64_t sum)
{
    sum = (sum ^ sum >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    sum = (sum ^ sum >> 27) * UINT64_C(0x94D049BB133111EB);
    return sum ^ sum >> 31;
}

static bool has_place(const struct row *row)
{
    return row->table == ROW_KEEP || row->table == ROW_SOURCE;
}

static uint64_t add_key(const struct row *row)
{
    uint64_t sum = add_number(UINT64_C(0xCBF29CE484222325), row->table);
    sum = add_text(add_text(sum, row->name), row->path);
    if (has_place(row))
        return sum;
    sum = add_text(add_number(sum, (uint64_t)row->number), row->type);
    return add_number(sum, (uint64_t)row->length);
}

uint64_t row_sum(const struct row *row)
{
    const struct content *content = &row->content;
    uint64_t sum = add_text(add_number(add_key(row), (uint64_t)row->number), row->type), bits;
    sum = add_number(sum, content->kind);
    if (content->kind == CONTENT_INTEGER)
        return mix(add_number(sum, (uint64_t)content->integer));
    if (content->kind != CONTENT_REAL)
        return mix(add(add_number(sum, content->length), content->bytes, content->length));
    memcpy(&bits, &content->real, sizeof bits);
    return mix(add_number(sum, bits));
}

bool row_same(const struct row *row, const struct row *other)
{
    return row->number == other->number && strcmp(row->type, other->type) == 0 &&
           content_same(&row->content, &other->content);
}

static bool has_key(const struct row *row, const struct row *key)
{
    if (row->table != key->table || strcmp(row->name, key->name) != 0 ||
        strcmp(row->path, key->path) != 0)
        return false;
    return has_place(row) || (row->number == key->number && row->length == key->length &&
                              strcmp(row->type, key->type) == 0);
}

void rows_finish(struct rows *rows)
{
    for (size_t b = 0; b < rows->room; b++) {
        for (struct row *row = rows->buckets[b], *next; row; row = next) {
            next = row->next;
            free(row);
        }
    }
    free(rows->buckets);
    *rows = (struct rows){NULL, 0, 0, 0};
}

static struct row **bucket(const struct rows *rows, const struct row *key)
{
    return &rows->buckets[mix(add_key(key)) & (rows->room - 1)];
}

struct row *rows_find(const struct rows *rows, const struct row *key)
{
    if (rows->room == 0)
        return NULL;
    for (struct row *row = *bucket(rows, key); row; row = row->next)
        if (has_key(row, key))
            return row;
    return NULL;
}

static bool grow(struct rows *rows)
{
    struct rows larger = {.room = rows->room ? 2 * rows->room : 64};
    larger.buckets = calloc(larger.room, sizeof(struct row *));
    if (!larger.buckets)
        return false;
    for (size_t b = 0; b < rows->room; b++) {
        for (struct row *row = rows->buckets[b], *next; row; row = next) {
            struct row **head = bucket(&larger, row);
            next = row->next;
            row->next = *head;
            *head = row;
        }
    }
    free(rows->buckets);
    rows->buckets = larger.buckets;
    rows->room = larger.room;
    return true;
}

static const char *put_bytes(char **at, const char *bytes, size_t length)
{
    char *to = *at;
    memcpy(to, bytes, length);
    to[length] = '\0';
    *at += length + 1;
    return to;
}

static struct row *copy(const struct row *row)
{
    bool has_bytes = row->content.kind == CONTENT_TEXT || row->content.kind == CONTENT_BLOB;
    size_t name = strlen(row->name), path = strlen(row->path), type = strlen(row->type);
    size_t length = has_bytes ? row->content.length : 0;
    struct row *made = malloc(sizeof *made + name + path + type + length + 4);
    if (!made)
        return NULL;
    char *at = (char *)(made + 1);
    *made = *row;
    made->name = put_bytes(&at, row->name, name);
    made->path = put_bytes(&at, row->path, path);
    made->type = put_bytes(&at, row->type, type);
    made->content.bytes = has_bytes ? put_bytes(&at, row->content.bytes, length) : NULL;
    return made;
}

bool rows_put(struct rows *rows, const struct row *row)
{
    if (rows->count >= rows->room && !grow(rows))
        return false;
    struct row *made = copy(row);
    if (!made)
        return false;
    rows_drop(rows, row);
    struct row **head = bucket(rows, made);
    made->next = *head;
    *head = made;
    rows->count++;
    rows->sum ^= made->sum;
    return true;
}

void rows_drop(struct rows *rows, const struct row *key)
{
    if (rows->room == 0)
        return;
    for (struct row **at = bucket(rows, key); *at; at = &(*at)->next) {
        struct row *row = *at;
        if (!has_key(row, key))
            continue;
        *at = row->next;
        rows->count--;
        rows->sum ^= row->sum;
        free(row);
        return;
    }
}

struct row *rows_next(const struct rows *rows, struct row_walk *walk)
{
    struct row *row = walk->next;
    while (!row && walk->bucket < rows->room)
        row = rows->buckets[walk->bucket++];
    walk->next = row ? row->next : NULL;
    return row;
}
