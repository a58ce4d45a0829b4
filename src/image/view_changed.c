/* Whether a scan has changed a point so far: what its end would publish. */

#include "image/view_inside.h"

bool view_is_changed(const struct view *view, uint32_t number)
{
    const struct point *point = &view->image->plan->points[number];
    uint16_t changed = 0;
    for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++)
        changed |= (view->work[cell] ^ view->latched[cell]) & point->mask;
    return changed && view_is_assigned(view, number);
}
