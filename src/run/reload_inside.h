#pragma once
/* What the files of the reload share: reload_ask.c (loading) and reload.c (from the swap on). */

#include "run/reload.h"
#include "run/runtime.h"

/* The loaded `next` takes over. False with an error: `next` is still there, nothing else. */
bool reload_swap(struct runtime *runtime, bool on_trial, struct error *error);

/* Says why there is no reload, to whoever asked and in the log; drops what was made ready. */
void reload_refuse(struct runtime *runtime, const char *text);
void reload_drop(struct runtime *runtime);

void reload_answer(struct runtime *runtime, enum host_result result, const char *text);

/* Where the file has changed meanwhile: once more. */
void reload_if_again(struct runtime *runtime);
