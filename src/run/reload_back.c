/* The way back from a program that has faulted in its probation: a swap like any other, to a
 * generation that is there already. */

#include "run/reload_inside.h"

#include "base/log.h"
#include "run/faults.h"
#include "run/probation.h"

#include <stdio.h>

bool reload_can_go_back(const struct runtime *runtime)
{
    const struct scan *scan = runtime->proven ? runtime->proven->scan : NULL;
    return scan && scan_state(scan) != SCAN_FAULT;
}

/* Of whatever was under way for the program that has just faulted. */
static void abort_next(struct runtime *runtime)
{
    if (runtime->reload->state == RELOAD_NONE)
        return;
    reload_drop(runtime);
    reload_answer(runtime, HOST_REFUSED,
                  "the running program has faulted in its own probation, and the last proven one "
                  "comes back; ask again");
}

void reload_stay(struct runtime *runtime, const char *text)
{
    log_line("%s: the last proven program cannot be brought back: %s", runtime_name(runtime), text);
    reload_drop(runtime);
    reload_answer(runtime, HOST_FAILED, runtime->reload->reason);
    faults_stay(runtime);
    reload_finish(runtime);
}

void reload_back(struct runtime *runtime, const char *reason)
{
    struct reload *reload = runtime->reload;
    struct error error;
    abort_next(runtime);
    snprintf(reload->reason, sizeof reload->reason, "%s", reason);
    reload->why = RELOAD_BACK;
    reload->asker = probation_take(runtime);
    reload->next = runtime->proven;
    if (!reload_swap(runtime, false, &error))
        reload_stay(runtime, error.text);
}
