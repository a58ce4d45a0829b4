/* Proves the truth table's lines about what happens to mirrored values when something ends or takes
 * over: a lost link, masters behind a gateway, a fault, the stop, a force; and what follows a
 * mirrored value or needs it. Over the whole path: scan, image, client, device, and a master. */

#include "truth_bed.h"

static void lose(struct truth *t)
{
    client_bed_disconnect(t->cb, "connection refused");
}

static void come_back(struct truth *t)
{
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
}

/* ---- link lost ---- */

/* link lost: values hold, their quality is stale once they are old enough, and good on return. */
static void link_lost_holds(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("IN", 0, .direction = DIRECTION_IN));
    device_set(t->device, 0, 21);
    truth_online(t);
    lose(t);
    truth_run(t, 1100 * (int64_t)MS); /* of 2 periods + timeout = 1.2 s */
    assert_int_equal(truth_mark(t, "IN")->quality, QUALITY_GOOD);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_mark(t, "IN")->quality, QUALITY_STALE);
    assert_int_equal(truth_value(t, "IN"), 21);
    come_back(t);
    assert_int_equal(truth_mark(t, "IN")->quality, QUALITY_GOOD);
    assert_true(client_bed_status(t->cb).reconnected > 0);
}

/* link lost: or they take `on_loss`, until the device is back. */
static void link_lost_takes_on_loss(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("IN", 0, .direction = DIRECTION_IN, .has_on_loss = true,
                             .on_loss = INTEGER(99)));
    device_set(t->device, 0, 21);
    truth_online(t);
    lose(t);
    truth_run(t, 1300 * (int64_t)MS);
    assert_int_equal(truth_value(t, "IN"), 99);
    assert_int_equal(truth_mark(t, "IN")->quality, QUALITY_STALE);
    come_back(t);
    assert_int_equal(truth_value(t, "IN"), 21);
}

/* … and what was written before or during the loss is delivered as without it. */
static void on_loss_keeps_what_waits(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("BEFORE", 0, .has_on_loss = true, .on_loss = INTEGER(99)));
    bed_declare(t->bed, WORD("DURING", 1, .has_on_loss = true, .on_loss = INTEGER(99)));
    bed_declare(t->bed, WORD("IDLE", 2, .has_on_loss = true, .on_loss = INTEGER(99)));
    bed_declare(t->bed, WORD("SOON", 3, .has_on_loss = true, .on_loss = INTEGER(99),
                             .has_expire = true, .expire = SECONDS(1)));
    device_put(t->device, TABLE_HOLDING, 0, WORDS(21, 22), 2);
    device_put(t->device, TABLE_HOLDING, 2, WORDS(23, 24), 2);
    truth_online(t);
    lose(t);
    SCAN(t, SET("BEFORE", 7));
    truth_run(t, 1300 * (int64_t)MS);
    assert_int_equal(truth_value(t, "BEFORE"), 7);
    assert_int_equal(truth_value(t, "DURING"), 99);
    assert_int_equal(truth_value(t, "IDLE"), 99);
    SCAN(t, SET("DURING", 8), SET("SOON", 9));
    truth_run(t, 1200 * (int64_t)MS);
    assert_int_equal(truth_value(t, "SOON"), 99); /* given up: still lost */
    come_back(t);
    assert_int_equal(truth_held(t, 0), 7);
    assert_int_equal(truth_held(t, 1), 8);
    assert_int_equal(truth_value(t, "IDLE"), 23);
    assert_int_equal(truth_value(t, "SOON"), 24);
    truth_state(t, "BEFORE", DELIVERY_CONFIRMED, 0);
    truth_state(t, "DURING", DELIVERY_CONFIRMED, 0);
    truth_state(t, "SOON", DELIVERY_EXPIRED, 0);
    assert_int_equal(client_bed_status(t->cb).conflicts, 0);
}

/* What is never polled is stale with its link, and good with it. */
static void unpolled_is_good_again_with_the_link(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("A", 0));
    bed_declare(t->bed,
                WORD("SAID", 1, .unpolled = true, .has_on_loss = true, .on_loss = INTEGER(99)));
    truth_online(t);
    SCAN(t, SET("SAID", 8));
    truth_run(t, 200 * MS);
    assert_int_equal(truth_mark(t, "SAID")->quality, QUALITY_GOOD);
    lose(t);
    truth_run(t, 1500 * (int64_t)MS);
    assert_int_equal(truth_mark(t, "SAID")->quality, QUALITY_STALE);
    assert_int_equal(truth_value(t, "SAID"), 99);
    t->device->writes = 0;
    come_back(t);
    assert_int_equal(truth_mark(t, "SAID")->quality, QUALITY_GOOD);
    assert_int_equal(truth_value(t, "SAID"), 8);
    assert_int_equal(t->device->writes, 0);
}

