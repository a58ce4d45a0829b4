/* A list that only grows, by one or two things at most in the life of a process. */

#include "base/left.h"

#include "base/memory.h"

struct left {
    void *what;
    struct left *next;
};

static struct left *left_behind;

void leave_behind(void *what)
{
    struct left *left = memory_zeroed(1, sizeof *left);
    left->what = what;
    left->next = left_behind;
    left_behind = left;
}
