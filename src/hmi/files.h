#pragma once
/* Files of the pages: our own, which are in the binary or in the folder of --web-root, and two
 * libraries that Debian puts under /usr/share/javascript. On the HTTP library's thread. */

#include <microhttpd.h>

/* "/" and "/page/…" are ours, "/lib/dygraphs/…" and "/lib/codemirror/…" Debian's; anything else is
 * 404. `root` NULL: those in the binary. */
enum MHD_Result files_answer(struct MHD_Connection *connection, const char *root,
                             const char *method, const char *path);
