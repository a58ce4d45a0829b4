#pragma once
/* The shared memory: one array of cells for all memories of a program under one mutex (priority
 * inheritance), so that everyone sees a scan, a request or a poll whole or not at all. Locks are
 * short: no I/O, no allocation, no call out of this room is made under it. Requests that only read
 * take none: they look at a version before and after, and again if it changed.
 *
 * Beside the values lie the marks (quality, time, sequence of the last remote write, forced), the
 * force overlay, and for each consumer a bitmap of pages that changed since it last looked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/plan.h"

struct audit;
struct image;
struct keeps;
struct origin;
struct view;

/* NEVER: an "in" variable into which nothing has come yet. STALE, RANGE and INVALID are set by what
 * mirrors another device. */
enum quality { QUALITY_GOOD, QUALITY_STALE, QUALITY_NEVER, QUALITY_RANGE, QUALITY_INVALID };

/* What is known about a point's value. */
struct mark {
    int64_t time;     /* monotonic ns at which the value last arrived or was published */
    uint64_t written; /* image sequence of the last remote write; 0 for none */
    uint8_t quality;  /* enum quality */
    bool forced;
    uint8_t delivery, reason; /* of a mirrored one: enum delivery and exception code, mirror.h */
};

/* Exception codes, AP 7. */
enum exception {
    EXCEPTION_NONE = 0,
    EXCEPTION_FUNCTION = 1,
    EXCEPTION_ADDRESS = 2,
    EXCEPTION_VALUE = 3,
    EXCEPTION_DEVICE_FAILURE = 4,
    EXCEPTION_GATEWAY_PATH = 0x0A,
    EXCEPTION_GATEWAY_TARGET = 0x0B
};

/* One remote request: a write, a read, or a write followed by a read (FC 23), carried out whole
 * under one lock. A count of 0 leaves that half out. */
struct request {
    uint32_t memory;
    const struct origin *origin; /* for the audit log; NULL: nobody is named */
    bool serve_stale; /* what a client mirrors is answered while stale, and taken while it is
                         offline */
    struct {
        enum table table;
        uint16_t address, count;
        const uint16_t *words; /* count of them; 0 or 1 for coils */
        bool masked;           /* FC 22: words[0] is and_mask, words[1] or_mask, count 1 */
    } write;
    struct {
        enum table table;
        uint16_t address, count;
        uint16_t *words;
    } read;
};

/* Values start as default (or 0); nothing is marked as written. Holds a reference to the plan,
 * which must be sealed. NULL with an error when memory is short. */
struct image *image_create(struct plan *plan, int64_t now, struct error *error);
void image_destroy(struct image *image); /* NULL is accepted; no view may be left */
struct plan *image_plan(const struct image *image);

/* A master's request by the rules of direction: read range wholly mapped, write range writable
 * (02), values within limits (03), no safe variable while in fault (04); in a memory with a client
 * nothing stale or never read, and no write while the client is offline (0B), unless `serve_stale`.
 * The same 0B for what follows a stale value (`from`). A refused request changes nothing. `now` is
 * monotonic ns. Any thread. */
enum exception image_request(struct image *image, const struct request *request, int64_t now);

/* What lives longer than an image, and is shared by those that follow one another. Before anybody
 * else has the image; NULL for none. view_publish commits the keeps together with the values. */
void image_share(struct image *image, struct keeps *keeps, struct audit *audit);
struct keeps *image_keeps(const struct image *image);

/* What was changed in the keeps between two scans holds. The scan's thread. */
void image_commit_keeps(struct image *image);

/* Makes `copy` what was last committed in the keeps. Any thread. */
void image_read_keeps(struct image *image, struct keeps *copy);
struct audit *image_audit(const struct image *image);

/* A master's write by name, as `set` does: the same limits and the same marks.
 * EXCEPTION_ADDRESS for an "out" variable, and for an "in" one that a client feeds;
 * EXCEPTION_GATEWAY_TARGET for one whose client is offline. Any thread. */
enum exception image_set(struct image *image, uint32_t point, const uint16_t *words,
                         const struct origin *origin, int64_t now);

/* Force: until released, whatever anyone writes into the point goes beneath the overlay. unforce
 * leaves the forced value in place, or with `restore` brings back what was suppressed. */
void image_force(struct image *image, uint32_t point, const uint16_t *words,
                 const struct origin *origin, int64_t now);
void image_unforce(struct image *image, uint32_t point, bool restore, const struct origin *origin,
                   int64_t now);

/* Points under force: how many there are, and the first `room` of them. Any thread. */
size_t image_forced(struct image *image, uint32_t *points, size_t room);

/* What a forced point has beneath: what was suppressed, in place under its mask. False where it is
 * not forced. Any thread. */
bool image_suppressed(struct image *image, uint32_t point, uint16_t *words);

/* Points with `safe` take it (force stays on top). With `fault`, masters' writes to them are
 * refused with 04 until image_clear_fault. */
void image_make_safe(struct image *image, bool fault, int64_t now);
void image_clear_fault(struct image *image);
bool image_in_fault(const struct image *image);

/* Outputs that go with their program: these points, which have `safe`, take it and hold it, below a
 * person's force and above everybody's writes, until image_unretire. What the program or a device
 * gives them meanwhile lies beneath and comes back then; masters are refused with 04. None may be
 * retired yet. Any thread. */
void image_retire(struct image *image, const uint32_t *points, size_t count, int64_t now);
void image_unretire(struct image *image, int64_t now);

/* Program writes that lost against a remote write of the same variable in the same scan. */
uint64_t image_conflicts(const struct image *image);
