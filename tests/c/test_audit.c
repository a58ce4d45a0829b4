/* Proves that what is done to memory from outside is written down by point, with what was there
 * before and after and by whom; that the ring gives it out in order, counts what found no room, and
 * keeps plans alive as long as it names their points. */

#include "image_help.h"
#include "image/audit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static const struct origin master = {.peer = "10.0.0.5:49152", .unit = 3, .function = 16};

struct log {
    struct audit *audit;
    struct bed *bed;
    uint64_t lost;
    struct audit_entry entry;
};

static int log_init(void **state)
{
    struct error error;
    struct log *log = calloc(1, sizeof *log);
    void *bed;
    bed_init(&bed);
    log->bed = bed;
    log->audit = audit_create(&error);
    *state = log;
    return 0;
}

static int log_finish(void **state)
{
    struct log *log = *state;
    void *bed = log->bed;
    audit_destroy(log->audit);
    bed_finish(&bed);
    free(log);
    return 0;
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, log_init, log_finish)

static void ready(struct log *log)
{
    bed_ready(log->bed);
    image_share(log->bed->image, NULL, log->audit);
}

/* The bed holds the plan, too, so the entry's own reference can go at once. */
static const struct audit_entry *take(struct log *log)
{
    if (!audit_take(log->audit, &log->entry, &log->lost))
        return NULL;
    plan_unref(log->entry.plan);
    return &log->entry;
}

static void expect_point(struct log *log, enum audit_kind kind, const char *name, uint16_t before,
                         uint16_t after)
{
    const struct audit_entry *entry = take(log);
    assert_non_null(entry);
    assert_int_equal(entry->kind, kind);
    assert_ptr_equal(entry->plan, log->bed->plan);
    assert_int_equal(entry->point, bed_point(log->bed, name));
    assert_int_equal(entry->before[0], before);
    assert_int_equal(entry->after[0], after);
    assert_string_equal(entry->origin.peer, master.peer);
    assert_int_equal(entry->origin.unit, 3);
    assert_int_equal(entry->origin.function, 16);
    assert_string_equal(entry->text, "");
    assert_true(entry->time > INT64_C(1600000000) * 1000000000);
}

static enum exception write_as(struct log *log, const struct origin *origin, uint16_t address,
                               uint16_t count, const uint16_t *words)
{
    struct request request = {.origin = origin,
                              .write = {TABLE_HOLDING, address, count, words, false}};
    return image_request(log->bed->image, &request, BED_NOW);
}

/* ---- what is done to memory ---- */

static void each_point_of_a_request_is_an_entry(void **state)
{
    struct log *log = *state;
    bed_declare(log->bed, WORD("A", 0, DEFAULT(4)));
    bed_declare(log->bed, WIDE("B", 1));
    bed_declare(log->bed, BYTE("LOW", 3, 0));
    bed_declare(log->bed, BYTE("HIGH", 3, 8));
    ready(log);
    assert_int_equal(write_as(log, &master, 0, 4, WORDS(5, 6, 7, 0x0809)), EXCEPTION_NONE);
    expect_point(log, AUDIT_WRITE, "A", 4, 5);
    expect_point(log, AUDIT_WRITE, "B", 0, 6);
    assert_int_equal(log->entry.after[1], 7);
    expect_point(log, AUDIT_WRITE, "LOW", 0, 0x09);
    expect_point(log, AUDIT_WRITE, "HIGH", 0, 0x0800);
    assert_null(take(log));
}

static void what_begins_before_the_write_is_whole(void **state)
{
    struct log *log = *state;
    bed_declare(log->bed, WIDE("A", 0, .partial = true));
    ready(log);
    assert_int_equal(write_as(log, &master, 0, 2, WORDS(1, 2)), EXCEPTION_NONE);
    assert_non_null(take(log));
    assert_int_equal(write_as(log, &master, 1, 1, WORDS(3)), EXCEPTION_NONE);
    expect_point(log, AUDIT_WRITE, "A", 1, 1);
    assert_int_equal(log->entry.before[1], 2);
    assert_int_equal(log->entry.after[1], 3);
}

static void nobodys_writes_are_not_written_down(void **state)
{
    struct log *log = *state;
    bed_declare(log->bed, WORD("A", 0, RANGE(0, 9)));
    bed_declare(log->bed, WORD("OURS", 1, .direction = DIRECTION_OUT));
    ready(log);
    assert_int_equal(write_as(log, NULL, 0, 1, WORDS(5)), EXCEPTION_NONE);
    assert_int_equal(write_as(log, &master, 0, 1, WORDS(10)), EXCEPTION_VALUE);
    assert_int_equal(write_as(log, &master, 1, 1, WORDS(1)), EXCEPTION_ADDRESS);
    bed_assign(log->bed, "OURS", 3);
    bed_publish(log->bed);
    assert_null(take(log));
}

