#pragma once
/* Numbers in the order in which they were last appended, linked through an array by number: to
 * append, to move to the end and to remove takes no search and no memory. One array serves several
 * chains as long as a number is in one of them only. Zeroed memory is an empty chain. */

#include <stdbool.h>
#include <stdint.h>

/* What is kept is number + 1, so that 0 can be the end. */
enum { CHAIN_END = 0 };

struct chain_link {
    uint32_t next, previous;
    bool listed;
};

struct chain {
    uint32_t first, last;
};

static inline void chain_remove(struct chain *chain, struct chain_link *links, uint32_t number)
{
    struct chain_link *link = &links[number];
    if (!link->listed)
        return;
    *(link->previous ? &links[link->previous - 1].next : &chain->first) = link->next;
    *(link->next ? &links[link->next - 1].previous : &chain->last) = link->previous;
    *link = (struct chain_link){0};
}

/* At the end, wherever it was. */
static inline void chain_append(struct chain *chain, struct chain_link *links, uint32_t number)
{
    if (chain->last == number + 1)
        return;
    chain_remove(chain, links, number);
    links[number] = (struct chain_link){.previous = chain->last, .listed = true};
    *(chain->last ? &links[chain->last - 1].next : &chain->first) = number + 1;
    chain->last = number + 1;
}

/* At the beginning; it must be in none. */
static inline void chain_prepend(struct chain *chain, struct chain_link *links, uint32_t number)
{
    links[number] = (struct chain_link){.next = chain->first, .listed = true};
    *(chain->first ? &links[chain->first - 1].previous : &chain->last) = number + 1;
    chain->first = number + 1;
}

static inline void chain_clear(struct chain *chain, struct chain_link *links)
{
    for (uint32_t at = chain->first; at != CHAIN_END;) {
        struct chain_link *link = &links[at - 1];
        at = link->next;
        *link = (struct chain_link){0};
    }
    *chain = (struct chain){0};
}
