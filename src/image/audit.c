/* A ring of bytes under a short lock of its own. Entries are packed one behind the other, each as
 * long as it needs: a head, who it was, then the words or the text. One write of one register takes
 * about 60 bytes, so a quarter of a MiB holds some four thousand. Heads are counted on and on;
 * where they lie is their remainder. */

#include "image/audit.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mutex.h"

enum { RING = 1 << 18 };

struct head {
    int64_t time;
    struct plan *plan; /* a reference, or NULL */
    uint32_t point;
    uint16_t words, text;
    uint8_t kind, unit, function, peer;
};

/* The longest entry, as it is put together before the lock is taken. */
struct packed {
    struct head head;
    char rest[AUDIT_PEER_MAX + 2 * VARIABLE_MAX_WORDS * sizeof(uint16_t) + AUDIT_TEXT_MAX];
    size_t size; /* of head and rest */
};

struct audit {
    atomic_uchar level;
    pthread_mutex_t mutex;
    uint64_t first, last; /* bytes ever taken out, ever put in */
    uint64_t lost;
    void (*wake)(void *context);
    void *context;
    void (*heard)(void *context, const struct audit_entry *entry);
    void *listener;
    char ring[RING];
};

struct audit *audit_create(struct error *error)
{
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit) {
        error_set(error, "out of memory for the audit log's %d bytes", RING);
        return NULL;
    }
    mutex_init(&audit->mutex);
    atomic_init(&audit->level, AUDIT_CHANGES);
    return audit;
}

void audit_destroy(struct audit *audit)
{
    struct audit_entry entry;
    uint64_t lost;
    if (!audit)
        return;
    while (audit_take(audit, &entry, &lost))
        plan_unref(entry.plan);
    pthread_mutex_destroy(&audit->mutex);
    free(audit);
}

void audit_set_level(struct audit *audit, enum audit_level level)
{
    atomic_store_explicit(&audit->level, (unsigned char)level, memory_order_relaxed);
}

static enum audit_level level_of(const struct audit *audit)
{
    return audit ? (enum audit_level)atomic_load_explicit(&audit->level, memory_order_relaxed)
                 : AUDIT_OFF;
}

bool audit_wants(const struct audit *audit)
{
    return level_of(audit) != AUDIT_OFF;
}

/* ---- putting in ---- */

static void begin(struct packed *packed, enum audit_kind kind, const struct origin *origin,
                  int64_t time)
{
    size_t peer = origin ? strnlen(origin->peer, AUDIT_PEER_MAX - 1) : 0;
    packed->head = (struct head){
        .time = time,
        .kind = (uint8_t)kind,
        .unit = origin ? origin->unit : 0,
        .function = origin ? origin->function : 0,
        .peer = (uint8_t)peer,
    };
    if (peer)
        memcpy(packed->rest, origin->peer, peer);
    packed->size = offsetof(struct packed, rest) + peer;
}

static void add(struct packed *packed, const void *bytes, size_t size)
{
    memcpy((char *)packed + packed->size, bytes, size);
    packed->size += size;
}

static void into_ring(struct audit *audit, const void *bytes, size_t size)
{
    size_t at = audit->last % RING, end = RING - at < size ? RING - at : size;
    memcpy(audit->ring + at, bytes, end);
    memcpy(audit->ring, (const char *)bytes + end, size - end);
    audit->last += size;
}

/* Woken with the lock held, so that who is detached is never called afterwards. */
static void put(struct audit *audit, const struct packed *packed)
{
    pthread_mutex_lock(&audit->mutex);
    bool was_empty = audit->first == audit->last;
    if (RING - (audit->last - audit->first) < packed->size) {
        audit->lost++;
    } else {
        if (packed->head.plan)
            plan_ref(packed->head.plan);
        into_ring(audit, packed, packed->size);
    }
    if (was_empty && audit->wake)
        audit->wake(audit->context);
    pthread_mutex_unlock(&audit->mutex);
}

void audit_note(struct audit *audit, enum audit_kind kind, const struct origin *origin,
                const char *format, ...)
{
    struct packed packed;
    char text[AUDIT_TEXT_MAX];
    va_list arguments;
    if (!audit_wants(audit))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    begin(&packed, kind, origin, clock_now().utc);
    packed.head.text = (uint16_t)strlen(text);
    add(&packed, text, packed.head.text);
    put(audit, &packed);
}