static void the_same_value_is_no_change(void **state)
{
    struct log *log = *state;
    bed_declare(log->bed, WORD("A", 0));
    bed_declare(log->bed, WORD("B", 1));
    ready(log);
    assert_int_equal(write_as(log, &master, 0, 2, WORDS(0, 1)), EXCEPTION_NONE);
    expect_point(log, AUDIT_WRITE, "B", 0, 1);
    assert_null(take(log));
    audit_set_level(log->audit, AUDIT_ALL);
    assert_int_equal(write_as(log, &master, 0, 2, WORDS(0, 1)), EXCEPTION_NONE);
    expect_point(log, AUDIT_WRITE, "A", 0, 0);
    expect_point(log, AUDIT_WRITE, "B", 1, 1);
    audit_set_level(log->audit, AUDIT_OFF);
    assert_false(audit_wants(log->audit));
    assert_int_equal(write_as(log, &master, 0, 2, WORDS(7, 7)), EXCEPTION_NONE);
    audit_note(log->audit, AUDIT_START, NULL, "started");
    assert_null(take(log));
}

static void set_force_and_release_are_kinds(void **state)
{
    struct log *log = *state;
    bed_declare(log->bed, WORD("A", 0));
    ready(log);
    struct image *image = log->bed->image;
    image_set(image, 0, WORDS(5), &master, BED_NOW);
    image_force(image, 0, WORDS(9), &master, BED_NOW);
    image_force(image, 0, WORDS(9), &master, BED_NOW);
    image_set(image, 0, WORDS(6), &master, BED_NOW); /* beneath: it comes back below */
    image_set(image, 0, WORDS(6), &master, BED_NOW); /* and is no change */
    image_unforce(image, 0, true, &master, BED_NOW);
    image_unforce(image, 0, true, &master, BED_NOW); /* was not forced any more */
    image_force(image, 0, WORDS(1), NULL, BED_NOW);
    expect_point(log, AUDIT_SET, "A", 0, 5);
    expect_point(log, AUDIT_FORCE, "A", 5, 9);
    expect_point(log, AUDIT_FORCE, "A", 9, 9);
    expect_point(log, AUDIT_SET, "A", 5, 6);
    expect_point(log, AUDIT_UNFORCE, "A", 9, 6);
    assert_null(take(log));
}

static void names_have_their_own_bits(void **state)
{
    struct log *log = *state;
    bed_declare(log->bed, BIT("BIT", 0, 3));
    bed_declare(log->bed, BIT("OTHER", 0, 4));
    ready(log);
    image_force(log->bed->image, bed_point(log->bed, "OTHER"), WORDS(1 << 4), NULL, BED_NOW);
    image_set(log->bed->image, bed_point(log->bed, "BIT"), WORDS(1 << 3), &master, BED_NOW);
    expect_point(log, AUDIT_SET, "BIT", 0, 1 << 3);
    assert_null(take(log));
}

/* ---- the ring ---- */

static void notes_have_a_text(void **state)
{
    struct log *log = *state;
    char longest[400];
    memset(longest, 'x', sizeof longest);
    longest[399] = '\0';
    audit_note(log->audit, AUDIT_RELOAD, &master, "%s: %d", "reload", 7);
    audit_note(log->audit, AUDIT_START, NULL, "%s", longest);
    audit_note(NULL, AUDIT_START, NULL, "nobody listens");
    const struct audit_entry *entry = take(log);
    assert_int_equal(entry->kind, AUDIT_RELOAD);
    assert_string_equal(entry->text, "reload: 7");
    assert_string_equal(entry->origin.peer, master.peer);
    assert_null(entry->plan);
    entry = take(log);
    assert_int_equal(strlen(entry->text), AUDIT_TEXT_MAX - 1);
    assert_string_equal(entry->origin.peer, "");
    assert_null(take(log));
}

static void what_finds_no_room_is_counted(void **state)
{
    struct log *log = *state;
    unsigned put = 20000, got = 0;
    for (unsigned i = 0; i < put; i++)
        audit_note(log->audit, AUDIT_WRITE, &master, "%u", i);
    uint64_t lost = 0;
    char text[16];
    for (const struct audit_entry *entry; (entry = take(log)); got++) {
        lost += log->lost;
        snprintf(text, sizeof text, "%u", got);
        assert_string_equal(entry->text, text); /* the oldest ones, without a gap */
    }
    assert_true(got > 3000);
    assert_int_equal(got + lost, put);
    audit_note(log->audit, AUDIT_STOP, NULL, "again");
    assert_non_null(take(log));
    assert_int_equal(log->lost, 0);
}

