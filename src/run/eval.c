/* Each is a job of the scan's thread; those that are done come back on a list. One that was begun
 * on a thread that does not come back is never freed: that thread may still write into it. */

#include "run/eval.h"

#include "base/memory.h"
#include "base/mutex.h"
#include "base/waker.h"
#include "run/runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct evals {
    struct eval *first;
    pthread_mutex_t mutex; /* of what is done */
    struct waker waker;
};

struct eval {
    struct scan_job job; /* first, so that a job is its eval */
    struct evals *evals;
    struct program *program; /* of the scan that runs it; set on its thread */
    struct host_answer *asker;
    char *code;
    bool completes;
    atomic_bool begun; /* also known of one whose thread does not come back */
    bool done;
    enum host_result result;
    char *text;
    struct error error;
    struct eval *next;
};

static bool evaluate(void *context, const struct cycle *cycle, struct error *error)
{
    struct eval *eval = context;
    atomic_store(&eval->begun, true);
    if (eval->completes) {
        eval->text = program_complete(eval->program, eval->code);
        return true;
    }
    return program_eval(eval->program, eval->code, cycle, &eval->text, error);
}

static void run(struct scan_job *job, struct scan_thread *thread, struct instant now)
{
    struct eval *eval = (struct eval *)job;
    struct evals *evals = eval->evals;
    struct scan *scan = scan_thread_scan(thread);
    eval->program = generation_there(thread)->program;
    enum scan_between result = scan_between(scan, evaluate, eval, now, &eval->error);
    if (scan_is_abandoned(scan))
        return;
    if (result == SCAN_EARLY) {
        scan_thread_again(thread, job);
        return;
    }
    bool in_fault = scan_state(scan) == SCAN_FAULT; /* then nothing of it was begun */
    eval->result = result == SCAN_CALLED ? HOST_OK : in_fault ? HOST_REFUSED : HOST_FAILED;
    pthread_mutex_lock(&evals->mutex);
    eval->done = true;
    pthread_mutex_unlock(&evals->mutex);
    waker_wake(&evals->waker);
}

static void release(struct eval *eval)
{
    free(eval->code);
    free(eval->text);
    free(eval);
}

static void answer(struct eval *eval)
{
    if (eval->asker)
        eval->asker->done(eval->asker, eval->result,
                          eval->result == HOST_OK ? eval->text : eval->error.text);
}

/* Takes the first one off that is done. */
static struct eval *take_done(struct evals *evals)
{
    struct eval **at = &evals->first;
    pthread_mutex_lock(&evals->mutex);
    while (*at && !(*at)->done)
        at = &(*at)->next;
    pthread_mutex_unlock(&evals->mutex);
    struct eval *eval = *at;
    if (eval)
        *at = eval->next;
    return eval;
}

static void woken(void *context)
{
    struct evals *evals = context;
    struct eval *eval;
    while ((eval = take_done(evals))) {
        answer(eval);
        release(eval);
    }
}

bool eval_open(struct runtime *runtime, struct error *error)
{
    struct evals *evals = runtime->evals = memory_zeroed(1, sizeof *evals);
    mutex_init(&evals->mutex);
    if (waker_open(&evals->waker, runtime->loop, woken, evals, error))
        return true;
    pthread_mutex_destroy(&evals->mutex);
    free(evals);
    runtime->evals = NULL;
    return false;
}

static void ask(struct runtime *runtime, const char *code, bool completes,
                struct host_answer *asker)
{
    struct evals *evals = runtime->evals;
    struct eval *eval = memory_zeroed(1, sizeof *eval);
    struct eval **end = &evals->first;
    while (*end)
        end = &(*end)->next;
    *end = eval;
    eval->job.run = run;
    eval->evals = evals;
    eval->completes = completes;
    eval->asker = asker;
    eval->code = memory_string(code);
    scan_thread_post(runtime->thread, &eval->job);
}

void eval_ask(struct runtime *runtime, const char *code, struct host_answer *asker)
{
    ask(runtime, code, false, asker);
}

void eval_complete(struct runtime *runtime, const char *code, struct host_answer *asker)
{
    ask(runtime, code, true, asker);
}

void eval_forget(struct runtime *runtime, struct host_answer *asker)
{
    struct eval *first = runtime->evals ? runtime->evals->first : NULL;
    for (struct eval *eval = first; eval; eval = eval->next)
        if (eval->asker == asker)
            eval->asker = NULL;
}

/* The one that was under way gets `begun`, those that waited behind it `waiting`. */
static void give_up(struct evals *evals, const char *begun, const char *waiting)
{
    woken(evals);
    for (struct eval *eval = evals->first; eval; eval = eval->next)
        if (eval->asker)
            eval->asker->done(eval->asker, HOST_FAILED,
                              atomic_load(&eval->begun) ? begun : waiting);
    evals->first = NULL;
}

void eval_abandon(struct runtime *runtime, const char *why)
{
    give_up(runtime->evals, why, "did not run: the program was given up before its turn");
}

void eval_close(struct runtime *runtime)
{
    struct evals *evals = runtime->evals;
    char why[96];
    if (!evals)
        return;
    snprintf(why, sizeof why, "%s ends", runtime_name(runtime));
    give_up(evals, why, why);
    waker_close(&evals->waker);
    pthread_mutex_destroy(&evals->mutex);
    free(evals);
    runtime->evals = NULL;
}
