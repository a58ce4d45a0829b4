#pragma once
/* What runs, for the files of this room: the rooms in the order in which they were created, what
 * the room's own files have under way (each its own affair, behind its header), and the few facts
 * that all of them look at. It belongs to the main thread; during a swap, in which that waits, to
 * the scan's.
 *
 * The words of this room: a generation is one program with its plan, image, scan and servers; the
 * current one is at work. It is on probation until it is proven; a fault before that leads back to
 * the last proven one, which is kept as long. A fallback is the text of the last program that was
 * proven, from the store. What does not come back is abandoned: a thread, and the generation that
 * it is inside of. */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"
#include "base/signals.h"
#include "control/host.h"
#include "control/socket.h"
#include "hmi/hmi.h"
#include "image/audit.h"
#include "image/keeps.h"
#include "modbus/lines.h"
#include "modbus/tcp.h"
#include "record/recorder.h"
#include "run/generation.h"
#include "run/watch_files.h"
#include "scan/spin.h"
#include "scan/thread.h"
#include "store/history.h"
#include "store/store.h"
#include "virtual/sim.h"

enum { SCAN_PRIORITY = 80, FAULT_TEXT = 2048 };

struct runtime {
    /* as asked for on the command line */
    const char *path, *lua_root;
    const char *state_folder; /* NULL: the script's, `folder`, where something needs one */
    const char *folder;
    const char *name; /* that commands find it by; until the program is loaded the script's own */
    const char *file_name; /* what is kept is called so: as `name` was before loading */
    const char *record;    /* file to record into; NULL: none */
    bool is_named;         /* by the command line, so that program { name } does not count */
    char program_name[NAME_MAX + 1];
    int64_t record_size;
    struct hmi_settings http; /* port 0 without serves_pages: none */
    bool serves_pages;
    bool wants_spin, watches;
    bool wants_history; /* with `history_days` and `history_mib`, as text or NULL */
    int history_days, history_mib;
    bool simulates;  /* the devices behind its clients */
    bool unattended; /* nobody sits at a terminal */

    bool locked; /* its pages cannot be swapped out */
    struct instant started;
    struct loop *loop;
    struct signals signals;
    struct audit *audit;
    struct keeps *keeps;
    struct alarm_events *alarm_events;
    struct text_queue *texts; /* lines on their way to files */
    struct store *store;
    struct history *history;    /* NULL: none is written */
    struct generation *current; /* whose scan the scan's thread steps */
    struct generation *proven;  /* what a fault of current leads back to; current itself mostly */
    struct tcp *tcp;
    struct lines *lines;
    struct sim *sim;           /* NULL: devices are real */
    struct recorder *recorder; /* NULL: nothing is recorded */
    struct spin *spin;
    struct scan_thread *thread;
    struct socket *socket;
    struct hmi *hmi; /* NULL: no pages */
    struct reload *reload;
    struct probation *probation;
    struct faults *faults;
    struct stuck *stuck;
    struct restart *restart;
    struct evals *evals;
    struct edit *edit;
    struct pulse *pulse;
    struct watch_files *files;

    bool stopping, failed;    /* failed: the exit code says so */
    struct origin stopped_by; /* who asked for the end; a signal has no name */
    unsigned abandoned;
    struct {
        uint64_t faults, restarts, reloads, refused; /* refused, or rolled back */
    } count;
    uint64_t overruns; /* that were reported */
    char fault[FAULT_TEXT], last_fault[FAULT_TEXT], last_reload[FAULT_TEXT];
    int64_t last_fault_time, last_reload_time; /* UTC ns, of these texts */
    char fallback_why[FAULT_TEXT];             /* why not the script's own text */
};

const char *runtime_name(const struct runtime *runtime);
