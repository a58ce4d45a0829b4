/* What a program is made of, and all that it knows at one moment. */

#include "record/tape.h"

#include <string.h>
#include "image/point_name.h"

static void pack_name(struct packer *packer, const char *name)
{
    pack_text(packer, name, strlen(name));
}

static enum type type_of(const struct plan *plan, const struct point *point)
{
    return point->variable < 0 ? TYPE_UINT16 : plan->variables[point->variable]->type;
}

void tape_pack_plan(const struct tape *tape, struct packer *packer)
{
    const struct plan *plan = tape->plan;
    char name[POINT_NAME];
    pack_byte(packer, RECORD_PLAN);
    pack_name(packer, plan->name);
    pack_name(packer, tape->script);
    pack_name(packer, MSM_VERSION);
    pack_number(packer, tape->text);
    pack_number(packer, plan->cell_count);
    pack_number(packer, plan->point_count);
    for (uint32_t i = 0; i < plan->point_count; i++) {
        const struct point *point = &plan->points[i];
        pack_name(packer, point_name(plan, i, name));
        pack_byte(packer, (uint8_t)type_of(plan, point));
        pack_number(packer, point->cell);
        pack_number(packer, point->words);
        pack_word(packer, point->mask);
    }
    pack_number(packer, link_count(plan));
    for (size_t i = 0; i < link_count(plan); i++)
        pack_name(packer, link_name(plan, i));
    pack_number(packer, plan->task_count);
    for (size_t i = 0; i < plan->task_count; i++)
        pack_name(packer, plan->tasks[i].where);
}

static void pack_key(const struct keeps_key *key, struct packer *packer)
{
    pack_byte(packer, key->is_text);
    if (key->is_text)
        pack_text(packer, key->bytes, key->length);
    else
        pack_signed(packer, key->integer);
}

static void pack_table(const struct keeps *keeps, struct keeps_table table, struct packer *packer);

static void pack_value(const struct keeps *keeps, const struct keeps_value *value,
                       struct packer *packer)
{
    pack_byte(packer, (uint8_t)value->type);
    if (value->type == KEEPS_BOOLEAN)
        pack_byte(packer, value->boolean);
    else if (value->type == KEEPS_INTEGER)
        pack_signed(packer, value->integer);
    else if (value->type == KEEPS_NUMBER)
        pack_bytes(packer, &value->number, sizeof value->number);
    else if (value->type == KEEPS_TEXT)
        pack_text(packer, value->text.bytes, value->text.length);
    else if (value->type == KEEPS_TABLE)
        pack_table(keeps, value->table, packer);
}

/* Fields, each with 1 before it; 0 ends them. */
static void pack_table(const struct keeps *keeps, struct keeps_table table, struct packer *packer)
{
    struct keeps_key key;
    struct keeps_value value;
    char text[KEEPS_TEXT_MAX];
    uint32_t at = 0;
    while (keeps_next(keeps, table, &at, &key, &value, text)) {
        pack_byte(packer, 1);
        pack_key(&key, packer);
        pack_value(keeps, &value, packer);
    }
    pack_byte(packer, 0);
}

static void pack_keeps(struct keeps *keeps, struct packer *packer)
{
    struct keeps_table table;
    const char *name;
    uint32_t at = 0;
    while (keeps_next_name(keeps, &at, &name)) {
        if (!keeps_find(keeps, name, false, &table))
            continue;
        pack_byte(packer, 1);
        pack_name(packer, name);
        pack_table(keeps, table, packer);
    }
    pack_byte(packer, 0);
}

static void pack_place(const struct tape *tape, struct packer *packer)
{
    const struct scan_place *place = &tape->snapshot.place;
    pack_signed(packer, place->origin);
    pack_number(packer, place->count);
    pack_number(packer, place->latched);
    pack_number(packer, place->overruns);
    pack_byte(packer, place->started);
    for (size_t i = 0; i < tape->plan->task_count; i++) {
        const struct scan_task_place *task = &tape->snapshot.tasks[i];
        pack_signed(packer, task->due);
        pack_signed(packer, task->last);
        pack_number(packer, task->seen);
        pack_byte(packer, task->rested);
    }
}

void tape_pack_snapshot(const struct tape *tape, struct packer *packer)
{
    const struct plan *plan = tape->plan;
    pack_byte(packer, RECORD_SNAPSHOT);
    pack_byte(packer, (uint8_t)tape->snapshot.reason);
    pack_name(packer, tape->snapshot.starts ? tape->why : "");
    pack_signed(packer, tape->snapshot.now.monotonic);
    pack_signed(packer, tape->snapshot.now.utc);
    pack_signed(packer, tape->body.monotonic);
    pack_signed(packer, tape->body.utc);
    pack_number(packer, tape->snapshot.lost);
    pack_place(tape, packer);
    pack_number(packer, tape->snapshot.sequence);
    for (size_t i = 0; i < plan->cell_count; i++)
        pack_word(packer, tape->snapshot.cells[i]);
    for (size_t i = 0; i < plan->point_count; i++)
        tape_pack_mark(&tape->snapshot.marks[i], packer);
    for (size_t i = 0; i < link_count(plan); i++)
        tape_pack_link(&tape->snapshot.links[i], packer);
    if (tape->snapshot.has_keeps)
        pack_keeps(tape->snapshot.keeps, packer);
    else
        pack_byte(packer, 0);
}