/* Entries of all lengths, so that every one of them once lies across the ring's end. */
static void the_ring_turns_without_a_seam(void **state)
{
    struct log *log = *state;
    char text[AUDIT_TEXT_MAX];
    unsigned put = 0, got = 0;
    for (unsigned round = 0; round < 30000; round++) {
        memset(text, 'a' + put % 26, sizeof text);
        audit_note(log->audit, AUDIT_WRITE, &master, "%.*s", (int)(put % 250), text);
        put++;
        if (round < 50)
            continue;
        const struct audit_entry *entry = take(log);
        assert_int_equal(strlen(entry->text), got % 250);
        if (got % 250)
            assert_int_equal(entry->text[got % 250 - 1], 'a' + got % 26);
        got++;
    }
    assert_int_equal(log->lost, 0);
}

static void an_entry_keeps_its_plan(void **state)
{
    struct log *log = *state;
    struct audit_entry entry;
    bed_declare(log->bed, WORD("KEPT", 0));
    ready(log);
    image_set(log->bed->image, 0, WORDS(5), &master, BED_NOW);
    image_set(log->bed->image, 0, WORDS(6), &master, BED_NOW); /* destroy gives this one back */
    void *bed = log->bed;
    bed_finish(&bed);
    assert_true(audit_take(log->audit, &entry, &log->lost));
    assert_string_equal(entry.plan->variables[entry.plan->points[entry.point].variable]->name,
                        "KEPT");
    plan_unref(entry.plan);
    bed_init(&bed);
    log->bed = bed;
}

static void count_wake(void *context)
{
    ++*(unsigned *)context;
}

static void it_wakes_when_it_is_no_longer_empty(void **state)
{
    struct log *log = *state;
    unsigned wakes = 0;
    audit_note(log->audit, AUDIT_START, NULL, "before anybody listened");
    audit_attach(log->audit, count_wake, &wakes);
    assert_int_equal(wakes, 1);
    audit_note(log->audit, AUDIT_WRITE, NULL, "second");
    assert_int_equal(wakes, 1);
    while (take(log))
        continue;
    audit_note(log->audit, AUDIT_WRITE, NULL, "third");
    assert_int_equal(wakes, 2);
    while (take(log))
        continue;
    audit_attach(log->audit, NULL, NULL);
    audit_note(log->audit, AUDIT_WRITE, NULL, "fourth");
    assert_int_equal(wakes, 2);
}

/* ---- several at once ---- */

enum { WRITERS = 3, WRITES = 20000 };

struct crowd {
    struct log *log;
    atomic_uint next;
};

static void *write_many(void *context)
{
    struct crowd *crowd = context;
    uint16_t address = (uint16_t)atomic_fetch_add(&crowd->next, 1);
    for (unsigned i = 1; i <= WRITES; i++)
        write_as(crowd->log, &master, address, 1, WORDS((uint16_t)i));
    return NULL;
}

/* Of each writer the entries come in its order, and none that was not counted is missing. */
static void writers_do_not_mix(void **state)
{
    struct log *log = *state;
    struct crowd crowd = {.log = log};
    pthread_t threads[WRITERS];
    uint16_t seen[WRITERS] = {0};
    uint64_t count = 0, lost = 0;
    bed_declare(log->bed, WORD("A", 0, .count = WRITERS));
    ready(log);
    for (int i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_many, &crowd);
    for (const struct audit_entry *entry; count + lost < WRITERS * WRITES;) {
        if (!(entry = take(log))) {
            lost += log->lost;
            continue;
        }
        lost += log->lost;
        count++;
        assert_true(entry->point < WRITERS);
        assert_true(entry->after[0] > seen[entry->point]);
        assert_int_equal((uint16_t)(entry->before[0] + 1), entry->after[0]);
        seen[entry->point] = entry->after[0];
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_null(take(log));
    assert_int_equal(log->lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(each_point_of_a_request_is_an_entry),
        LOG_TEST(what_begins_before_the_write_is_whole),
        LOG_TEST(nobodys_writes_are_not_written_down),
        LOG_TEST(the_same_value_is_no_change),
        LOG_TEST(set_force_and_release_are_kinds),
        LOG_TEST(names_have_their_own_bits),
        LOG_TEST(notes_have_a_text),
        LOG_TEST(what_finds_no_room_is_counted),
        LOG_TEST(the_ring_turns_without_a_seam),
        LOG_TEST(an_entry_keeps_its_plan),
        LOG_TEST(it_wakes_when_it_is_no_longer_empty),
        LOG_TEST(writers_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
