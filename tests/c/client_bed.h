#pragma once
/* A program whose memory "plc" is mirrored by a client, and the device behind it: a second image
 * answered by pdu_answer, with faults that can be switched on. The wire between them keeps the
 * order of what is sent, as a connection does, and drops answers that come after their timeout, as
 * its carrier does. Time is a number. */

#include "image_help.h"
#include "image/link.h"
#include "image/mailbox.h"
#include "image/mirror.h"
#include "modbus/client.h"
#include "modbus/pdu.h"

enum { DEVICE_WORDS = 200, WIRE_ROOM = 64, DEVICE_NOTES = 256, MS = 1000000 };

struct sent {
    struct exchange *exchange; /* NULL once it has timed out */
    int64_t at_device, at_client, deadline;
    bool carried_out, answer_lost;
    size_t length, answer_length;
    uint8_t request[PDU_MAX], answer[PDU_MAX];
};

/* A write that reached the device, carried out or refused. */
struct note {
    uint8_t function;
    uint16_t address, count;
};

struct device {
    struct plan *plan;
    struct image *image;
    bool no_mask, no_many, no_one, dead;
    int refuse_low, refuse_high; /* holding registers that do not exist; low < 0: none */
    uint8_t refuse_with;
    bool refuse_writes_only;
    unsigned lose_requests, lose_answers; /* this many of the next ones */
    int64_t latency;
    bool unordered; /* its answers may pass each other */
    unsigned carried_out, functions[256];
    uint8_t last[PDU_MAX];
    struct note notes[DEVICE_NOTES]; /* the first ones */
    unsigned writes;
};

struct client_bed {
    struct bed bed;
    struct client *client;
    struct device device;
    struct sent wire[WIRE_ROOM];
    size_t wire_count;
    int64_t now;
    bool connected;
    unsigned dropped; /* answers that came too late */
    uint32_t plc;
    struct client_spec spec;
};

/* ---- the device ---- */

static inline void device_init(struct device *device)
{
    struct error error;
    *device = (struct device){.refuse_low = -1, .latency = MS};
    device->plan = plan_create("device");
    struct memory memory = {.name = "mem", .where = "t", .client = -1};
    assert_true(plan_memory(device->plan, &memory, &error) >= 0);
    for (int table = TABLE_COIL; table < TABLE_VAR; table++) {
        struct raw raw = {0, (enum table)table, 0, DEVICE_WORDS, "t", 0};
        assert_true(plan_raw(device->plan, &raw, &error) >= 0);
    }
    if (!plan_seal(device->plan, &error))
        fail_msg("%s", error.text);
    device->image = image_create(device->plan, 1, &error);
    assert_non_null(device->image);
}

static inline uint16_t device_get(struct device *device, enum table table, uint16_t address)
{
    uint16_t word = 0;
    struct request request = {.read = {table, address, 1, &word}};
    assert_int_equal(image_request(device->image, &request, 1), EXCEPTION_NONE);
    return word;
}

static inline void device_put(struct device *device, enum table table, uint16_t address,
                              const uint16_t *words, uint16_t count)
{
    struct request request = {.write = {table, address, count, words, false}};
    assert_int_equal(image_request(device->image, &request, 1), EXCEPTION_NONE);
}

static inline void device_set(struct device *device, uint16_t address, uint16_t word)
{
    device_put(device, TABLE_HOLDING, address, &word, 1);
}

static inline unsigned pdu_word(const uint8_t *pdu, size_t at)
{
    return (unsigned)pdu[at] << 8 | pdu[at + 1];
}

static inline uint8_t device_refuses(const struct device *device, const uint8_t *pdu)
{
    unsigned function = pdu[0], low = pdu_word(pdu, 1), count = 1;
    bool write = function > 4;
    if ((function == 22 && device->no_mask) || (function > 6 && function < 22 && device->no_many) ||
        ((function == 5 || function == 6) && device->no_one))
        return 1;
    if (function <= 4 || function == 15 || function == 16)
        count = pdu_word(pdu, 3);
    if (device->refuse_low < 0 || (device->refuse_writes_only && !write))
        return 0;
    bool beside = (int)(low + count) <= device->refuse_low || (int)low > device->refuse_high;
    return beside ? 0 : device->refuse_with;
}

