#pragma once
/* Keeps from the inside, for keeps*.c only. Nodes name each other by number, so that the halves can
 * be copied as they are. */

#include <stdatomic.h>
#include "image/keeps.h"

enum {
    KEEPS_ALL = KEEPS_NODES + 1, /* node 0 is the table of the names */
    NODES_IN_PAGE = 64,
    BUCKETS = KEEPS_NODES,
    BUCKETS_IN_NODE = 32,
    NODES_TOTAL = KEEPS_ALL + BUCKETS / BUCKETS_IN_NODE, /* the buckets of the hash lie behind */
    KEEPS_PAGES = NODES_TOTAL / NODES_IN_PAGE + 1,
    TEXT_FIRST = 48, /* bytes of a text in its field's node, and … */
    TEXT_MORE = 104  /* … in each further one */
};

#define NODE_NONE UINT32_MAX

enum node_state {
    NODE_FREE,
    NODE_FIELD,
    NODE_TEXT, /* what did not fit into its field */
    NODE_GONE  /* a field that was taken away: still in its table's order, for who is going along it
                  at the moment, until the next commit */
};

struct node {
    union {
        struct {
            uint32_t chain; /* next in its bucket, of its text, of what is free or gone; 0: none */
            uint32_t table; /* whose field it is */
            uint32_t before, after; /* in the order in which they were made; 0 at the end */
            uint8_t state, type, key_length;
            bool key_is_text;
            union {
                struct {
                    union {
                        int64_t integer;
                        char text[KEEPS_KEY_MAX + 1];
                    } key;
                    union {
                        bool boolean;
                        int64_t integer;
                        double number;
                        struct {
                            uint32_t length, more;
                            char bytes[TEXT_FIRST];
                        } text;
                        struct {
                            uint32_t tag, depth, first, last, length;
                        } list; /* a table */
                    };
                };
                char bytes[TEXT_MORE];
            };
        };
        uint32_t buckets[BUCKETS_IN_NODE]; /* first nodes of hash buckets, or 0 */
    };
};

struct keeps_half {
    uint32_t top;        /* nodes from here on were never used */
    uint32_t free, gone; /* chains */
    uint32_t used;
    uint32_t dropped; /* names that went and still have nodes (keeps_drop.c) */
    uint32_t tags;    /* given so far: never taken back, or a tag would mean two tables */
    struct node nodes[NODES_TOTAL];
};

struct keeps {
    atomic_uint_fast64_t version;
    atomic_uint reached;    /* nodes from here on were never used, nor in what it is a copy of */
    atomic_uint populated;  /* nodes below have memory */
    int64_t created;        /* with its address, who it is */
    const struct keeps *of; /* whose copy it is, … */
    int64_t of_created;     /* … and nothing was changed since, … */
    uint64_t of_version;    /* … and when it was made; or NULL */
    uint32_t changed_count; /* since the last commit: */
    uint32_t changed[NODES_TOTAL];
    bool is_changed[NODES_TOTAL];
    uint64_t pages[KEEPS_PAGES]; /* version in which they were changed last */
    struct keeps_half work, committed;
};

/* keeps_nodes.c. node_touch gives the node to be changed; none of them can fail: whether there is
 * room is asked before. */
struct node *node_touch(struct keeps *keeps, uint32_t number);
uint32_t node_make(struct keeps *keeps, uint32_t table, const struct keeps_key *key);
void node_remove(struct keeps *keeps, uint32_t number);
void node_free(struct keeps *keeps, uint32_t number); /* at once: nobody is going along its table */
void node_number(struct keeps *keeps, uint32_t number); /* that becomes its key */
void node_clear(struct keeps *keeps, uint32_t number);  /* its value: what hangs on it is freed */
void node_write_text(struct keeps *keeps, uint32_t number, const char *bytes, size_t length);
const char *node_text(const struct keeps_half *half, const struct node *node, char *text);
size_t node_more(size_t length);      /* further nodes that a text takes */
void node_sweep(struct keeps *keeps); /* frees those that are GONE */

/* keeps_hash.c: the field, or 0; again: with where it was the last time; a node with table and key
 * is made known, or taken out. */
uint32_t node_find(const struct keeps_half *half, uint32_t table, const struct keeps_key *key);
uint32_t node_find_again(const struct keeps_half *half, uint32_t table, const struct keeps_key *key,
                         uint16_t *hint);
void node_hang(struct keeps *keeps, uint32_t number);
void node_unhang(struct keeps *keeps, uint32_t number);

/* keeps_drop.c: gives back up to `most` fields of dropped names. */
void keeps_sweep_dropped(struct keeps *keeps, size_t most);

/* keeps_fields.c: whether the table is there. */
bool half_is(const struct keeps_half *half, struct keeps_table table);
