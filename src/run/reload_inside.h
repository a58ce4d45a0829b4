#pragma once
/* What the files of the reload share: reload_ask.c (loading), reload.c (the swap and refusals),
 * reload_over.c (what follows a swap) and reload_back.c (the way back). */

#include "run/reload.h"
#include "run/loader.h"
#include "run/runtime.h"
#include "run/swap.h"

enum reload_state {
    RELOAD_NONE,
    RELOAD_LOADING,  /* the loader has it */
    RELOAD_RETIRING, /* outputs that go are being made safe */
    RELOAD_SWAPPING  /* waits for the gap between two scans */
};

enum reload_why { RELOAD_ASKED, RELOAD_RESTART, RELOAD_BACK, RELOAD_COMPARE };

struct reload {
    struct runtime *runtime;
    enum reload_state state;
    enum reload_why why;
    struct loader *loader;
    struct keeps *copy; /* of the keeps, for the loader */
    char *path;         /* a copy for the loader, where it is not the script's; or NULL */
    struct source
        *proven_text;     /* the text that it loads, where that is the last proven one; or NULL */
    struct source *patch; /* a text that it loads instead of its file; or NULL */
    struct generation *next; /* loaded, not yet at work */
    struct swap *swap;
    struct generation *read; /* what the loader reads from */
    struct generation
        *gone; /* that same one, to be destroyed when the loader has let go of its image */
    struct loop_timer timer;
    int64_t until;                /* RETIRING may take */
    size_t unsafe;                /* outputs that went without being made safe */
    bool falls_back;              /* what is being loaded is the last proven text */
    struct origin origin;         /* who asked */
    struct host_answer *asker;    /* or NULL */
    bool again;                   /* was asked for while it was loading */
    char reason[FAULT_TEXT - 64]; /* of a way back, cut where it is too long */
};

/* The loaded `next` takes over. False with an error: `next` is still there, nothing else. */
bool reload_swap(struct runtime *runtime, bool on_trial, struct error *error);

/* `before` was at work until now. Takes the remarks over. */
void reload_took_over(struct runtime *runtime, struct generation *before, char *remarks);

/* There is no way back after all, for the reason in `text`: the program that has faulted stays, as
 * it would without another one to go back to. */
void reload_stay(struct runtime *runtime, const char *text);

/* Says why there is no reload, to whoever asked and in the log; drops what was made ready. */
void reload_refuse(struct runtime *runtime, const char *text);
void reload_drop(struct runtime *runtime);

/* What one way or the other has come to its end. */
void reload_finish(struct runtime *runtime);

void reload_answer(struct runtime *runtime, enum host_result result, const char *text);

/* Where the file has changed meanwhile: once more. */
void reload_if_again(struct runtime *runtime);

/* Waits for the loader, where there is one, and frees what was made for it. Returns whether its
 * thread was abandoned. */
bool reload_end_loader(struct reload *reload);
