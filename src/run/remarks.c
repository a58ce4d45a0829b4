/* The list of differences as lines of text. Present values come from a view of the image, so that
 * nobody waits. */

#include "run/remarks.h"

#include "base/log.h"
#include "image/adopt.h"
#include "image/view.h"
#include "run/report.h"
#include "run/retire.h"

#include <stdio.h>
#include <stdlib.h>

struct remarks {
    const struct plan_match *match;
    char *text;
    size_t length;
    FILE *file;
    bool after, asked;
};

/* Makes the text; false where memory is short for it. */
static bool open_remarks(struct remarks *remarks)
{
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

/* After it the rest is known to who has edited the script, or told by a list of its own. */
static bool is_told(const struct remarks *remarks, enum difference_kind kind)
{
    return !remarks->after || kind == DIFFERENCE_LOST ||
           (remarks->asked &&
            (kind == DIFFERENCE_DEFAULT || kind == DIFFERENCE_SCALE || kind == DIFFERENCE_RETYPED));
}

static void list(void *context, const struct difference *difference)
{
    struct remarks *remarks = context;
    if (is_told(remarks, difference->kind))
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

static void list_unsafe(void *context, const char *text)
{
    struct remarks *remarks = context;
    char line[DIFFERENCE_TEXT];
    snprintf(line, sizeof line, "%s, meant to make it safe", text);
    add(remarks, remarks->match->from->name, line);
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
    struct remarks remarks = {.match = match};
    struct view *view = view_create(image, error);
    if (!view)
        return NULL;
    if (open_remarks(&remarks))
        plan_match_list(match, view_cells(view), view_marks(view), list, &remarks);
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
    plan_match_list(remarks->match, view ? view_cells(view) : NULL, view ? view_marks(view) : NULL,
                    list, remarks);
    view_destroy(view);
}

char *remarks_after(const struct retire *retire, const struct plan_match *match,
                    const struct adoption *adoption, bool asked)
{
    struct remarks remarks = {.match = match, .after = true, .asked = asked};
    open_remarks(&remarks);
    report_undelivered(match->from, retire->points, retire->count, list_unsafe, &remarks);
    adopt_refused(adoption, list_refused, &remarks);
    list_after(&remarks, retire->image);
    return close_remarks(&remarks);
}
