/* msm check: loads a script as run does, without serving or running it, and says what a person
 * would want to know before it meets the plant. Errors stop it; the rest are warnings and notes. */

#include "base/clock.h"
#include "control/command.h"
#include "program/program.h"

#include <stdarg.h>
#include <stdio.h>

struct findings {
    const struct plan *plan;
    unsigned count;
};

__attribute__((format(printf, 3, 4))) static void find(struct findings *findings, const char *where,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", where);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    findings->count++;
}

/* Whether any server shows this memory; with `writing`, one that takes writes. */
static bool is_served(const struct plan *plan, uint32_t memory, bool writing)
{
    for (size_t i = 0; i < plan->server_count; i++) {
        const struct server_spec *server = &plan->servers[i];
        if (writing && server->read_only)
            continue;
        for (int unit = 0; unit < UNIT_IDS; unit++) {
            if (server->memory_of[unit] == (int)memory)
                return true;
        }
    }
    return false;
}

static bool takes_writes(enum table table)
{
    return table == TABLE_COIL || table == TABLE_HOLDING;
}

static void check_variable_traffic(struct findings *findings, const struct variable *v)
{
    bool fed = is_served(findings->plan, v->memory, true) && takes_writes(v->table);
    if (v->direction == DIRECTION_IN && !fed)
        find(findings, v->where,
             "warning: %s is only read by the program (\"in\"), but nothing feeds it", v->path);
}

/* A memory that nobody serves: said once, at its first variable with an address. */
static void report_unserved(struct findings *findings, const struct variable *first)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->plan->variable_count; i++) {
        const struct variable *v = findings->plan->variables[i];
        count += v->memory == first->memory && v->table != TABLE_VAR;
    }
    const char *memory = findings->plan->memories[first->memory].name;
    find(findings, first->where,
         "warning: %s is not served, so nobody can see or feed its %zu variable%s with addresses; "
         "server.tcp { … } serves it, var.%s needs no address",
         memory, count, count == 1 ? "" : "s", codec_type_name(first->type));
}

/* Who feeds what the program reads, and who sees what it writes. */
static void check_traffic(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    for (uint32_t memory = 0; memory < plan->memory_count; memory++) {
        bool served = is_served(plan, memory, false);
        for (size_t i = 0; i < plan->variable_count; i++) {
            const struct variable *v = plan->variables[i];
            if (v->memory != memory || v->table == TABLE_VAR)
                continue;
            if (!served) {
                report_unserved(findings, v);
                break;
            }
            check_variable_traffic(findings, v);
        }
    }
}

static bool shares_bits(const struct point *a, const struct point *b)
{
    return a->cell < b->cell + b->words && b->cell < a->cell + a->words &&
           (a->words > 1 || b->words > 1 || (a->mask & b->mask));
}

/* Each pair of overlapping variables once, at the later declaration. */
static void check_overlaps(struct findings *findings)
{
    const struct plan *plan = findings->plan;
    int32_t last_first = -1, last_second = -1;
    for (size_t i = 0; i < plan->point_count; i++) {
        const struct point *a = &plan->points[plan->by_cell[i]];
        for (size_t k = i + 1; a->variable >= 0 && a->overlapped && k < plan->point_count; k++) {
            const struct point *b = &plan->points[plan->by_cell[k]];
            if (b->cell >= a->cell + a->words)
                break;
            if (b->variable < 0 || b->variable == a->variable || !shares_bits(a, b))
                continue;
            int32_t first = a->variable < b->variable ? a->variable : b->variable;
            int32_t second = a->variable < b->variable ? b->variable : a->variable;
            if (first == last_first && second == last_second)
                continue;
            last_first = first;
            last_second = second;
            find(findings, plan->variables[second]->where, "note: %s overlaps %s, declared at %s",
                 plan->variables[second]->path, plan->variables[first]->path,
                 plan->variables[first]->where);
        }
    }
}

/* Where a point was declared; a raw word with its range. */
static const char *where_of(const struct plan *plan, uint32_t number)
{
    const struct point *point = &plan->points[number];
    if (point->variable >= 0)
        return plan->variables[point->variable]->where;
    size_t i = 0;
    while (number < plan->raws[i].point || number >= plan->raws[i].point + plan->raws[i].count)
        i++;
    return plan->raws[i].where;
}

/* Addresses between variables that nobody declared: masters read 0 there. */
static void check_gaps_of(struct findings *findings, const struct memory *memory, enum table table)
{
    const struct plan *plan = findings->plan;
    const struct extent *extent = &memory->table[table];
    if (!extent->mapped || table == TABLE_VAR)
        return;
    uint32_t last = extent->cell + extent->high - extent->low, expected = extent->cell;
    for (size_t i = 0; i < plan->point_count; i++) {
        const struct point *point = &plan->points[plan->by_cell[i]];
        if (point->cell < extent->cell || point->cell > last)
            continue;
        if (point->cell > expected)
            find(findings, where_of(plan, plan->by_cell[i]),
                 "note: %s.%s: addresses %u..%u are not declared; masters read 0 there",
                 memory->name, table_name(table), extent->low + expected - extent->cell,
                 extent->low + point->cell - 1 - extent->cell);
        if (point->cell + point->words > expected)
            expected = point->cell + point->words;
    }
}

static void check_gaps(struct findings *findings)
{
    for (size_t m = 0; m < findings->plan->memory_count; m++) {
        for (int table = 0; table < TABLE_VAR; table++)
            check_gaps_of(findings, &findings->plan->memories[m], (enum table)table);
    }
}

/* A bare 40001 is address 40001 of the protocol; most who write it mean register 1. */
static void check_addresses(struct findings *findings)
{
    static const uint16_t modicon[] = {[TABLE_COIL] = 0,
                                       [TABLE_DISCRETE] = 10001,
                                       [TABLE_HOLDING] = 40001,
                                       [TABLE_INPUT] = 30001,
                                       [TABLE_VAR] = 0};
    for (size_t i = 0; i < findings->plan->variable_count; i++) {
        const struct variable *v = findings->plan->variables[i];
        uint16_t first = modicon[v->table];
        if (first && v->address >= first && v->address < first + 9999)
            find(findings, v->where,
                 "warning: %s: address %u looks like the Modicon form; \"%u\" in quotes would be "
                 "address %u",
                 v->path, v->address, v->address, v->address - first);
    }
}

static void print_summary(const char *path, const struct plan *plan, unsigned findings)
{
    printf("%s: ok: %zu variable%s, %zu task%s, %zu server%s", path, plan->variable_count,
           plan->variable_count == 1 ? "" : "s", plan->task_count, plan->task_count == 1 ? "" : "s",
           plan->server_count, plan->server_count == 1 ? "" : "s");
    if (findings)
        printf("; %u remark%s above", findings, findings == 1 ? "" : "s");
    putchar('\n');
}

int check_run(const struct command *command, int argc, char **argv)
{
    const char *path, *lua_root = NULL;
    const struct command_option options[] = {{"lua-root", NULL, &lua_root}, {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &path, 1);
    if (result >= 0)
        return result;
    struct error error;
    struct program *program = program_load(
        &(struct program_options){.path = path, .lua_root = lua_root, .now = clock_now()}, &error);
    if (!program) {
        fprintf(stderr, "%s\n", error.text);
        return EXIT_FAILED;
    }
    struct findings findings = {.plan = program_plan(program)};
    check_addresses(&findings);
    check_overlaps(&findings);
    check_gaps(&findings);
    check_traffic(&findings);
    print_summary(path, findings.plan, findings.count);
    program_destroy(program);
    return EXIT_OK;
}
