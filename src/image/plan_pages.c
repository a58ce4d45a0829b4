/* Pages of the script's own. A name on a page is checked when all is declared, because pages may
 * stand above what they show; who mistypes one is told at once, not by an empty place on a screen.
 */

#include "image/plan_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/nearest.h"
#include "image/point_name.h"

enum { PAGES_MOST = 64 };

/* The rows of a page that was begun. */
static bool finish_page(struct page *begun, const struct page *page)
{
    const char *where = begun->where;
    *begun = *page;
    begun->where = where;
    return true;
}

bool plan_page(struct plan *plan, const struct page *page, struct error *error)
{
    struct building *b = building(plan);
    for (size_t i = 0; i < plan->page_count; i++) {
        if (strcmp(plan->pages[i].title, page->title) != 0)
            continue;
        if (!b->pages[i].json && page->json)
            return finish_page(&b->pages[i], page);
        return error_set(error,
                         "page \"%s\" is already declared at %s; each has a title of its own",
                         page->title, plan->pages[i].where);
    }
    if (plan->page_count == PAGES_MOST)
        return error_set(error, "page \"%s\" would be one more than the %d that a program can have",
                         page->title, PAGES_MOST);
    b->pages = memory_grow(b->pages, plan->page_count, sizeof *b->pages);
    b->pages[plan->page_count] = *page;
    plan->pages = b->pages;
    plan->page_count++;
    return true;
}

static bool refuse(const struct page_use *use, const char *why, struct error *error)
{
    return error_set(error, "%s: %s: %s %s", use->where, use->what, use->name, why);
}

/* ---- names ---- */

/* A variable as people write it: without the name of `mem`. */
static const char *short_name(const struct plan *plan, const struct variable *v)
{
    return strcmp(plan->memories[v->memory].name, "mem") == 0 ? v->name : v->path;
}

static bool refuse_unknown(const struct plan *plan, const struct page_use *use, struct error *error)
{
    struct nearest nearest;
    nearest_init(&nearest, use->name);
    for (size_t i = 0; i < plan->variable_count; i++)
        nearest_offer(&nearest, short_name(plan, plan->variables[i]));
    const char *word = nearest_word(&nearest);
    return error_set(error, "%s: %s: %s is not declared%s%s%s", use->where, use->what, use->name,
                     word ? "; did you mean " : "", word ? word : "", word ? "?" : "");
}

/* The variable, and the element from its brackets or 0; NULL where there is none. */
static const struct variable *find(const struct plan *plan, const char *name,
                                   unsigned long *element)
{
    char text[POINT_NAME];
    if (snprintf(text, sizeof text, "%s", name) >= (int)sizeof text)
        return NULL;
    char *open = strchr(text, '['), *dot = strchr(text, '.');
    *element = open ? strtoul(open + 1, NULL, 10) : 0;
    if (open)
        *open = '\0';
    if (dot)
        *dot = '\0';
    int memory = plan_find_memory(plan, dot ? text : "mem");
    int row = memory < 0 ? -1 : plan_find_variable(plan, (uint32_t)memory, dot ? dot + 1 : text);
    return row < 0 ? NULL : plan->variables[row];
}

static bool check_element(const struct page_use *use, const struct variable *v,
                          unsigned long element, struct error *error)
{
    char why[120];
    bool states = strchr(use->name, '[') != NULL;
    if (states && !v->count)
        return refuse(use, "is asked for, but that is no array", error);
    if (states && (element < 1 || element > v->count)) {
        snprintf(why, sizeof why, "is not there; its elements are 1..%u", v->count);
        return refuse(use, why, error);
    }
    if (v->count && !states && (use->needs & PAGE_SINGLE)) {
        snprintf(why, sizeof why, "is an array; name one of its elements, %.60s[1]", use->name);
        return refuse(use, why, error);
    }
    return true;
}

/* ---- what an item does with it ---- */

