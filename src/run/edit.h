#pragma once
/* One of the program's files is edited from elsewhere: the new text is written beside the file on a
 * thread of its own, then reloaded with as any text is, and takes the file's place once it has
 * passed its probation. Until then the file is as it was, so what is refused or rolled back leaves
 * nothing behind, and a machine that starts again starts with what was proven. Main thread. */

#include <stdbool.h>
#include "control/host.h"

struct runtime;

bool edit_open(struct runtime *runtime, struct error *error);
void edit_close(struct runtime *runtime); /* after the reload's end */

/* `asker` is told how it ended, as of a reload. What `edit` points to is copied. */
void edit_ask(struct runtime *runtime, const struct host_edit *edit, const struct origin *origin,
              struct host_answer *asker);
void edit_forget(struct runtime *runtime, const struct host_answer *asker);

/* Whether a file of the present program has another text on the disk. */
bool edit_differs(const struct runtime *runtime);

/* What a watch on the files has seen was this alone: what is there runs already. Once. */
bool edit_explains(struct runtime *runtime);

/* The folder of the versions. */
void edit_folder(const struct runtime *runtime, char *path, size_t size);
