#pragma once
/* Tells when one of a program's files has changed: written in place, or replaced, itself, its
 * folder or a link on the way to it. The first is seen at once (inotify), the rest by a look each
 * second. It is told when nothing more has happened for WATCH_QUIET, so that a file which is
 * written in pieces is mostly whole by then.
 *
 * Loop's thread, which a folder that does not answer (of a network that is gone) holds up, with all
 * that the loop does: the looks cannot be left out, because what they find tells nobody, and from
 * a network's folder inotify hears nothing of what others do. So this is for where programs are
 * written, not for a plant's service. */

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"
#include "base/source.h"

#define WATCH_QUIET INT64_C(300000000) /* ns */
#define WATCH_LOOK INT64_C(1000000000)

struct watch_files;

struct watch_files *watch_files_open(struct loop *loop, void (*changed)(void *context),
                                     void *context, struct error *error);
void watch_files_close(struct watch_files *watch); /* NULL is accepted */

/* These files from now on (paths as msm was given them), as they were read: one that has changed
 * since is told. A folder that cannot be watched is logged. */
void watch_files_set(struct watch_files *watch, const struct source *sources, size_t count);

/* Until watch_files_set: any Lua file in their folders, too. An attempt that was refused may be
 * mended in a file that the program at work does not have. */
void watch_files_widen(struct watch_files *watch);
