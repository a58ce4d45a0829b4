/* Keeps as a whole: made, committed, reverted, copied; and the table of the names at the root. Two
 * halves hold the same nodes, as they are and as they were committed; between them goes what was
 * changed. A copy that was made before is brought up to date by the pages changed since. */

#include "image/keeps_inside.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/clock.h"

enum { SWEEP_AT_ONCE = 32 }; /* fields that are given back with a commit */

static const struct keeps_table ROOT = {0, 0};

struct keeps *keeps_create(struct error *error)
{
    struct keeps *keeps = mmap(NULL, sizeof *keeps, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (keeps == MAP_FAILED) {
        error_set(error, "out of memory for keeps");
        return NULL;
    }
    keeps->created = clock_monotonic();
    atomic_init(&keeps->reached, 1);
    keeps->work.top = 1;
    keeps->work.nodes[0] = (struct node){.state = NODE_FIELD, .type = KEEPS_TABLE};
    keeps->committed.top = 1;
    keeps->committed.nodes[0] = keeps->work.nodes[0];
    return keeps;
}

void keeps_destroy(struct keeps *keeps)
{
    if (keeps)
        munmap(keeps, sizeof *keeps);
}

/* A system without it gives pages as they come to be used. */
static void populate(void *from, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
    size_t page = (size_t)sysconf(_SC_PAGESIZE), before = (uintptr_t)from % page;
    madvise((char *)from - before, bytes + before, MADV_POPULATE_WRITE);
#else
    (void)from;
    (void)bytes;
#endif
}

/* Of the buckets few nodes need few pages, which are not worth a word. */
void keeps_populate(struct keeps *keeps, const struct keeps *like)
{
    uint32_t reached = atomic_load_explicit(&like->reached, memory_order_relaxed);
    if (atomic_load(&keeps->populated) >= reached)
        return;
    atomic_store(&keeps->populated, reached);
    populate(keeps->work.nodes, reached * sizeof(struct node));
    populate(keeps->committed.nodes, reached * sizeof(struct node));
    populate(keeps->changed, reached * sizeof *keeps->changed);
    if (reached < NODES_IN_PAGE)
        return;
    populate(&keeps->work.nodes[KEEPS_ALL], (NODES_TOTAL - KEEPS_ALL) * sizeof(struct node));
    populate(&keeps->committed.nodes[KEEPS_ALL], (NODES_TOTAL - KEEPS_ALL) * sizeof(struct node));
}

static struct keeps_key key_of(const char *name)
{
    return (struct keeps_key){.is_text = true, .bytes = name, .length = strlen(name)};
}

bool keeps_find(struct keeps *keeps, const char *name, bool make, struct keeps_table *table)
{
    struct error error;
    struct keeps_key key = key_of(name);
    struct keeps_value value = keeps_get(keeps, ROOT, &key, NULL);
    if (value.type == KEEPS_NIL && make) {
        value.type = KEEPS_TABLE;
        if (!keeps_set(keeps, ROOT, &key, &value, &error))
            return false;
    }
    *table = value.table;
    return value.type == KEEPS_TABLE;
}

size_t keeps_used(const struct keeps *keeps)
{
    return keeps->work.used;
}

uint64_t keeps_version(const struct keeps *keeps)
{
    return atomic_load_explicit(&keeps->version, memory_order_acquire);
}

static void copy_head(struct keeps_half *to, const struct keeps_half *from)
{
    to->top = from->top;
    to->free = from->free;
    to->gone = from->gone;
    to->used = from->used;
    to->dropped = from->dropped;
}

static void forget_changes(struct keeps *keeps)
{
    for (uint32_t i = 0; i < keeps->changed_count; i++)
        keeps->is_changed[keeps->changed[i]] = false;
    keeps->changed_count = 0;
}

/* What is touched on the way stands at the end of the list, and leads further up. */
void keeps_mark_tables(struct keeps *keeps)
{
    for (uint32_t i = 0; i < keeps->changed_count; i++) {
        const struct node *node = &keeps->work.nodes[keeps->changed[i]];
        if (keeps->changed[i] < KEEPS_ALL && node->state != NODE_FREE && node->table < KEEPS_ALL)
            node_touch(keeps, node->table);
    }
}

/* What was changed and changed back is no change. */
void keeps_commit(struct keeps *keeps)
{
    uint64_t version = keeps_version(keeps) + 1;
    bool any = false;
    node_sweep(keeps);
    keeps_sweep_dropped(keeps, SWEEP_AT_ONCE);
    for (uint32_t i = 0; i < keeps->changed_count; i++) {
        uint32_t number = keeps->changed[i];
        const struct node *node = &keeps->work.nodes[number];
        struct node *to = &keeps->committed.nodes[number];
        if (!memcmp(to, node, sizeof *node))
            continue;
        *to = *node;
        keeps->pages[number / NODES_IN_PAGE] = version;
        any = true;
    }
    copy_head(&keeps->committed, &keeps->work);
    keeps->committed.tags = keeps->work.tags;
    forget_changes(keeps);
    if (any)
        atomic_store_explicit(&keeps->version, version, memory_order_release);
}

void keeps_revert(struct keeps *keeps)
{
    for (uint32_t i = 0; i < keeps->changed_count; i++) {
        uint32_t number = keeps->changed[i];
        keeps->work.nodes[number] = keeps->committed.nodes[number];
    }
    copy_head(&keeps->work, &keeps->committed);
    forget_changes(keeps);
}

static bool is_copy_of(const struct keeps *copy, const struct keeps *keeps)
{
    return copy->of == keeps && copy->of_created == keeps->created;
}

static void copy_page(const struct keeps *keeps, struct keeps *copy, uint32_t page)
{
    uint32_t first = page * NODES_IN_PAGE;
    size_t count = NODES_TOTAL - first < NODES_IN_PAGE ? NODES_TOTAL - first : NODES_IN_PAGE;
    const struct node *from = &keeps->committed.nodes[first];
    memcpy(&copy->committed.nodes[first], from, count * sizeof *from);
    memcpy(&copy->work.nodes[first], from, count * sizeof *from);
}

void keeps_read(const struct keeps *keeps, struct keeps *copy)
{
    uint64_t version = keeps_version(copy) + 1;
    bool known = is_copy_of(copy, keeps), any = false;
    for (uint32_t page = 0; page < KEEPS_PAGES; page++) {
        bool stale =
            known ? keeps->pages[page] > copy->of_version : keeps->pages[page] || copy->pages[page];
        if (!stale)
            continue;
        copy_page(keeps, copy, page);
        copy->pages[page] = version;
        any = true;
    }
    copy_head(&copy->committed, &keeps->committed);
    copy_head(&copy->work, &keeps->committed);
    if (copy->work.tags < keeps->committed.tags)
        copy->work.tags = keeps->committed.tags;
    copy->committed.tags = copy->work.tags;
    forget_changes(copy);
    atomic_store_explicit(&copy->reached, keeps->committed.top, memory_order_relaxed);
    copy->of = keeps;
    copy->of_created = keeps->created;
    copy->of_version = keeps_version(keeps);
    if (any)
        atomic_store_explicit(&copy->version, version, memory_order_release);
}
