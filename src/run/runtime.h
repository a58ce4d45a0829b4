#pragma once
/* What runs, for the files of this room: the rooms in the order in which they were created, and the
 * state of whatever is under way. It belongs to the main thread; during a swap, in which that
 * waits, to the scan's. What others touch says so. */

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"
#include "base/signals.h"
#include "base/waker.h"
#include "control/host.h"
#include "control/socket.h"
#include "image/audit.h"
#include "image/keeps.h"
#include "modbus/lines.h"
#include "modbus/tcp.h"
#include "run/generation.h"
#include "run/loader.h"
#include "run/swap.h"
#include "scan/spin.h"
#include "scan/thread.h"
#include "run/watch_files.h"
#include "store/store.h"

enum { SCAN_PRIORITY = 80, FAULT_TEXT = 2048 };

/* Work of the main thread's on the scan's thread. */
struct trust_job {
    struct scan_job job;
    atomic_bool waiting;
    struct runtime *runtime;
};

/* A fault as the scan's thread leaves it for the main thread. */
struct fault_news {
    pthread_mutex_t mutex;
    bool waiting;
    const struct generation *of;
    char text[FAULT_TEXT];
    struct waker waker;
};

struct eval;

/* Lines of code that wait for the scan's thread, or are with it (eval.c). */
struct evals {
    struct runtime *runtime;
    struct eval *first;
    pthread_mutex_t mutex; /* of what is done */
    struct waker waker;
};

struct pulse {
    struct loop_timer timer;        /* first, so that a timer is its pulse */
    int64_t alive_period, alive_at; /* ns; 0: nobody wants to know */
    const struct generation *of;    /* whose scan's count moved last, to what, when */
    uint64_t count;
    int64_t moved;
};

enum reload_state {
    RELOAD_NONE,
    RELOAD_LOADING,  /* the loader has it */
    RELOAD_RETIRING, /* outputs that go are being made safe */
    RELOAD_SWAPPING  /* waits for the gap between two scans */
};

enum reload_why { RELOAD_ASKED, RELOAD_RESTART, RELOAD_BACK, RELOAD_COMPARE };

struct reload {
    enum reload_state state;
    enum reload_why why;
    struct loader *loader;
    struct keeps *copy;      /* of the keeps, for the loader */
    char *path;              /* a copy for the loader, where it is not the script's; or NULL */
    struct generation *next; /* loaded, not yet at work */
    struct swap *swap;
    struct loop_timer timer;
    int64_t until;                /* RETIRING may take */
    bool falls_back;              /* what is being loaded is the last proven text */
    struct origin origin;         /* who asked */
    struct host_answer *asker;    /* or NULL */
    bool again;                   /* was asked for while it was loading */
    char reason[FAULT_TEXT - 64]; /* of a way back, cut where it is too long */
};

struct probation {
    bool on;
    int64_t until;
    struct loop_timer timer;
    struct host_answer *asker; /* or NULL */
};

struct runtime {
    /* as asked for on the command line */
    const char *path, *lua_root, *state_folder;
    const char *name; /* that commands find it by; until the program is loaded the script's own */
    bool is_named;    /* by the command line, so that program { name } does not count */
    char program_name[NAME_MAX + 1];
    bool wants_spin, watches;
    bool unattended; /* nobody sits at a terminal */

    bool locked; /* its pages cannot be swapped out */
    struct instant started;
    struct loop *loop;
    struct signals signals;
    struct audit *audit;
    struct keeps *keeps;
    struct store *store;
    struct generation *current;         /* at work */
    struct generation *_Atomic at_work; /* the same, for the scan's thread, which changes it */
    struct generation *proven; /* what a fault in the probation leads back to; current, mostly */
    struct generation *gone;   /* to be destroyed when the loader has let go of its image */
    struct tcp *tcp;
    struct lines *lines;
    struct spin *spin;
    struct scan_thread *thread;
    struct socket *socket;
    struct reload reload;
    struct probation probation;
    struct fault_news news;
    struct evals evals;
    const struct generation *_Atomic stuck; /* whose thread is; set in a signal handler */
    struct waker stuck_waker;
    struct loop_timer restart;
    struct trust_job trust;
    struct pulse pulse;
    struct watch_files *files;
    struct generation_events events;

    bool stopping, failed;      /* failed: the exit code says so */
    struct source *proven_text; /* that was fallen back to, or NULL */
    unsigned abandoned;
    uint64_t faults, restarts, reloads, refused;
    uint64_t overruns; /* that were reported */
    char fault[FAULT_TEXT], last_fault[FAULT_TEXT], last_reload[FAULT_TEXT];
};

const char *runtime_name(const struct runtime *runtime);