static bool differ(const struct point *point, const uint16_t *before, const uint16_t *after)
{
    uint16_t changed = 0;
    for (uint16_t k = 0; k < point->words; k++)
        changed |= (before[k] ^ after[k]) & point->mask;
    return changed;
}

static void add_words(struct packed *packed, const struct point *point, const uint16_t *words)
{
    for (uint16_t k = 0; k < point->words; k++)
        add(packed, &(uint16_t){words[k] & point->mask}, sizeof *words);
}

/* To force a value is news even where it was there already. */
static bool is_write(enum audit_kind kind)
{
    return kind == AUDIT_WRITE || kind == AUDIT_SET;
}

static bool is_wanted(const struct audit *audit, enum audit_kind kind, const struct point *point,
                      const uint16_t *before, const uint16_t *after)
{
    enum audit_level level = level_of(audit);
    return level == AUDIT_ALL ||
           (level == AUDIT_CHANGES && (!is_write(kind) || differ(point, before, after)));
}

void audit_point_at(struct audit *audit, enum audit_kind kind, const struct origin *origin,
                    struct plan *plan, uint32_t number, const uint16_t *before,
                    const uint16_t *after, int64_t *time)
{
    const struct point *point = &plan->points[number];
    struct packed packed;
    if (!is_wanted(audit, kind, point, before, after))
        return;
    if (!*time)
        *time = clock_now().utc;
    begin(&packed, kind, origin, *time);
    packed.head.plan = plan;
    packed.head.point = number;
    packed.head.words = point->words;
    add_words(&packed, point, before);
    add_words(&packed, point, after);
    put(audit, &packed);
}

void audit_point(struct audit *audit, enum audit_kind kind, const struct origin *origin,
                 struct plan *plan, uint32_t point, const uint16_t *before, const uint16_t *after)
{
    audit_point_at(audit, kind, origin, plan, point, before, after, &(int64_t){0});
}

/* ---- taking out ---- */

static void from_ring(struct audit *audit, void *bytes, size_t size)
{
    size_t at = audit->first % RING, end = RING - at < size ? RING - at : size;
    memcpy(bytes, audit->ring + at, end);
    memcpy((char *)bytes + end, audit->ring, size - end);
    audit->first += size;
}

static void unpack(struct audit *audit, struct audit_entry *entry)
{
    char bytes[offsetof(struct packed, rest)];
    struct head head;
    from_ring(audit, bytes, sizeof bytes);
    memcpy(&head, bytes, sizeof head);
    *entry = (struct audit_entry){.time = head.time,
                                  .kind = (enum audit_kind)head.kind,
                                  .origin = {.unit = head.unit, .function = head.function},
                                  .plan = head.plan,
                                  .point = head.point};
    from_ring(audit, entry->origin.peer, head.peer);
    from_ring(audit, entry->before, head.words * sizeof *entry->before);
    from_ring(audit, entry->after, head.words * sizeof *entry->after);
    from_ring(audit, entry->text, head.text);
}

bool audit_take(struct audit *audit, struct audit_entry *entry, uint64_t *lost)
{
    pthread_mutex_lock(&audit->mutex);
    bool any = audit->first != audit->last;
    if (any)
        unpack(audit, entry);
    if (any && audit->heard) /* with the lock, so that who is detached is never called */
        audit->heard(audit->listener, entry);
    *lost = audit->lost;
    audit->lost = 0;
    pthread_mutex_unlock(&audit->mutex);
    return any;
}

void audit_attach(struct audit *audit, void (*wake)(void *context), void *context)
{
    pthread_mutex_lock(&audit->mutex);
    audit->wake = wake;
    audit->context = context;
    if (wake && audit->first != audit->last)
        wake(context);
    pthread_mutex_unlock(&audit->mutex);
}

void audit_listen(struct audit *audit,
                  void (*heard)(void *context, const struct audit_entry *entry), void *context)
{
    pthread_mutex_lock(&audit->mutex);
    audit->heard = heard;
    audit->listener = context;
    pthread_mutex_unlock(&audit->mutex);
}
