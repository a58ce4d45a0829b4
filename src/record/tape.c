/* Unchanged memory is passed over in blocks, so that a step costs what has changed. */

#include "record/tape.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

enum { BLOCK = 64 };

static char *copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_zeroed(1, size), text, size);
}

struct tape *tape_create(struct image *image, const struct tape_label *label, struct error *error)
{
    struct plan *plan = image_plan(image);
    size_t cells = plan->cell_count + 1, points = plan->point_count + 1;
    size_t links = link_count(plan) + 1;
    struct tape *tape = memory_zeroed(1, sizeof *tape);
    tape->plan = plan_ref(plan);
    tape->image = image;
    tape->script = copy_of(label->script);
    tape->why = copy_of(label->why);
    tape->body = label->body;
    tape->text = label->text;
    tape->cells = memory_zeroed(cells, sizeof *tape->cells);
    tape->marks = memory_zeroed(points, sizeof *tape->marks);
    tape->links = memory_zeroed(links, sizeof *tape->links);
    tape->snapshot.cells = memory_zeroed(cells, sizeof *tape->cells);
    tape->snapshot.marks = memory_zeroed(points, sizeof *tape->marks);
    tape->snapshot.links = memory_zeroed(links, sizeof *tape->links);
    tape->snapshot.tasks = memory_zeroed(plan->task_count + 1, sizeof *tape->snapshot.tasks);
    tape->snapshot.keeps = keeps_create(error);
    if (tape->snapshot.keeps && image_keeps(image))
        keeps_populate(tape->snapshot.keeps, image_keeps(image));
    if (tape->snapshot.keeps)
        return tape;
    tape_destroy(tape);
    return NULL;
}

void tape_destroy(struct tape *tape)
{
    if (!tape)
        return;
    keeps_destroy(tape->snapshot.keeps);
    free(tape->snapshot.tasks);
    free(tape->snapshot.links);
    free(tape->snapshot.marks);
    free(tape->snapshot.cells);
    free(tape->links);
    free(tape->marks);
    free(tape->cells);
    free(tape->script);
    free(tape->why);
    plan_unref(tape->plan);
    free(tape);
}

/* ---- all of it ---- */

/* `answered` is not recorded: it changes with each poll, and no more than ages depend on it. */
static struct link_status link_of(const struct view *view, size_t link)
{
    struct link_status status = *view_link(view, link);
    status.answered = 0;
    return status;
}

void tape_copy(struct tape *tape, struct scan *scan, struct instant now)
{
    struct view *view = scan_view(scan);
    memcpy(tape->cells, view_cells(view), tape->plan->cell_count * sizeof *tape->cells);
    memcpy(tape->marks, view_marks(view), tape->plan->point_count * sizeof *tape->marks);
    for (size_t i = 0; i < link_count(tape->plan); i++)
        tape->links[i] = link_of(view, i);
    tape->now = now;
    tape->sequence = view_sequence(view);
}

void tape_snapshot(struct tape *tape, const struct scan *scan, enum record_reason reason,
                   uint64_t lost)
{
    const struct plan *plan = tape->plan;
    const struct keeps *keeps = image_keeps(tape->image);
    tape->snapshot.reason = reason;
    tape->snapshot.starts = (reason == RECORD_START || reason == RECORD_PROGRAM) && !lost;
    tape->snapshot.lost = lost;
    tape->snapshot.now = tape->now;
    tape->snapshot.sequence = tape->sequence;
    tape->snapshot.has_keeps = keeps != NULL;
    scan_get_place(scan, &tape->snapshot.place, tape->snapshot.tasks);
    memcpy(tape->snapshot.cells, tape->cells, plan->cell_count * sizeof *tape->cells);
    memcpy(tape->snapshot.marks, tape->marks, plan->point_count * sizeof *tape->marks);
    memcpy(tape->snapshot.links, tape->links, link_count(plan) * sizeof *tape->links);
    if (keeps) /* without the image's mutex: nobody else commits them */
        keeps_read(keeps, tape->snapshot.keeps);
}

/* ---- lists of changes ---- */

