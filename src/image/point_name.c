/* A declared point has its variable's path; of a raw one the range tells the memory, and the cell
 * its table and address. */

#include "image/point_name.h"

#include <stdio.h>

static uint32_t memory_of(const struct plan *plan, uint32_t point)
{
    uint32_t memory = 0;
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        if (point - raw->point < raw->count)
            memory = raw->memory;
    }
    return memory;
}

static void raw_name(const struct plan *plan, uint32_t point, char name[POINT_NAME])
{
    uint32_t memory = memory_of(plan, point);
    uint16_t address;
    enum table table = plan_cell_table(plan, memory, plan->points[point].cell, &address);
    snprintf(name, POINT_NAME, "%s.%s[%u]", plan->memories[memory].name, table_name(table),
             address);
}

const char *point_name(const struct plan *plan, uint32_t point, char name[POINT_NAME])
{
    int32_t index = plan->points[point].variable;
    const struct variable *v = index < 0 ? NULL : plan->variables[index];
    if (!v)
        raw_name(plan, point, name);
    else if (v->count)
        snprintf(name, POINT_NAME, "%s[%u]", v->path, point - v->point + 1);
    else
        snprintf(name, POINT_NAME, "%s", v->path);
    return name;
}
