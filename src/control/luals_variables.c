/* Variables as fields of their memory's class: the type that the script reads and assigns, and what
 * an editor shows of them. */

#include "control/luals.h"

#include "control/show.h"
#include "image/plan.h"

#include <string.h>

static bool is_keyword(const char *name)
{
    static const char *const words[] = {"and",   "break", "do",       "else", "elseif", "end",
                                        "false", "for",   "function", "goto", "if",     "in",
                                        "local", "nil",   "not",      "or",   "repeat", "return",
                                        "then",  "true",  "until",    "while"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(name, words[i]) == 0)
            return true;
    }
    return false;
}

/* Diagnostics are the runtime's, and no script reads them. */
static bool is_scripts(const struct plan *plan, const struct variable *v)
{
    const char *where = plan->settings.diagnostics_where;
    return !where || strncmp(v->name, "MSM_", 4) != 0 || strcmp(v->where, where) != 0;
}

static const char *type_of(const struct variable *v)
{
    if (v->type == TYPE_BOOL)
        return "boolean";
    if (v->type == TYPE_STRING)
        return "string";
    bool whole = v->type != TYPE_FLOAT32 && v->type != TYPE_FLOAT64 && !v->has_scale && !v->round;
    return whole ? "integer" : "number";
}

/* On one line, whatever is in it. */
static void print(FILE *file, const char *before, const char *text, const char *after)
{
    if (!*text)
        return;
    fputs(before, file);
    show_text(file, text, strlen(text));
    fputs(after, file);
}

/* "holding 0 (40001), float32, order CDAB, RW" */
static void print_place(FILE *file, const struct variable *v, const char *const *cells)
{
    fprintf(file, "--- %s", cells[MAP_TABLE]);
    if (v->table != TABLE_VAR) {
        print(file, " ", cells[MAP_ADDRESS], "");
        print(file, " (", cells[MAP_MODICON], ")");
        print(file, " bit ", cells[MAP_BIT], "");
    }
    print(file, ", ", cells[MAP_TYPE], "");
    print(file, ", order ", cells[MAP_ORDER], "");
    if (v->table != TABLE_VAR)
        print(file, ", ", cells[MAP_ACCESS], "");
    fputs("\n", file);
}

/* "range 0..100; unit %; default 50" */
static void print_meaning(FILE *file, const char *const *cells)
{
    static const struct {
        enum map_column column;
        const char *before;
    } parts[] = {
        {MAP_UNIT, "unit "}, {MAP_RANGE, "range "}, {MAP_SCALE, ""}, {MAP_DEFAULT, "default "}};
    bool any = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!*cells[parts[i].column])
            continue;
        fputs(any ? "; " : "---\n--- ", file);
        print(file, parts[i].before, cells[parts[i].column], "");
        any = true;
    }
    fputs(any ? "\n" : "", file);
}

/* A text that begins as an annotation does is none. */
static void print_description(FILE *file, const char *text)
{
    text += strspn(text, " \t");
    print(file, strchr("@|", *text) ? "---\n--- \\" : "---\n--- ", text, "\n");
}

static void print_field(struct map *map, FILE *file, const struct variable *v)
{
    struct map_row row = map_row_of(map, v);
    const char *const form =
        is_keyword(v->name) ? "---@field [\"%s\"] %s%s\n" : "---@field %s %s%s\n";
    print_place(file, v, row.cells);
    print_meaning(file, row.cells);
    print_description(file, row.cells[MAP_DESC]);
    fprintf(file, form, v->name, type_of(v), v->count ? "[]" : "");
}

/* The class is found by the name in memory("name"); that of `mem` by its own. */
static void print_memory(struct map *map, FILE *file, uint32_t number)
{
    const struct plan *plan = map->plan;
    const char *name = plan->memories[number].name;
    fprintf(file, "\n---@class msm.Memory.%s : msm.Memory\n", name);
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        if (v->memory == number && is_scripts(plan, v))
            print_field(map, file, v);
    }
}

void luals_variables(struct map *map, FILE *file)
{
    fputs("---@meta\n", file);
    for (uint32_t memory = 0; memory < map->plan->memory_count; memory++)
        print_memory(map, file, memory);
}
