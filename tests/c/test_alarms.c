/* Proves that rows of alarms and what happens to them arrive whole at those who look on, that what
 * finds no room is counted, and how alarms are summed. */

#include "image/alarm_events.h"
#include "image/alarms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct alarms *make(size_t count)
{
    struct error error;
    struct alarms *alarms = alarms_create(count, &error);
    assert_non_null(alarms);
    return alarms;
}

static void put(struct alarms *alarms, size_t index, const char *state, unsigned priority,
                bool active)
{
    struct alarm_row row;
    memset(&row, 0, sizeof row);
    snprintf(row.name, sizeof row.name, "A%zu", index);
    snprintf(row.state, sizeof row.state, "%s", state);
    row.priority = (uint8_t)priority;
    row.active = active;
    alarms_put(alarms, index, &row);
}

static void each_change_has_a_version_of_its_own(void **state)
{
    struct alarms *alarms = make(2);
    struct alarm_row row;
    (void)state;
    uint64_t first = alarms_version(alarms);
    put(alarms, 1, "normal", 3, false);
    assert_int_not_equal(alarms_version(alarms), first);
    uint64_t second = alarms_version(alarms);
    put(alarms, 1, "normal", 3, false);
    assert_int_equal(alarms_version(alarms), second);
    put(alarms, 2, "normal", 3, false); /* beyond the end */
    assert_int_equal(alarms_version(alarms), second);
    alarms_get(alarms, 1, &row);
    assert_string_equal(row.name, "A1");
    alarms_destroy(alarms);
}

static void hidden_ones_are_counted_apart(void **state)
{
    struct alarms *alarms = make(6);
    (void)state;
    put(alarms, 0, "unacknowledged", 1, true);
    put(alarms, 1, "returned", 1, false);
    put(alarms, 2, "acknowledged", 2, true);
    put(alarms, 3, "shelved", 2, true);
    put(alarms, 4, "out of service", 4, true);
    put(alarms, 5, "normal", 4, false);
    struct alarm_counts counts = alarms_sum(alarms);
    assert_memory_equal(counts.unacknowledged, ((unsigned[]){2, 0, 0, 0}),
                        sizeof counts.unacknowledged);
    assert_memory_equal(counts.active, ((unsigned[]){1, 1, 0, 0}), sizeof counts.active);
    assert_int_equal(counts.shelved, 2);
    for (size_t i = 0; i < 6; i++)
        put(alarms, i, "normal", 4, false);
    counts = alarms_sum(alarms);
    assert_memory_equal(&counts, &(struct alarm_counts){.shelved = 0}, sizeof counts);
    alarms_destroy(alarms);
}

static void there_may_be_none(void **state)
{
    (void)state;
    assert_int_equal(alarms_count(NULL), 0);
    assert_int_equal(alarms_version(NULL), 0);
    assert_int_equal(alarms_sum(NULL).shelved, 0);
    alarms_destroy(NULL);
}

static void events_come_in_their_order_and_lost_ones_are_counted(void **state)
{
    enum { MANY = 10000 };
    struct error error;
    struct alarm_events *events = alarm_events_create(&error);
    struct alarm_event event;
    uint64_t lost, taken = 0;
    (void)state;
    memset(&event, 0, sizeof event);
    for (int i = 0; i < MANY; i++) {
        event.time = i;
        alarm_events_put(events, &event);
    }
    while (alarm_events_take(events, &event, &lost)) {
        assert_int_equal(event.time, taken);
        if (taken++ == 0)
            assert_true(lost > 0);
        else
            assert_int_equal(lost, 0);
    }
    assert_true(taken > 100 && taken < MANY);
    alarm_events_put(NULL, &event);
    alarm_events_destroy(events);
    alarm_events_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_has_a_version_of_its_own),
        cmocka_unit_test(hidden_ones_are_counted_apart),
        cmocka_unit_test(there_may_be_none),
        cmocka_unit_test(events_come_in_their_order_and_lost_ones_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