static bool has_kind(const struct page_use *use, const struct variable *v)
{
    uint8_t kinds = use->needs & (PAGE_NUMBER | PAGE_BOOLEAN | PAGE_LABELLED);
    return !kinds || ((kinds & PAGE_BOOLEAN) && v->type == TYPE_BOOL) ||
           ((kinds & PAGE_LABELLED) && v->label_count) ||
           ((kinds & PAGE_NUMBER) && v->type != TYPE_BOOL && v->type != TYPE_STRING);
}

static bool refuse_kind(const struct page_use *use, const struct variable *v, struct error *error)
{
    char why[160];
    const char *wanted = "a number";
    if (use->needs & PAGE_LABELLED)
        wanted = "what has labels, { labels = { [0] = \"OFF\", [1] = \"ON\" } }";
    else if ((use->needs & PAGE_NUMBER) && (use->needs & PAGE_BOOLEAN))
        wanted = "a number or a boolean";
    else if (use->needs & PAGE_BOOLEAN)
        wanted = "a boolean";
    snprintf(why, sizeof why, "is %s %s, and this is for %s",
             *codec_type_name(v->type) == 'i' ? "an" : "a", codec_type_name(v->type), wanted);
    return refuse(use, why, error);
}

static bool check_settable(const struct plan *plan, const struct page_use *use,
                           const struct variable *v, struct error *error)
{
    if ((use->needs & PAGE_SETTABLE) && v->people.hmi == HMI_RO)
        return refuse(use, "has hmi = \"ro\", so that no page writes it", error);
    if (!(use->needs & PAGE_SETTABLE) || plan_point_is_settable(plan, v->point) ||
        (plan->settings.simulated && plan_point_is_fed(plan, v->point)))
        return true;
    return refuse(
        use,
        v->direction == DIRECTION_OUT
            ? "is \"out\", so that only the program writes it; ui.value and ui.lamp show it"
            : "comes from a device, so that nobody writes it; ui.value and ui.lamp show it",
        error);
}

/* The number behind a label, or the value as it is. */
static struct value meant(const struct variable *v, const struct value *value)
{
    bool word = value->kind == VALUE_STRING && v->type != TYPE_STRING;
    for (size_t i = 0; word && i < v->label_count; i++) {
        const struct label *label = &v->labels[i];
        if (strcmp(label->text, value->string.bytes) != 0)
            continue;
        if (v->type == TYPE_BOOL)
            return (struct value){.kind = VALUE_BOOLEAN, .boolean = label->value != 0};
        return (struct value){.kind = VALUE_INTEGER, .integer = label->value};
    }
    return *value;
}

/* As `set` will take it, which `limit` softens nothing for: so its hint is left out. */
static bool check_value(const struct page_use *use, const struct variable *v, unsigned long element,
                        struct error *error)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    struct variable strict = *v;
    struct value value = meant(v, &use->value);
    strict.limit = LIMIT_REFUSE;
    uint16_t mask = variable_element(v, element ? element - 1 : 0).mask;
    if (!use->has_value || variable_set(&strict, element, &value, words, mask, error))
        return true;
    char *hint = strstr(error->text, "; limit = ");
    if (hint)
        *hint = '\0';
    return error_prefix(error, "%s: %s: ", use->where, use->what);
}

static bool check_use(const struct plan *plan, const struct page_use *use, struct error *error)
{
    unsigned long element = 0;
    const struct variable *v = find(plan, use->name, &element);
    if (!v)
        return refuse_unknown(plan, use, error);
    if (!has_kind(use, v))
        return refuse_kind(use, v, error);
    return check_element(use, v, element, error) && check_settable(plan, use, v, error) &&
           check_value(use, v, element, error);
}

bool plan_check_pages(const struct building *b, struct error *error)
{
    const struct plan *plan = &b->plan;
    for (size_t i = 0; i < plan->page_count; i++) {
        const struct page *page = &plan->pages[i];
        if (!page->json)
            return error_set(
                error, "%s: ui.page \"%s\" has no rows; behind its title stands { ui.row { … } }",
                page->where, page->title);
        for (size_t k = 0; k < page->use_count; k++) {
            if (!check_use(plan, &page->uses[k], error))
                return false;
        }
    }
    return true;
}