struct list {
    struct packer *packer;
    size_t next; /* the first place that is not yet spoken for */
};

static void place(struct list *list, size_t at)
{
    pack_number(list->packer, at - list->next + 1);
    list->next = at + 1;
}

static void pack_cells(struct tape *tape, const uint16_t *cells, struct packer *packer)
{
    struct list list = {packer, 0};
    size_t count = tape->plan->cell_count;
    for (size_t from = 0; from < count; from += BLOCK) {
        size_t end = from + BLOCK < count ? from + BLOCK : count;
        if (memcmp(cells + from, tape->cells + from, (end - from) * sizeof *cells) == 0)
            continue;
        for (size_t i = from; i < end; i++) {
            if (cells[i] == tape->cells[i])
                continue;
            place(&list, i);
            pack_word(packer, cells[i]);
            tape->cells[i] = cells[i];
        }
    }
    pack_number(packer, 0);
}

static bool is_same_mark(const struct mark *a, const struct mark *b)
{
    return a->written == b->written && a->quality == b->quality && a->forced == b->forced &&
           a->delivery == b->delivery && a->reason == b->reason;
}

void tape_pack_mark(const struct mark *mark, struct packer *packer)
{
    pack_byte(packer, mark->quality);
    pack_byte(packer, mark->forced);
    pack_number(packer, mark->written);
    pack_byte(packer, mark->delivery);
    pack_byte(packer, mark->reason);
}

static void pack_marks(struct tape *tape, const struct mark *marks, struct packer *packer)
{
    struct list list = {packer, 0};
    size_t count = tape->plan->point_count;
    for (size_t from = 0; from < count; from += BLOCK) {
        size_t end = from + BLOCK < count ? from + BLOCK : count;
        if (memcmp(marks + from, tape->marks + from, (end - from) * sizeof *marks) == 0)
            continue;
        for (size_t i = from; i < end; i++) {
            if (!is_same_mark(&marks[i], &tape->marks[i])) {
                place(&list, i);
                tape_pack_mark(&marks[i], packer);
            }
            tape->marks[i] = marks[i];
        }
    }
    pack_number(packer, 0);
}

static bool is_same_link(const struct link_status *a, const struct link_status *b)
{
    return a->online == b->online && a->complete == b->complete && a->errors == b->errors &&
           a->conflicts == b->conflicts && a->reconnected == b->reconnected;
}

void tape_pack_link(const struct link_status *link, struct packer *packer)
{
    pack_byte(packer, (uint8_t)(link->online | link->complete << 1));
    pack_number(packer, link->errors);
    pack_number(packer, link->conflicts);
    pack_number(packer, link->reconnected);
}

static void pack_links(struct tape *tape, const struct view *view, struct packer *packer)
{
    struct list list = {packer, 0};
    for (size_t i = 0; i < link_count(tape->plan); i++) {
        struct link_status link = link_of(view, i);
        if (is_same_link(&link, &tape->links[i]))
            continue;
        place(&list, i);
        tape_pack_link(&link, packer);
        tape->links[i] = link;
    }
    pack_number(packer, 0);
}

/* ---- a step ---- */

void tape_pack_latched(struct tape *tape, struct scan *scan, struct instant now,
                       struct packer *packer)
{
    const struct view *view = scan_view(scan);
    int64_t passed = now.monotonic - tape->now.monotonic;
    pack_byte(packer, RECORD_STEP);
    pack_signed(packer, passed);
    pack_signed(packer, now.utc - tape->now.utc - passed);
    pack_number(packer, view_sequence(view) - tape->sequence);
    tape->now = now;
    tape->sequence = view_sequence(view);
    pack_cells(tape, view_cells(scan_view(scan)), packer);
    pack_marks(tape, view_marks(view), packer);
    pack_links(tape, view, packer);
}

void tape_pack_published(struct tape *tape, struct scan *scan, const struct error *fault,
                         struct packer *packer)
{
    pack_cells(tape, view_cells(scan_view(scan)), packer);
    pack_byte(packer, fault != NULL);
    if (fault)
        pack_text(packer, fault->text, strlen(fault->text));
}
