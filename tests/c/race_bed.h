#pragma once
/* A world for the race between script, masters and device: variables with one writer each, whose
 * values only grow, and some that everybody writes. What happens next is chosen by a generator of
 * its own, so that each run of a seed is the same. */

#include "client_bed.h"

enum {
    AT_SCRIPT = 0, /* inout, the script counts up */
    AT_OUT = 1,    /* out, likewise */
    AT_MASTER = 2, /* inout, masters count up */
    AT_DEVICE = 3, /* inout, the device counts up */
    AT_ALL = 4,    /* inout, all of them write, each value once */
    AT_WIDE = 6,   /* uint32, the script counts, both halves the same */
    AT_BITS = 8,   /* bit 0 the script's, 1 the device's, 2 the masters' */
    AT_ARRAY = 10, /* four words, the script counts */
    AT_LARGE = 16, /* uint32 … */
    AT_HALF = 17,  /* … and its second word by itself */
    AT_INPUT = 20, /* in, the device counts up */
    RACE_WORDS = 21,
    COUNTERS = RACE_WORDS
};

struct race {
    struct client_bed *cb;
    uint64_t random;
    uint16_t said[COUNTERS];   /* last value by the one writer of an address */
    uint16_t device[COUNTERS]; /* what the device was last seen to have … */
    uint16_t image[COUNTERS];  /* … and the image */
    uint16_t device_bit;
    uint16_t token;          /* for AT_ALL */
    uint16_t local_token;    /* the last one written here … */
    bool local_seen;         /* … which the device was seen to have */
    uint16_t assigned_token; /* by the scan that runs; 0 for none */
    uint64_t conflicts_before;
    bool scanning;
    uint64_t lost, reconnects, writes;
};

static inline uint32_t race_random(struct race *race, uint32_t below)
{
    race->random = race->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(race->random >> 33) % below;
}

static inline void race_declare(struct bed *bed)
{
#define EXPIRES .has_expire = true, .expire = 300 * (int64_t)MS
    bed_declare(bed, WORD("SCRIPT", AT_SCRIPT, EXPIRES));
    bed_declare(bed, WORD("OUT", AT_OUT, .direction = DIRECTION_OUT));
    bed_declare(bed, WORD("MASTER", AT_MASTER));
    bed_declare(bed, WORD("DEVICE", AT_DEVICE));
    bed_declare(bed, WORD("ALL", AT_ALL, EXPIRES));
    bed_declare(bed, WIDE("WIDE", AT_WIDE));
    bed_declare(bed, BIT("BIT0", AT_BITS, 0));
    bed_declare(bed, BIT("BIT1", AT_BITS, 1));
    bed_declare(bed, BIT("BIT2", AT_BITS, 2));
    bed_declare(bed, WORD("ARRAY", AT_ARRAY, .count = 4));
    bed_declare(bed, WIDE("LARGE", AT_LARGE));
    bed_declare(bed, WORD("HALF", AT_HALF));
    bed_declare(bed, WORD("INPUT", AT_INPUT, .direction = DIRECTION_IN));
    bed_declare(bed, COIL("C0", 0));
    bed_declare(bed, COIL("C1", 1));
#undef EXPIRES
}

static inline void race_init(struct race *race, struct client_bed *cb, uint64_t seed)
{
    *race = (struct race){.cb = cb, .random = seed};
    cb->spec.period = 20 * MS;
    cb->spec.timeout = 50 * MS;
    race_declare(&cb->bed);
    client_bed_online(cb);
    client_bed_run(cb, 100 * MS);
}

/* ---- who writes ---- */

static inline uint64_t race_conflicts(const struct race *race)
{
    return image_conflicts(race->cb->bed.image) + client_bed_status(race->cb).conflicts;
}

/* The newest value that somebody here has put into the image for AT_ALL. */
static inline void race_local_token(struct race *race, uint16_t token)
{
    race->local_token = token;
    race->local_seen = false;
    race->conflicts_before = race_conflicts(race);
}

static inline void race_assign(struct race *race, const char *name, uint32_t element,
                               const uint16_t *words)
{
    bed_assign_point(&race->cb->bed, bed_point(&race->cb->bed, name) + element, words);
    race->writes++;
}

static inline void race_assign_some(struct race *race)
{
    uint16_t *said = race->said, word;
    uint32_t element = race_random(race, 4);
    switch (race_random(race, 8)) {
    case 0:
        race_assign(race, "SCRIPT", 0, &(uint16_t){++said[AT_SCRIPT]});
        break;
    case 1:
        race_assign(race, "OUT", 0, &(uint16_t){++said[AT_OUT]});
        break;
    case 2:
        word = ++said[AT_WIDE];
        race_assign(race, "WIDE", 0, WORDS(word, word));
        break;
    case 3:
        word = (said[AT_BITS] ^= 1) & 1;
        race_assign(race, "BIT0", 0, &word);
        break;
    case 4:
        race_assign(race, "ARRAY", element, &(uint16_t){++said[AT_ARRAY + element]});
        break;
    case 5:
        race->assigned_token = ++race->token;
        race_assign(race, "ALL", 0, &race->assigned_token);
        break;
    case 6:
        word = (uint16_t)race_random(race, 65536);
        race_assign(race, race_random(race, 2) ? "LARGE" : "HALF", 0, WORDS(word, word));
        break;
    default:
        race_assign(race, "C0", 0, &(uint16_t){(uint16_t)race_random(race, 2)});
    }
}