static inline void device_note(struct device *device, const uint8_t *pdu)
{
    bool many = pdu[0] == 15 || pdu[0] == 16;
    if (pdu[0] <= 4)
        return;
    if (device->writes < DEVICE_NOTES)
        device->notes[device->writes] = (struct note){pdu[0], (uint16_t)pdu_word(pdu, 1),
                                                      many ? (uint16_t)pdu_word(pdu, 3) : 1};
    device->writes++;
}

static inline void device_carry_out(struct device *device, struct sent *sent)
{
    struct pdu_target target = {.image = device->image};
    uint8_t refused = device_refuses(device, sent->request);
    sent->carried_out = true;
    device->carried_out++;
    device->functions[sent->request[0]]++;
    memcpy(device->last, sent->request, sent->length);
    device_note(device, sent->request);
    if (refused)
        sent->answer_length =
            pdu_exception(sent->request[0], (enum exception)refused, sent->answer);
    else
        sent->answer_length = pdu_answer(&target, sent->request, sent->length, sent->answer, 1);
}

/* ---- the wire ---- */

static inline void wire_remove(struct client_bed *cb, size_t at)
{
    cb->wire_count--;
    memmove(cb->wire + at, cb->wire + at + 1, (cb->wire_count - at) * sizeof *cb->wire);
}

static inline void wire_send(struct client_bed *cb, struct exchange *exchange)
{
    struct device *device = &cb->device;
    if (exchange->broadcast) {
        struct sent sent = {.length = exchange->length};
        memcpy(sent.request, exchange->pdu, exchange->length);
        device_carry_out(device, &sent);
        client_answered(cb->client, exchange, exchange->pdu, 0, cb->now);
        return;
    }
    assert_true(cb->wire_count < WIRE_ROOM);
    struct sent *sent = &cb->wire[cb->wire_count];
    int64_t before = cb->wire_count ? cb->wire[cb->wire_count - 1].at_client : 0;
    *sent = (struct sent){.exchange = exchange,
                          .at_device = cb->now + device->latency / 2,
                          .at_client = cb->now + device->latency,
                          .deadline = exchange->deadline,
                          .length = exchange->length};
    if (sent->at_client < before && !device->unordered)
        sent->at_client = before;
    if (cb->wire_count && sent->at_device < cb->wire[cb->wire_count - 1].at_device)
        sent->at_device = cb->wire[cb->wire_count - 1].at_device;
    memcpy(sent->request, exchange->pdu, exchange->length);
    if (device->dead || device->lose_requests > 0) {
        device->lose_requests -= !device->dead;
        sent->carried_out = sent->answer_lost = true; /* nothing will come of it */
    } else if (device->lose_answers > 0) {
        device->lose_answers--;
        sent->answer_lost = true;
    }
    cb->wire_count++;
}

/* When the wire has something to do next. */
static inline int64_t wire_due(const struct client_bed *cb)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < cb->wire_count; i++) {
        const struct sent *sent = &cb->wire[i];
        int64_t at = !sent->carried_out  ? sent->at_device
                     : sent->answer_lost ? INT64_MAX
                                         : sent->at_client;
        if (sent->exchange && sent->deadline < at)
            at = sent->deadline;
        due = at < due ? at : due;
    }
    return due;
}

static inline void wire_deliver(struct client_bed *cb, size_t at)
{
    struct sent sent = cb->wire[at];
    wire_remove(cb, at);
    if (sent.exchange)
        client_answered(cb->client, sent.exchange, sent.answer, sent.answer_length, cb->now);
    else
        cb->dropped++;
}

static inline void wire_time_out(struct client_bed *cb, size_t at)
{
    struct exchange *exchange = cb->wire[at].exchange;
    cb->wire[at].exchange = NULL;
    if (cb->wire[at].answer_lost && cb->wire[at].carried_out)
        wire_remove(cb, at);
    client_failed(cb->client, exchange, FAILURE_TIMEOUT, "no answer within 1 s", cb->now);
}

/* One thing at a time, oldest first; false when nothing is left to do now. */
static inline bool wire_step(struct client_bed *cb)
{
    for (size_t i = 0; i < cb->wire_count; i++) {
        struct sent *sent = &cb->wire[i];
        if (!sent->carried_out && sent->at_device <= cb->now) {
            device_carry_out(&cb->device, sent);
            if (sent->answer_lost && !sent->exchange)
                wire_remove(cb, i);
            return true;
        }
        if (sent->carried_out && !sent->answer_lost && sent->at_client <= cb->now) {
            wire_deliver(cb, i);
            return true;
        }
        if (sent->exchange && sent->deadline <= cb->now) {
            wire_time_out(cb, i);
            return true;
        }
    }
    return false;
}