/* an undelivered "inout" write is given up after `expire`, 5 s unless stated: the image takes what
 * was agreed, and the device never gets it. */
static void link_lost_inout_expires(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("IO", 0));
    bed_declare(t->bed, WORD("SOON", 1, .has_expire = true, .expire = SECONDS(1)));
    device_put(t->device, TABLE_HOLDING, 0, WORDS(3, 4), 2);
    truth_online(t);
    lose(t);
    SCAN(t, SET("IO", 7), SET("SOON", 8));
    truth_run(t, 1100 * (int64_t)MS);
    assert_int_equal(truth_value(t, "SOON"), 4);
    truth_run(t, 3800 * (int64_t)MS);
    assert_int_equal(truth_value(t, "IO"), 7);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_value(t, "IO"), 3);
    truth_state(t, "IO", DELIVERY_EXPIRED, 0);
    come_back(t);
    assert_int_equal(t->device->writes, 0);
    assert_int_equal(truth_held(t, 0), 3);
}

/* "out" never expires: on return the present value is sent, and only that. */
static void link_lost_out_is_sent_on_return(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("OUT", 0, .direction = DIRECTION_OUT));
    truth_online(t);
    lose(t);
    SCAN(t, SET("OUT", 7));
    truth_run(t, SECONDS(30));
    SCAN(t, SET("OUT", 8));
    truth_run(t, SECONDS(30));
    assert_int_equal(truth_value(t, "OUT"), 8);
    t->device->lose_answers = 1; /* nothing is written before it was heard again */
    client_bed_connect(t->cb);
    truth_run(t, 900 * MS);
    assert_int_equal(t->device->writes, 0);
    truth_run(t, 200 * MS);
    assert_int_equal(truth_held(t, 0), 8);
    assert_int_equal(t->device->writes, 1);
    lose(t);
    device_set(t->device, 0, 0); /* it was restarted */
    truth_run(t, SECONDS(3));
    come_back(t);
    assert_int_equal(truth_held(t, 0), 8);
}

/* ---- gateway ---- */

/* gateway: "in" belongs to the device, and "out" to the program: 02; "inout" is forwarded. */
static void gateway_forwards_inout_only(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("IO", 0));
    bed_declare(t->bed, WORD("IN", 1, .direction = DIRECTION_IN));
    bed_declare(t->bed, WORD("OUT", 2, .direction = DIRECTION_OUT));
    truth_online(t);
    assert_int_equal(master_write(t, 1, 7, false), EXCEPTION_ADDRESS);
    assert_int_equal(master_write(t, 2, 7, false), EXCEPTION_ADDRESS);
    assert_int_equal(image_set(t->bed->image, bed_point(t->bed, "IN"), WORDS(7), NULL, t->cb->now),
                     EXCEPTION_ADDRESS);
    assert_int_equal(master_write(t, 0, 7, false), EXCEPTION_NONE);
    truth_run(t, 5 * MS);
    assert_int_equal(truth_held(t, 0), 7);
    assert_int_equal(t->device->writes, 1);
    assert_int_equal(truth_value(t, "IO"), 7);
}

/* while the client is offline a write gets 0B at once, a read once it touches what is stale. */
static void gateway_offline(void **state)
{
    struct truth *t = *state;
    uint16_t words[2];
    bed_declare(t->bed, WORD("IO", 0));
    bed_declare(t->bed, WORD("IN", 1, .direction = DIRECTION_IN));
    device_set(t->device, 1, 21);
    truth_begin(t);
    assert_int_equal(master_read(t, 0, 2, words, false), EXCEPTION_GATEWAY_TARGET); /* never */
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    lose(t);
    assert_int_equal(master_write(t, 0, 7, false), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(master_write(t, 1, 7, false), EXCEPTION_ADDRESS);
    assert_int_equal(master_read(t, 1, 1, words, false), EXCEPTION_NONE);
    truth_run(t, SECONDS(2));
    assert_int_equal(master_read(t, 1, 1, words, false), EXCEPTION_GATEWAY_TARGET);
    assert_int_equal(truth_value(t, "IO"), 0);
    come_back(t);
    assert_int_equal(t->device->writes, 0);
    assert_int_equal(master_read(t, 0, 2, words, false), EXCEPTION_NONE);
    assert_int_equal(words[1], 21);
}

/* `stale = "serve"` answers both, and what was written is delivered on return. */
static void gateway_serves_stale(void **state)
{
    struct truth *t = *state;
    uint16_t word;
    bed_declare(t->bed, WORD("IO", 0));
    bed_declare(t->bed, WORD("IN", 1, .direction = DIRECTION_IN));
    device_set(t->device, 1, 21);
    truth_online(t);
    lose(t);
    truth_run(t, SECONDS(2));
    assert_int_equal(master_read(t, 1, 1, &word, true), EXCEPTION_NONE);
    assert_int_equal(word, 21);
    assert_int_equal(master_write(t, 1, 7, true), EXCEPTION_ADDRESS);
    assert_int_equal(master_write(t, 0, 7, true), EXCEPTION_NONE);
    truth_run(t, SECONDS(2));
    come_back(t);
    assert_int_equal(truth_held(t, 0), 7);
}

/* ---- fault and stop ---- */

static void declare_safe(struct truth *t)
{
    bed_declare(t->bed, WORD("FREE", 0));
    bed_declare(t->bed, WORD("VALVE", 1, SAFE(5)));
    bed_declare(t->bed, WORD("SPEED", 2, SAFE(6), .direction = DIRECTION_INOUT));
    truth_online(t);
    SCAN(t, SET("FREE", 20), SET("VALVE", 20), SET("SPEED", 20));
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 2), 20);
}

