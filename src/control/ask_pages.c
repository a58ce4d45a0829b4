/* The script's own pages, as its library msm.ui has written them.
 *
 *   {"do": "pages"}
 *   {"ok": true, "pages": [{"title": "Tank 1", "rows": [[{"kind": "tank", "name": "LEVEL"}]]}]} */

#include "control/asks_inside.h"

void ask_pages(struct ask *ask, const json_t *request)
{
    const struct field fields[] = {{NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    const struct plan *plan = image_plan(ask->host->image(ask->host->context));
    json_t *list = json_array(), *answer = json_object();
    for (size_t i = 0; i < plan->page_count; i++) {
        json_error_t mistake;
        json_t *page = json_loads(plan->pages[i].json, 0, &mistake);
        if (page)
            json_array_append_new(list, page);
    }
    json_object_set_new(answer, "pages", list);
    asks_answer(ask, answer);
}
