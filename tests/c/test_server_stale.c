/* Proves that `stale = "serve"` of a server reaches every function code that touches values:
 * without it a memory whose device was never heard answers 0B, with it the values as they are. */

#include "dial_bed.h"

#include "modbus/mbap.h"
#include "modbus/server.h"

enum { FC_COUNT = 4 };

static const uint8_t READ[] = {3, 0, 0, 0, 1};
static const uint8_t WRITE[] = {6, 0, 0, 0, 5};
static const uint8_t MASK[] = {22, 0, 1, 0, 0, 0, 7};
static const uint8_t BOTH[] = {23, 0, 0, 0, 1, 0, 2, 0, 1, 2, 0, 9};

static const struct {
    const uint8_t *bytes;
    size_t length;
} requests[FC_COUNT] = {
    {READ, sizeof READ}, {WRITE, sizeof WRITE}, {MASK, sizeof MASK}, {BOTH, sizeof BOTH}};

static void ask_all(struct dial_bed *bed, bool serve_stale)
{
    struct server_spec spec = {.where = "bed", .name = "bed", .serve_stale = serve_stale};
    struct server *server = server_create(bed->image, &spec);
    assert_int_equal(server_link(server), -1); /* none of the plan's */
    assert_ptr_equal(server_image(server), bed->image);
    for (size_t i = 0; i < FC_COUNT; i++) {
        uint8_t answer[PDU_MAX];
        server_answer(server, 1, requests[i].bytes, requests[i].length, answer, NULL, 1);
        if (serve_stale) {
            assert_int_equal(answer[0], requests[i].bytes[0]);
        } else {
            assert_int_equal(answer[0], requests[i].bytes[0] | 0x80);
            assert_int_equal(answer[1], EXCEPTION_GATEWAY_TARGET);
        }
    }
    server_destroy(server);
}

static void test_stale(void **state)
{
    (void)state;
    struct dial_bed bed;
    dial_bed_open(&bed);
    dial_bed_add(&bed, dial_spec("10.0.0.7", 502, 1));
    dial_bed_seal(&bed);
    ask_all(&bed, false);
    ask_all(&bed, true);
    dial_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stale)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
