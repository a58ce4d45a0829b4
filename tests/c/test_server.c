/* Proves that a server finds the memory behind each of the 256 unit ids, says 0A for the others
 * whatever they were asked, says of itself what it is, and
 * names who asked in the audit log. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "image/audit.h"
#include "modbus/mbap.h"
#include "modbus_bed.h"

static int open_bed(void **state)
{
    *state = calloc(1, sizeof(struct bed));
    bed_open(*state);
    return 0;
}

static int close_bed(void **state)
{
    bed_close(*state);
    free(*state);
    return 0;
}

static void units_reach_their_memories(void **state)
{
    struct bed *bed = *state;
    uint8_t answer[PDU_MAX];
    static const uint8_t write[] = {6, 0, OWN_FREE, 0x12, 0x34}, read[] = {3, 0, OWN_FREE, 0, 1};
    static const uint8_t last[] = {3, 0xFF, 0xFF, 0, 1};
    assert_int_equal(server_answer(bed->server, 3, write, 5, answer, NULL, 2), 5);
    assert_int_equal(server_answer(bed->server, 3, read, 5, answer, NULL, 2), 4);
    assert_int_equal(answer[2] << 8 | answer[3], 0x1234);
    assert_int_equal(server_answer(bed->server, 1, read, 5, answer, NULL, 2), 4);
    assert_int_equal(answer[2] << 8 | answer[3], 0);
    assert_int_equal(server_answer(bed->server, 2, last, 5, answer, NULL, 2), 4);
    assert_int_equal(server_answer(bed->server, 1, last, 5, answer, NULL, 2), 2);
    assert_int_equal(answer[1], 2);
}

static void other_units_are_0a(void **state)
{
    struct bed *bed = *state;
    for (unsigned unit = 0; unit < 256; unit++) {
        if (unit >= 1 && unit <= 3)
            continue;
        for (unsigned code = 0; code < 256; code++) {
            uint8_t request[] = {(uint8_t)code, 0, 0, 0, 1}, answer[PDU_MAX];
            assert_int_equal(
                server_answer(bed->server, (uint8_t)unit, request, sizeof request, answer, NULL, 2),
                2);
            assert_int_equal(answer[0], code | 0x80);
            assert_int_equal(answer[1], 0x0A);
        }
    }
}

static void without_a_unit_all_are_answered(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < UNIT_IDS; i++)
        bed->spec.memory_of[i] = BED_MEM;
    static const uint8_t read[] = {3, 0, 0, 0, 1};
    uint8_t answer[PDU_MAX];
    for (unsigned unit = 0; unit < 256; unit++)
        assert_int_equal(server_answer(bed->server, (uint8_t)unit, read, 5, answer, NULL, 2), 4);
}

static void read_only_is_the_servers(void **state)
{
    struct bed *bed = *state;
    bed->spec.read_only = true;
    static const uint8_t write[] = {6, 0, 0, 0, 1};
    uint8_t answer[PDU_MAX];
    assert_int_equal(server_answer(bed->server, 1, write, 5, answer, NULL, 2), 2);
    assert_int_equal(answer[0], 0x86);
    assert_int_equal(answer[1], 1);
}

static struct audit_entry taken(struct audit *audit)
{
    struct audit_entry entry;
    uint64_t lost;
    assert_true(audit_take(audit, &entry, &lost));
    plan_unref(entry.plan);
    return entry;
}

static void the_audit_log_names_who_asked(void **state)
{
    struct bed *bed = *state;
    struct error error;
    struct origin origin = {.peer = "10.0.0.5:49152"};
    static const uint8_t write[] = {6, 0, OWN_FREE, 0x12, 0x34};
    uint8_t answer[PDU_MAX];
    struct audit *audit = audit_create(&error);
    assert_non_null(audit);
    image_share(bed->image, NULL, audit);
    audit_set_level(audit, AUDIT_ALL);
    server_answer(bed->server, 3, write, sizeof write, answer, &origin, 2);
    struct audit_entry entry = taken(audit);
    assert_int_equal(entry.kind, AUDIT_WRITE);
    assert_string_equal(entry.origin.peer, "10.0.0.5:49152");
    assert_int_equal(entry.origin.unit, 3);
    assert_int_equal(entry.origin.function, 6);
    bed->spec.read_only = true;
    server_answer(bed->server, 3, write, sizeof write, answer, &origin, 2);
    entry = taken(audit);
    assert_int_equal(entry.kind, AUDIT_REFUSED);
    assert_string_equal(entry.origin.peer, "10.0.0.5:49152");
    assert_int_equal(entry.origin.function, 6);
    assert_non_null(strstr(entry.text, "is read_only"));
    image_share(bed->image, NULL, NULL);
    audit_destroy(audit);
}

static void it_says_what_it_is(void **state)
{
    struct bed *bed = *state;
    static const uint8_t who[] = {17}, application[] = {43, 14, 4, 6};
    uint8_t answer[PDU_MAX + 1];
    size_t length = server_answer(bed->server, 1, who, 1, answer, NULL, 2);
    answer[length] = 0;
    assert_string_equal((char *)answer + 4, "msm " MSM_VERSION " bed");
    length = server_answer(bed->server, 1, application, 4, answer, NULL, 2);
    answer[length] = 0;
    assert_string_equal((char *)answer + 9, "bed");
}

static void nothing_can_be_destroyed(void **state)
{
    struct bed *bed = *state;
    assert_ptr_equal(server_spec(bed->server), &bed->spec);
    server_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(units_reach_their_memories),      TEST(other_units_are_0a),
        TEST(without_a_unit_all_are_answered), TEST(read_only_is_the_servers),
        TEST(the_audit_log_names_who_asked),   TEST(it_says_what_it_is),
        TEST(nothing_can_be_destroyed),
    };
    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