static inline void race_publish(struct race *race)
{
    view_publish(race->cb->bed.view, race->cb->now);
    race->scanning = false;
    if (race->assigned_token && script_read(race->cb, "ALL") == race->assigned_token)
        race_local_token(race, race->assigned_token); /* else a remote write has won */
}

/* A scan begins with a latch and ends with a publish; anything may happen in between. */
static inline void race_scan(struct race *race)
{
    if (race->scanning) {
        race_publish(race);
        return;
    }
    view_latch(race->cb->bed.view);
    race->assigned_token = 0;
    for (uint32_t count = race_random(race, 6) + 1; count > 0; count--)
        race_assign_some(race);
    race->scanning = true;
}

/* Refused while the device is offline. */
static inline bool race_set(struct race *race, const char *name, uint16_t word)
{
    struct bed *bed = &race->cb->bed;
    race->writes++;
    return image_set(bed->image, bed_point(bed, name), &word, NULL, race->cb->now) ==
           EXCEPTION_NONE;
}

static inline void race_master(struct race *race)
{
    switch (race_random(race, 3)) {
    case 0:
        race->said[AT_MASTER] += race_set(race, "MASTER", race->said[AT_MASTER] + 1);
        break;
    case 1:
        race_set(race, "BIT2", (uint16_t)(race_random(race, 2) << 2));
        break;
    default:
        if (race_set(race, "ALL", ++race->token))
            race_local_token(race, race->token);
    }
}

static inline void race_device(struct race *race)
{
    struct device *device = &race->cb->device;
    struct request bit = {.write = {TABLE_HOLDING, AT_BITS, 1, NULL, true}};
    uint16_t coil = (uint16_t)race_random(race, 2);
    switch (race_random(race, 5)) {
    case 0:
        device_set(device, AT_DEVICE, ++race->said[AT_DEVICE]);
        break;
    case 1:
        device_set(device, AT_INPUT, ++race->said[AT_INPUT]);
        break;
    case 2:
        race->device_bit ^= 2;
        bit.write.words = WORDS((uint16_t)~2, race->device_bit);
        image_request(device->image, &bit, 1);
        break;
    case 3:
        device_set(device, AT_ALL, ++race->token);
        break;
    default:
        device_put(device, TABLE_COIL, 1, &coil, 1);
    }
}

/* ---- what goes wrong, and what goes on ---- */

static inline void race_trouble(struct race *race)
{
    struct client_bed *cb = race->cb;
    race->lost++;
    switch (race_random(race, 8)) {
    case 0:
        if (cb->connected)
            client_bed_disconnect(cb, "gone");
        break;
    case 1:
    case 2:
        cb->device.lose_requests = 1 + race_random(race, 2);
        break;
    case 3:
    case 4:
        cb->device.lose_answers = 1 + race_random(race, 2);
        break;
    default: /* comes after its timeout */
        cb->device.latency = (40 + race_random(race, 60)) * (int64_t)MS;
    }
}

static inline void race_trouble_end(struct race *race)
{
    race->reconnects++;
    client_bed_connect(race->cb);
}

static inline void race_client(struct race *race)
{
    struct client_bed *cb = race->cb;
    struct exchange *exchange = client_next(cb->client, cb->now);
    if (!exchange)
        return;
    wire_send(cb, exchange);
    cb->device.latency = (1 + race_random(race, race_random(race, 4) ? 20 : 80)) * (int64_t)MS / 10;
}

/* Trouble comes so rarely that there is mostly something to be troubled. */
static inline void race_world(struct race *race)
{
    if (!race->cb->connected && race_random(race, 4) == 0)
        race_trouble_end(race);
    else if (race_random(race, 50) == 0)
        race_trouble(race);
    else
        race_device(race);
}

static inline void race_event(struct race *race)
{
    uint32_t what = race_random(race, 100);
    if (what < 35)
        race_client(race);
    else if (what < 70)
        wire_step(race->cb);
    else if (what < 90)
        race->cb->now += race_random(race, 1000) * (int64_t)1000;
    else if (what < 95)
        race_scan(race);
    else if (what < 98)
        race_master(race);
    else
        race_world(race);
}

static inline void race_look(struct race *race, uint16_t *device, uint16_t *image)
{
    struct request request = {.serve_stale = true, .read = {TABLE_HOLDING, 0, RACE_WORDS, device}};
    assert_int_equal(image_request(race->cb->device.image, &request, 1), EXCEPTION_NONE);
    request.memory = race->cb->plc;
    request.read.words = image;
    assert_int_equal(image_request(race->cb->bed.image, &request, 1), EXCEPTION_NONE);
}
