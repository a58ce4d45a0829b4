/* Only the main thread forces, so their number does not grow between asking for it and reading
 * them; should it, the list has as many as there is room for. */

#include "control/forced.h"

#include <stdlib.h>

bool forced_read(struct forced *forced, struct image *image)
{
    size_t room = image_forced(image, NULL, 0);
    forced->points = calloc(room + 1, sizeof *forced->points);
    if (!forced->points)
        return false;
    size_t count = image_forced(image, forced->points, room);
    forced->count = count < room ? count : room;
    return true;
}

void forced_finish(struct forced *forced)
{
    free(forced->points);
}
