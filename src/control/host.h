#pragma once
/* What the commands to a running program need of whoever runs it. All on the main thread, on which
 * the socket's loop runs, too. What is asked and takes time is answered later, by host_answer. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/source.h"
#include "image/alarms.h"
#include "image/audit.h"
#include "image/image.h"
#include "scan/scan.h"
#include "store/history.h"
#include "store/store.h"

enum host_state {
    HOST_RUN,
    HOST_PROBATION, /* runs, after a reload; not proven yet */
    HOST_FAULT,
    HOST_STOPPING
};

struct host_status {
    const char *name, *script; /* valid until the next call */
    const char *users;         /* the file of those who may log in to its pages */
    enum host_state state;
    bool proven_fallback;   /* the file was refused at the start: the last proven text runs */
    bool edited;            /* a file of it has another text on the disk */
    int64_t started;        /* UTC ns, of the process */
    int64_t loaded;         /* UTC ns, of the present program */
    int64_t probation_left; /* ns */
    int64_t restart_left;   /* ns until it is started again after a fault; -1: it is not */
    uint64_t faults, restarts, reloads, refused; /* refused and rolled back reloads */
    unsigned abandoned;                          /* threads that did not come back */
    const char *fault;                           /* the present one's text with traceback, or "" */
    const char *last_fault;  /* the newest, also of a program that was rolled back or restarted */
    const char *last_reload; /* "" or why the last one was refused or rolled back */
    int64_t last_fault_time, last_reload_time; /* UTC ns; 0 where there is none */
    const char *fallback_why;                  /* of proven_fallback, else "" */
    size_t connections;                        /* of masters */
    size_t memory_used, memory_cap;            /* bytes, of Lua */
    bool locked;                               /* pages */
    const char *priority;
    struct { /* of msm run --record; path NULL: nothing is recorded */
        const char *path;
        uint64_t bytes, scans, lost;
        bool works;
        char problem[256]; /* why not, or "" */
    } recording;
};

enum host_result {
    HOST_OK,
    HOST_FAILED, /* it was tried: an eval raised, a reload was rolled back */
    HOST_REFUSED /* it was not even begun, or changed nothing */
};

/* `done` is called once, perhaps before the asking function returns; text may be NULL. Where the
 * asker has gone away he calls `forget` with the same address, and is not told. */
struct host_answer {
    void (*done)(struct host_answer *answer, enum host_result result, const char *text);
};

struct host_edit {
    const char *path; /* one of the sources'; NULL: the script's */
    const char *text;
    size_t length;
    const char *base; /* the version (script_file.h) of the file that it was made from */
    bool tries;       /* as compare: changes nothing */
};

struct control_host {
    void *context;
    struct image *(*image)(void *context); /* of the present program: not to be kept */
    const struct scan *(*scan)(void *context);
    struct store *(*store)(void *context);
    /* Of the present program, not to be kept; NULL: it has none. */
    struct alarms *(*alarms)(void *context);
    struct history *(*history)(void *context); /* NULL: none is written */
    /* Of a program with simulated devices: puts values into the one that feeds `count` points;
     * those of one stand `each` words behind those of another. */
    void (*play)(void *context, uint32_t first, uint32_t count, const uint16_t *words,
                 uint16_t each);
    void (*status)(void *context, struct host_status *status);
    void (*stop)(void *context, const struct origin *origin);
    /* Loads the script's file again; done when probation has ended, with remarks about values. */
    void (*reload)(void *context, const struct origin *origin, struct host_answer *answer);
    /* What a reload from `path` (NULL: the script's file) would do, a line for each difference; it
     * loads and tries, and changes nothing. */
    void (*compare)(void *context, const char *path, struct host_answer *answer);
    /* The files that the program was made of, the script first; as valid as the program. */
    size_t (*sources)(void *context, const struct source **sources);
    /* Another text of one of them: reloaded with and, once proven, written into the file; answered
     * as a reload. */
    void (*edit)(void *context, const struct host_edit *edit, const struct origin *origin,
                 struct host_answer *answer);
    void (*versions)(void *context, char *folder, size_t size); /* of texts that were edited */
    void (*eval)(void *context, const char *code, struct host_answer *answer);
    void (*complete)(void *context, const char *code, struct host_answer *answer);
    void (*forget)(void *context, struct host_answer *answer);
};
