/* The copy is made when somebody asks for the first time, and again when the host has another
 * image. */

#include "control/reading.h"

#include <stdlib.h>
#include "base/clock.h"

struct reading *reading_create(const struct control_host *host)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading)
        reading->host = host;
    return reading;
}

void reading_destroy(struct reading *reading)
{
    if (reading)
        reading_forget(reading);
    free(reading);
}

void reading_forget(struct reading *reading)
{
    view_destroy(reading->view);
    reading->view = NULL;
    reading->image = NULL;
    reading->plan = NULL;
}

static bool open_view(struct reading *reading, struct image *image, struct error *error)
{
    reading_forget(reading);
    reading->view = view_create(image, error);
    if (!reading->view)
        return false;
    reading->image = image;
    reading->plan = image_plan(image);
    return true;
}

bool reading_look(struct reading *reading, struct error *error)
{
    struct image *image = reading->host->image(reading->host->context);
    if (image != reading->image && !open_view(reading, image, error))
        return false;
    view_latch(reading->view);
    reading->now = clock_monotonic();
    return true;
}
