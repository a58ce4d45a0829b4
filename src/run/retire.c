/* A list, made once, of what the match has no heirs for. Outputs that nobody has to bring anywhere
 * are not on it: they take their safe value with the program itself. */

#include "run/retire.h"

#include "base/memory.h"
#include "image/image.h"
#include "image/mirror.h"
#include "image/plan_match.h"

#include <stdlib.h>

void retire_prepare(struct retire *retire, struct image *image, const struct plan_match *match)
{
    size_t count = plan_match_retired(match, NULL, 0);
    retire->image = image;
    retire->points = memory_zeroed(count, sizeof *retire->points);
    plan_match_retired(match, retire->points, count);
    for (size_t i = 0; i < count; i++) {
        if (plan_point_client(match->from, retire->points[i]) >= 0)
            retire->points[retire->count++] = retire->points[i];
    }
}

void retire_begin(struct retire *retire, int64_t now)
{
    if (retire->count && !retire->holds)
        image_retire(retire->image, retire->points, retire->count, now);
    retire->holds = retire->count > 0;
}

bool retire_is_over(const struct retire *retire)
{
    return !mirror_any_pending(retire->image, retire->points, retire->count);
}

void retire_judge(struct retire *retire)
{
    retire->count = mirror_undelivered(retire->image, retire->points, retire->count);
}

void retire_end(struct retire *retire, int64_t now)
{
    if (retire->holds)
        image_unretire(retire->image, now);
    retire->holds = false;
}

void retire_finish(struct retire *retire)
{
    free(retire->points);
}
