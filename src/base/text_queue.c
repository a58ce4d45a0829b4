/* A ring of bytes under a short lock of its own, as that of the audit: a head, then the line. Bytes
 * are counted on and on; where they lie is the remainder. */

#include "base/text_queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/mutex.h"

enum { RING = 1 << 18 };

struct head {
    struct text_file *file; /* a reference */
    size_t length;
};

struct text_queue {
    pthread_mutex_t mutex;
    uint64_t first, last; /* bytes ever taken out, ever put in */
    void (*wake)(void *context);
    void *context;
    char ring[RING];
};

/* ---- what lines are for ---- */

struct text_file *text_file_create(const struct text_file_spec *spec, struct error *error)
{
    size_t name = strlen(spec->name) + 1, header = strlen(spec->header) + 1;
    struct text_file *file = calloc(1, sizeof *file + name + header);
    if (!file) {
        error_set(error, "out of memory for the file %s", spec->name);
        return NULL;
    }
    file->spec = *spec;
    file->spec.name = memcpy(file->text, spec->name, name);
    file->spec.header = memcpy(file->text + name, spec->header, header);
    atomic_init(&file->users, 1);
    return file;
}

struct text_file *text_file_ref(struct text_file *file)
{
    atomic_fetch_add_explicit(&file->users, 1, memory_order_relaxed);
    return file;
}

void text_file_unref(struct text_file *file)
{
    if (file && atomic_fetch_sub_explicit(&file->users, 1, memory_order_acq_rel) == 1)
        free(file);
}

/* ---- the queue ---- */

struct text_queue *text_queue_create(struct error *error)
{
    struct text_queue *queue = calloc(1, sizeof *queue);
    if (!queue) {
        error_set(error, "out of memory for the %d bytes of lines on their way to files", RING);
        return NULL;
    }
    mutex_init(&queue->mutex);
    return queue;
}

void text_queue_destroy(struct text_queue *queue)
{
    struct text_file *file;
    char line[TEXT_LINE_MAX];
    if (!queue)
        return;
    while (text_queue_take(queue, &file, line))
        text_file_unref(file);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static void into_ring(struct text_queue *queue, const void *bytes, size_t size)
{
    size_t at = queue->last % RING, end = RING - at < size ? RING - at : size;
    memcpy(queue->ring + at, bytes, end);
    memcpy(queue->ring, (const char *)bytes + end, size - end);
    queue->last += size;
}

static void from_ring(struct text_queue *queue, void *bytes, size_t size)
{
    size_t at = queue->first % RING, end = RING - at < size ? RING - at : size;
    memcpy(bytes, queue->ring + at, end);
    memcpy((char *)bytes + end, queue->ring, size - end);
    queue->first += size;
}

/* Woken with the lock held, so that who is detached is never called afterwards. */
bool text_queue_put(struct text_queue *queue, struct text_file *file, const char *line,
                    size_t length)
{
    const struct head head = {file, length};
    pthread_mutex_lock(&queue->mutex);
    bool was_empty = queue->first == queue->last;
    bool has_room = RING - (queue->last - queue->first) >= sizeof head + length;
    if (has_room) {
        text_file_ref(file);
        into_ring(queue, &head, sizeof head);
        into_ring(queue, line, length);
    } else {
        atomic_fetch_add(&file->lost, 1);
    }
    if (was_empty && queue->wake)
        queue->wake(queue->context);
    pthread_mutex_unlock(&queue->mutex);
    return has_room;
}

size_t text_queue_take(struct text_queue *queue, struct text_file **file, char *line)
{
    struct head head = {NULL, 0};
    pthread_mutex_lock(&queue->mutex);
    if (queue->first != queue->last) {
        from_ring(queue, &head, sizeof head);
        from_ring(queue, line, head.length);
    }
    pthread_mutex_unlock(&queue->mutex);
    *file = head.file;
    return head.length;
}

void text_queue_attach(struct text_queue *queue, void (*wake)(void *context), void *context)
{
    pthread_mutex_lock(&queue->mutex);
    queue->wake = wake;
    queue->context = context;
    if (wake && queue->first != queue->last)
        wake(context);
    pthread_mutex_unlock(&queue->mutex);
}
