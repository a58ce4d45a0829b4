/* The list of differences as lines of text. Present values come from a view of the image, so that
 * nobody waits. */

#include "run/remarks.h"

#include "base/log.h"
#include "image/adopt.h"
#include "image/view.h"

#include <stdio.h>
#include <stdlib.h>

struct remarks {
    const struct plan_match *match;
    char *text;
    size_t length;
    FILE *file;
    bool after;
};

static bool open_remarks(struct remarks *remarks, const struct plan_match *match, bool after)
{
    *remarks = (struct remarks){.match = match, .after = after};
    remarks->file = open_memstream(&remarks->text, &remarks->length);
    return remarks->file;
}

static void add(struct remarks *remarks, const char *where, const char *text)
{
    if (remarks->file)
        fprintf(remarks->file, "%s: %s\n", where, text);
    if (remarks->after)
        log_line("%s: %s", where, text);
}

/* What is told after it by its own list is left out here. */
static void list(void *context, const struct difference *difference)
{
    struct remarks *remarks = context;
    if (!remarks->after || difference->kind == DIFFERENCE_DEFAULT ||
        difference->kind == DIFFERENCE_SCALE)
        add(remarks, difference->where, difference->text);
}

static void list_refused(void *context, uint32_t point, const uint16_t *words)
{
    struct remarks *remarks = context;
    const struct plan *plan = remarks->match->to;
    char text[DIFFERENCE_TEXT];
    add(remarks, plan->variables[plan->points[point].variable]->where,
        value_refused(plan, point, words, text));
}

static char *close_remarks(struct remarks *remarks)
{
    if (remarks->file && fclose(remarks->file) == 0)
        return remarks->text;
    free(remarks->text);
    return NULL;
}

char *remarks_before(struct image *image, const struct plan_match *match, struct error *error)
{
    struct remarks remarks;
    struct view *view = view_create(image, error);
    if (!view)
        return NULL;
    if (open_remarks(&remarks, match, false))
        plan_match_list(match, view_cells(view), list, &remarks);
    view_destroy(view);
    char *text = close_remarks(&remarks);
    if (!text)
        error_set(error, "out of memory");
    return text;
}

static void list_after(struct remarks *remarks, struct image *image)
{
    struct error error;
    struct view *view = view_create(image, &error);
    plan_match_list(remarks->match, view ? view_cells(view) : NULL, list, remarks);
    view_destroy(view);
}

char *remarks_after(struct image *image, const struct plan_match *match,
                    const struct adoption *adoption, bool asked)
{
    struct remarks remarks;
    open_remarks(&remarks, match, true);
    adopt_refused(adoption, list_refused, &remarks);
    if (asked)
        list_after(&remarks, image);
    return close_remarks(&remarks);
}
