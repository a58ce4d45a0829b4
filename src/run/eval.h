#pragma once
/* Lines of code that a person runs in the present program, between two scans. Main thread. */

#include "control/host.h"

struct runtime;

bool eval_open(struct runtime *runtime, struct error *error);
void eval_close(struct runtime *runtime);

void eval_ask(struct runtime *runtime, const char *code, struct host_answer *asker);
void eval_complete(struct runtime *runtime, const char *code, struct host_answer *asker);
void eval_forget(struct runtime *runtime, struct host_answer *asker);

/* The scan's thread does not come back: nor does the one that it runs, whose asker is told why;
 * those that waited behind it did not run, and hear that. */
void eval_abandon(struct runtime *runtime, const char *why);
