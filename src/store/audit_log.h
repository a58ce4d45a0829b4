#pragma once
/* The audit log on disk: "NAME.audit", a line of JSON for each entry, at most AUDIT_FILE_MAX bytes;
 * then it becomes NAME.audit.1, and so on to AUDIT_FILES, the oldest goes. Written by the store's
 * thread. */

#include "base/error.h"
#include "image/audit.h"

enum { AUDIT_FILE_MAX = 1 << 20, AUDIT_FILES = 5 };

struct audit_log;

struct audit_log *audit_log_open(const char *directory, const char *name, struct error *error);
void audit_log_close(struct audit_log *log); /* NULL is accepted */

/* Writes all that lies in the ring. False, once, with an error when it could not be written: it is
 * tried again, and what was lost is counted in the file. */
bool audit_log_drain(struct audit_log *log, struct audit *audit, struct error *error);

/* Takes out all that lies in the ring, for nobody. */
void audit_log_skip(struct audit *audit);