/* fault: the scan publishes nothing, the safe values reach the device, masters get 04 or 02, and
 * the link goes on in both directions. */
static void fault_is_safe_at_the_device(void **state)
{
    struct truth *t = *state;
    uint16_t word;
    declare_safe(t);
    t->breaks = true;
    SCAN(t, SET("FREE", 99), SET("VALVE", 99));
    assert_int_equal(t->faults, 1);
    truth_run(t, 100 * MS);
    assert_int_equal(truth_held(t, 0), 20);
    assert_int_equal(truth_held(t, 1), 5);
    assert_int_equal(truth_held(t, 2), 6);
    assert_int_equal(master_write(t, 1, 7, false), EXCEPTION_ADDRESS);
    assert_int_equal(master_write(t, 2, 7, false), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(master_write(t, 0, 7, false), EXCEPTION_NONE);
    truth_run(t, 20 * MS);
    assert_int_equal(truth_held(t, 0), 7);
    device_set(t->device, 0, 8);
    device_set(t->device, 1, 50); /* out: safe again */
    truth_run(t, 300 * MS);
    assert_int_equal(master_read(t, 0, 1, &word, false), EXCEPTION_NONE);
    assert_int_equal(word, 8);
    assert_int_equal(truth_held(t, 1), 5);
}

/* stop: safe values are published and delivered; what a dead device did not get can be named. */
static void stop_delivers_safe_values(void **state)
{
    struct truth *t = *state;
    uint32_t points[8];
    declare_safe(t);
    scan_stop(t->scan, (struct instant){t->cb->now, 0});
    assert_int_equal(mirror_pending(t->bed->image, false, points, 8), 2);
    truth_run(t, 20 * MS);
    assert_int_equal(mirror_pending(t->bed->image, false, points, 8), 0);
    assert_int_equal(truth_held(t, 0), 20);
    assert_int_equal(truth_held(t, 1), 5);
    assert_int_equal(truth_held(t, 2), 6);
}

static void stop_knows_what_was_not_delivered(void **state)
{
    struct truth *t = *state;
    uint32_t points[8];
    bed_declare(t->bed, WORD("VALVE", 1, SAFE(5)));
    truth_online(t);
    SCAN(t, SET("VALVE", 20));
    truth_run(t, 50 * MS);
    t->device->dead = true;
    scan_stop(t->scan, (struct instant){t->cb->now, 0});
    truth_run(t, SECONDS(2));
    assert_int_equal(mirror_pending(t->bed->image, false, points, 8), 1);
    assert_int_equal(points[0], bed_point(t->bed, "VALVE"));
}

/* ---- force ---- */

/* force: "out" and "inout" reach the device, "in" only the script; what was written beneath them is
 * restored and reaches the device in turn. */
static void force_reaches_the_device(void **state)
{
    struct truth *t = *state;
    bed_declare(t->bed, WORD("IN", 0, .direction = DIRECTION_IN));
    bed_declare(t->bed, WORD("OUT", 3, .direction = DIRECTION_OUT));
    bed_declare(t->bed, WORD("IO", 6));
    device_set(t->device, 0, 21);
    truth_online(t);
    static const char *const names[] = {"IN", "OUT", "IO"};
    for (int i = 0; i < 3; i++)
        image_force(t->bed->image, bed_point(t->bed, names[i]), WORDS(99), NULL, t->cb->now);
    truth_run(t, 50 * MS);
    for (int i = 0; i < 3; i++)
        assert_int_equal(truth_value(t, names[i]), 99);
    assert_int_equal(truth_held(t, 0), 21);
    assert_int_equal(truth_held(t, 3), 99);
    assert_int_equal(truth_held(t, 6), 99);
    device_set(t->device, 6, 50); /* the force is for the device, too */
    truth_run(t, 300 * MS);
    assert_int_equal(truth_held(t, 6), 99);
    device_set(t->device, 0, 22);
    SCAN(t, SET("OUT", 7));
    assert_int_equal(master_write(t, 6, 8, false), EXCEPTION_NONE);
    truth_run(t, 300 * MS);
    assert_int_equal(truth_held(t, 3), 99);
    assert_int_equal(truth_held(t, 6), 99);
    for (int i = 0; i < 3; i++)
        image_unforce(t->bed->image, bed_point(t->bed, names[i]), true, NULL, t->cb->now);
    truth_run(t, 300 * MS);
    assert_int_equal(truth_value(t, "IN"), 22);
    assert_int_equal(truth_held(t, 3), 7);
    assert_int_equal(truth_held(t, 6), 8);
}

/* the stop does not lift it: force over safe, at the device too. */
static void force_stays_at_the_stop(void **state)
{
    struct truth *t = *state;
    declare_safe(t);
    image_force(t->bed->image, bed_point(t->bed, "VALVE"), WORDS(99), NULL, t->cb->now);
    truth_run(t, 50 * MS);
    scan_stop(t->scan, (struct instant){t->cb->now, 0});
    truth_run(t, 50 * MS);
    assert_int_equal(truth_held(t, 1), 99);
    assert_int_equal(truth_held(t, 2), 6);
}

/* ---- what depends on it ---- */

/* `from`: value and quality of a mirrored variable come with the same scan that sees them, also
 * when they turn stale. */
static void followers_have_value_and_quality(void **state)
{
    struct truth *t = *state;
    uint32_t memory = (uint32_t)bed_memory(t->bed, (struct memory){.name = "mem", .client = -1});
    bed_declare(t->bed, WORD("POWER", 0, .direction = DIRECTION_IN));
    bed_declare(t->bed, WORD("SHOWN", 0, .memory = memory, .from = "plc.POWER"));
    device_set(t->device, 0, 21);
    truth_begin(t);
    assert_int_equal(truth_mark(t, "SHOWN")->quality, QUALITY_NEVER);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    assert_int_equal(truth_value(t, "SHOWN"), 21);
    assert_int_equal(truth_mark(t, "SHOWN")->quality, QUALITY_GOOD);
    lose(t);
    truth_run(t, SECONDS(2));
    assert_int_equal(truth_value(t, "SHOWN"), 21);
    assert_int_equal(truth_mark(t, "SHOWN")->quality, QUALITY_STALE);
    uint16_t word;
    struct request request = {.memory = memory, .read = {TABLE_HOLDING, 0, 1, &word}};
    assert_int_equal(image_request(t->bed->image, &request, t->cb->now), EXCEPTION_GATEWAY_TARGET);
}

/* `needs`: the task runs only while the memory is good. */
static void needs_hold_the_task(void **state)
{
    struct truth *t = *state;
    static const uint32_t needs[] = {0};
    bed_declare(t->bed, WORD("A", 0));
    t->needs = needs;
    t->need_count = 1;
    truth_begin(t);
    truth_run(t, 100 * MS);
    assert_int_equal(t->runs, 0);
    client_bed_connect(t->cb);
    truth_run(t, 100 * MS);
    assert_in_range(t->runs, 8, 11);
    lose(t);
    unsigned before = t->runs;
    truth_run(t, 100 * MS);
    assert_int_equal(t->runs, before);
    come_back(t);
    assert_true(t->runs > before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUTH_TEST(link_lost_holds),
        TRUTH_TEST(link_lost_takes_on_loss),
        TRUTH_TEST(on_loss_keeps_what_waits),
        TRUTH_TEST(unpolled_is_good_again_with_the_link),
        TRUTH_TEST(link_lost_inout_expires),
        TRUTH_TEST(link_lost_out_is_sent_on_return),
        TRUTH_TEST(gateway_forwards_inout_only),
        TRUTH_TEST(gateway_offline),
        TRUTH_TEST(gateway_serves_stale),
        TRUTH_TEST(fault_is_safe_at_the_device),
        TRUTH_TEST(stop_delivers_safe_values),
        TRUTH_TEST(stop_knows_what_was_not_delivered),
        TRUTH_TEST(force_reaches_the_device),
        TRUTH_TEST(force_stays_at_the_stop),
        TRUTH_TEST(followers_have_value_and_quality),
        TRUTH_TEST(needs_hold_the_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
