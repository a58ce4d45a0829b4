/* Defaults of retained variables as they were when the program was proven last: who has edited one
 * and starts the program again expects it to apply, and is told that a retained value hides it. */

#include "store/inside.h"

#include <string.h>
#include "base/log.h"
#include "image/plan_match.h"
#include "store/point_words.h"

void store_initial_say(struct store *store, const struct plan *plan, const struct variable *v)
{
    char is[DEFAULT_SHOWN], was[DEFAULT_SHOWN], text[DIFFERENCE_TEXT], name[POINT_NAME];
    const char *bytes;
    size_t length;
    struct row key;
    point_key(plan, v->point, ROW_INITIAL, &key, name);
    const struct row *row = rows_find(&store->rows, &key);
    if (!row || !content_to_bytes(&row->content, &bytes, &length) || length >= sizeof was)
        return;
    memcpy(was, bytes, length);
    was[length] = '\0';
    if (strcmp(was, default_shown(v, is)) != 0)
        log_line("%s: %s", v->where, default_hidden(plan, v, was, text));
}

bool store_collect_initials(struct store *store, const struct scope *scope)
{
    const struct plan *plan = scope->plan;
    char text[DEFAULT_SHOWN], name[POINT_NAME];
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        struct row row;
        if (!v->retain)
            continue;
        point_key(plan, v->point, ROW_INITIAL, &row, name);
        default_shown(v, text);
        content_bytes(&row.content, text, strlen(text));
        if (!store_want(store, &row))
            return false;
    }
    return true;
}
