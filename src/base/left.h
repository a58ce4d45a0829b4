#pragma once
/* What stays for ever, on purpose: a thread that was abandoned may come back to it. Noted here, it
 * is told from a mistake by a leak checker, which looks when no runtime is there any more; so the
 * list is the process's. Nobody reads it. Main thread. */

void leave_behind(void *what);