static inline void wire_pump(struct client_bed *cb)
{
    struct exchange *exchange;
    do {
        while ((exchange = client_next(cb->client, cb->now)) != NULL)
            wire_send(cb, exchange);
    } while (wire_step(cb));
}

/* Lets time pass. */
static inline void client_bed_run(struct client_bed *cb, int64_t duration)
{
    int64_t end = cb->now + duration;
    unsigned steps = 0;
    for (;;) {
        wire_pump(cb);
        int64_t due = client_due(cb->client), wire = wire_due(cb);
        due = wire < due ? wire : due;
        if (due > end)
            break;
        assert_true(++steps < 1000000); /* else it is due for ever, and does nothing */
        cb->now = due > cb->now ? due : cb->now + 1;
    }
    cb->now = end;
}

static inline void client_bed_connect(struct client_bed *cb)
{
    cb->connected = true;
    client_connected(cb->client, cb->now);
}

/* The connection ends; what is on its way is lost. */
static inline void client_bed_disconnect(struct client_bed *cb, const char *why)
{
    for (size_t i = 0; i < cb->wire_count; i++)
        if (cb->wire[i].exchange)
            client_failed(cb->client, cb->wire[i].exchange, FAILURE_LOST, why, cb->now);
    cb->wire_count = 0;
    cb->connected = false;
    client_disconnected(cb->client, why, cb->now + 500 * MS, cb->now);
}

/* ---- the program ---- */

/* A memory "plc"; declare into it, then client_bed_ready. */
static inline int client_bed_init_winning(void **state, enum winner wins)
{
    struct client_bed *cb = calloc(1, sizeof *cb);
    cb->bed.plan = plan_create("tank");
    cb->plc =
        (uint32_t)bed_memory(&cb->bed, (struct memory){.name = "plc", .client = -1, .wins = wins});
    cb->now = 1000 * (int64_t)MS;
    cb->spec = (struct client_spec){.where = "t.lua:1",
                                    .name = "10.0.0.7:502 unit 1",
                                    .host = "10.0.0.7",
                                    .port = 502,
                                    .unit = 1,
                                    .memory = cb->plc,
                                    .period = 100 * MS,
                                    .timeout = 1000 * (int64_t)MS,
                                    .depth = 1,
                                    .max_read = READ_MOST,
                                    .max_write = WRITE_MOST,
                                    .max_gap = 8};
    device_init(&cb->device);
    *state = cb;
    return 0;
}

static inline int client_bed_finish(void **state)
{
    struct client_bed *cb = *state;
    client_destroy(cb->client);
    view_destroy(cb->bed.view);
    image_destroy(cb->bed.image);
    plan_unref(cb->bed.plan);
    image_destroy(cb->device.image);
    plan_unref(cb->device.plan);
    free(cb);
    return 0;
}

static inline void client_bed_ready(struct client_bed *cb)
{
    struct error error;
    if (plan_client(cb->bed.plan, &cb->spec, &error) < 0)
        fail_msg("%s", error.text);
    bed_ready(&cb->bed);
    cb->client = client_create(cb->bed.image, 0, cb->now, &error);
    assert_non_null(cb->client);
}

static inline void client_bed_online(struct client_bed *cb)
{
    client_bed_ready(cb);
    client_bed_connect(cb);
    client_bed_run(cb, 50 * MS);
}

static inline int client_bed_init(void **state)
{
    return client_bed_init_winning(state, WINNER_DEFAULT);
}

/* The script assigns one word, and the scan ends. */
static inline void script_write(struct client_bed *cb, const char *name, uint16_t word)
{
    view_latch(cb->bed.view);
    bed_assign(&cb->bed, name, word);
    view_publish(cb->bed.view, cb->now);
}

static inline uint16_t script_read(struct client_bed *cb, const char *name)
{
    view_latch(cb->bed.view);
    return bed_value(&cb->bed, name);
}

static inline const struct mark *script_mark(struct client_bed *cb, const char *name)
{
    view_latch(cb->bed.view);
    return bed_mark(&cb->bed, name);
}

static inline struct link_status client_bed_status(struct client_bed *cb)
{
    return link_look(cb->bed.image, 0);
}

#define CLIENT_TEST(name) cmocka_unit_test_setup_teardown(name, client_bed_init, client_bed_finish)
