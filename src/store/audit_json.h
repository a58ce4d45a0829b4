#pragma once
/* One entry of the audit log as a line of JSON (RFC 8259), strictly valid whatever the bytes in it.
 * Pure. */

#include <stddef.h>
#include "image/audit.h"

/* Room that always suffices: two strings of which each byte is escaped, and the rest. */
enum { AUDIT_LINE = 6 * (2 * VARIABLE_MAX_LENGTH + AUDIT_TEXT_MAX + AUDIT_PEER_MAX) + 1024 };

/* Both end with a newline and return the length. `lost`: entries of which nothing is known but that
 * they were there. */
size_t audit_json(const struct audit_entry *entry, char line[AUDIT_LINE]);
size_t audit_json_lost(uint64_t lost, int64_t now, char line[AUDIT_LINE]);

const char *audit_kind_name(enum audit_kind kind); /* "write", "set", … */
