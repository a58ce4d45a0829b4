#pragma once
/* A script at work in virtual time: the program, its image and its scan are the real ones, the
 * devices behind its clients are simulated, and the clock moves only when it is told to. Nothing
 * sleeps and nothing but the script's text is read, so that hours pass in seconds and the same
 * steps give the same results.
 *
 * One thread. Errors are for a person and name the script's file and line. */

#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "image/image.h"
#include "image/view.h"
#include "scan/scan.h"

struct device;
struct plant;
struct watchdog;

struct plant_options {
    const char *path;          /* of the script */
    const char *lua_root;      /* folder of the Lua library, or NULL for the embedded one */
    struct instant begin;      /* the first scan's moment */
    struct watchdog *watchdog; /* of this thread, or NULL */
    bool quiet;                /* print and log say nothing */
    bool strict;               /* a scan that takes longer than its period is an error */
    bool remembers;            /* plant_back is to be there */
    /* As program_options.stuck: there is no other thread, so it ends the process. NULL: nobody. */
    void (*stuck)(void *context, const char *where);
};

/* Loads the script; no scan is run. NULL with an error. */
struct plant *plant_load(const struct plant_options *options, struct error *error);
void plant_destroy(struct plant *plant); /* NULL is accepted; without on_stop */

/* Runs the scans that are due before `until`, and what devices do meanwhile; the clock stands at
 * `until` then. False with the fault, once, or with what a strict plant refuses: the clock stands
 * at the scan that did it, which is over; who runs it on sees what a machine does after the fault,
 * where `on_fault` says so a restart. A stop of the program's own making ends it early. */
bool plant_run(struct plant *plant, int64_t until, struct error *error);

/* Runs the next scan and nothing after it. */
bool plant_next(struct plant *plant, struct error *error);

/* Runs the next scan, and lets time pass to where the one after it is due. */
bool plant_step(struct plant *plant, struct error *error);

/* Runs one scan at this moment, however many were due before it: as after a long stall. */
bool plant_late(struct plant *plant, int64_t moment, struct error *error);

/* When the next scan is due, monotonic ns. */
int64_t plant_due(const struct plant *plant);

struct instant plant_now(const struct plant *plant);
struct image *plant_image(const struct plant *plant);
struct scan *plant_scan(const struct plant *plant);

/* The clock of the wall is set to this UTC time, ns; time that passes is not touched. */
void plant_set_clock(struct plant *plant, int64_t utc);

/* A hand on the image beside the script's: latch before reading, publish after assigning. */
struct view *plant_hand(const struct plant *plant);

/* The simulated device of this client of the present plan. */
struct device *plant_device(const struct plant *plant, uint32_t client);

/* The script's text is read again (another path, or NULL for the same) and takes over between two
 * scans, as a reload does, with its trial. Outputs of devices that the new text no longer has are
 * made safe before, and while devices take that, time passes and the program runs. There is no
 * probation: the new program counts as proven at once. False with the reason, and the program that
 * runs goes on. */
bool plant_reload(struct plant *plant, const char *path, struct error *error);

/* What ran before the last reload takes over again, as when a probation fails. False with an error;
 * also where there is none, and where the plant does not remember it. */
bool plant_back(struct plant *plant, struct error *error);

/* The process ends and begins anew: only what is retained lasts. A stop runs on_stop and makes
 * outputs safe, which takes as long as devices need to take them (at most stop_timeout); a `crash`
 * does neither. Devices stay as they are. False with an error: on_stop has faulted, or the text
 * cannot be loaded any more, and nothing has changed but for the stop. */
bool plant_restart(struct plant *plant, bool crash, struct error *error);

/* The text of the fault, or NULL; it lasts until another program takes over. */
const char *plant_fault(const struct plant *plant);

/* How often it has started again after a fault. */
uint64_t plant_restarts(const struct plant *plant);
