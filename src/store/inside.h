#pragma once
/* The store from the inside, for the files of this room only. `rows`, `held`, `changes`, `file` and
 * what belongs to the commits are the thread's, once it runs; what main shares with it stands
 * under the mutex, which nobody holds while the disk works. `rows` changes under the mutex, so that
 * main may read it, too. */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "image/keeps.h"
#include "store/audit_log.h"
#include "store/rows.h"
#include "store/store.h"
#include "store/store_file.h"
#include "store/text_logs.h"

enum { STORE_PATH = 4096 };

/* What is retained of one image. The thread may still compare with an old one while main has put
 * another in its place, so it is counted who has it. */
struct scope {
    struct image *image;
    struct plan *plan;
    uint32_t *points;
    size_t count, word_count;
    uint16_t *fresh, *saved; /* one point behind the other */
    bool *known;             /* the file has what stands in `saved` */
    size_t variables, keeps;
    uint64_t keeps_saved; /* the version that was committed */
    bool settled;         /* its program is proven */
    int users;
};

struct store {
    char path[STORE_PATH], directory[STORE_PATH];
    char *name;
    bool started;
    pthread_t thread;
    sem_t wake, done;
    atomic_bool called;

    pthread_mutex_t mutex; /* from here on … */
    struct scope *scope, *next;
    struct rows asked;   /* forces that main wants in the file, or out of it (gone) */
    struct rows proven;  /* texts of what was proven … */
    struct scope *proof; /* … when this was what is retained; NULL: nothing new */
    bool needed;         /* there is, or is to be, a file */
    bool stopping, abandoned;
    struct store_status status; /* … to here */

    struct rows rows;       /* what the file holds */
    struct rows held;       /* taken from `asked`, not yet committed */
    struct rows texts;      /* taken from `proven` … */
    struct scope *settling; /* … and `proof`, likewise */
    struct rows changes;    /* of the round */
    struct store_file file;
    bool read; /* `rows` are what the file held when it was opened first */
    bool anew; /* the file is to be written from `rows` */
    struct keeps *keeps;
    uint64_t keeps_version; /* of `keeps` */
    int64_t place;          /* counts fields in their order */
    uint64_t round;
    int64_t due, retry, pause; /* monotonic ns; pause 0: it works */

    struct audit *audit;
    struct audit_log *log;
    struct text_queue *queue; /* of lines for text_logs; or NULL */
    struct text_logs *text_logs;
};

/* One round of the thread at `now`: commits what has changed; `last` does not wait for anything.
 * Returns when the next one is due, INT64_MAX if only on a call. */
int64_t store_round(struct store *store, int64_t now, bool last);

/* As store_start, but no thread: whoever calls store_round is it. */
bool store_attach(struct store *store, struct image *image, struct audit *audit,
                  struct error *error);

/* Wakes the thread. Any thread; never blocks. */
void store_call(void *store);

/* ---- store_open.c ---- */

/* Opens the file, sets it aside where it is damaged; no status. */
enum file_state store_reopen(struct store *store, struct error *error);

/* The status from here on, and a line in the log when that is news. */
void store_works(struct store *store, int64_t now, bool committed);
void store_fails(struct store *store, const struct error *error, int64_t now);

/* ---- store_scope.c ---- */

struct scope *scope_create(struct image *image, struct error *error);
struct scope *scope_take(struct scope *scope); /* with the mutex held; NULL is accepted */
void scope_give(struct scope *scope);          /* likewise; the last one frees */

/* ---- what becomes of one kind of row; all put into `changes`, false when memory is short ---- */

bool store_collect_values(struct store *store, struct scope *scope);
void store_values_saved(struct scope *scope);  /* they were committed */
void store_values_forget(struct scope *scope); /* nothing is known any more */
bool store_collect_keeps(struct store *store, const struct scope *scope);
bool store_collect_initials(struct store *store, const struct scope *scope);
bool store_collect_settled(struct store *store, const struct scope *scope);

/* ---- store_initial.c ---- */

/* A value was taken over: where its default was edited since the program was proven, it is said
 * that the value hides it. */
void store_initial_say(struct store *store, const struct plan *plan, const struct variable *v);

/* Puts a row among the changes unless the file has it already. */
bool store_want(struct store *store, struct row *row);
bool store_want_gone(struct store *store, const struct row *row);
