/* Proves that what queries ask for, libmodbus does, an implementation that shares nothing with
 * ours: thousands of random requests over RTU framing, whose answers are found, judged good and
 * hold what libmodbus's memory holds; its exceptions are told from them, and its CRC is ours. */

#include "rtu_bed.h"
#include <modbus.h>
#include <sys/socket.h>
#include <unistd.h>
#include "image/exception.h"
#include "modbus/query.h"

enum { ROUNDS = 20000, BITS = 2500, WORDS = 300, UNIT = 1 };

struct oracle {
    modbus_t *modbus;
    modbus_mapping_t *mapping;
    int wire;
    struct random random;
};

static int oracle_open(void **state)
{
    struct oracle *oracle = test_calloc(1, sizeof *oracle);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    oracle->wire = ends[0];
    oracle->modbus = modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    assert_non_null(oracle->modbus);
    modbus_set_slave(oracle->modbus, UNIT);
    modbus_set_socket(oracle->modbus, ends[1]);
    modbus_set_response_timeout(oracle->modbus, 0, 1); /* it sleeps that long in some exceptions */
    oracle->mapping = modbus_mapping_new(BITS, BITS, WORDS, WORDS);
    assert_non_null(oracle->mapping);
    oracle->random.state = 21;
    for (size_t i = 0; i < BITS; i++)
        oracle->mapping->tab_input_bits[i] = (uint8_t)roll(&oracle->random, 2);
    for (size_t i = 0; i < WORDS; i++)
        oracle->mapping->tab_input_registers[i] = (uint16_t)roll(&oracle->random, 65536);
    *state = oracle;
    return 0;
}

static int oracle_close(void **state)
{
    struct oracle *oracle = *state;
    modbus_mapping_free(oracle->mapping);
    close(modbus_get_socket(oracle->modbus));
    modbus_free(oracle->modbus);
    close(oracle->wire);
    test_free(oracle);
    return 0;
}

/* libmodbus receives our frame, checks its CRC, answers; its answer is found among the bytes. */
static void ask(struct oracle *oracle, const uint8_t *pdu, size_t length, struct rtu_frame *answer)
{
    uint8_t frame[RTU_MAX], received[RTU_MAX], reply[RTU_BUFFER];
    size_t size = rtu_write(frame, UNIT, pdu, length);
    assert_int_equal(write(oracle->wire, frame, size), size);
    assert_int_equal(modbus_receive(oracle->modbus, received), size);
    assert_true(modbus_reply(oracle->modbus, received, (int)size, oracle->mapping) > 0);
    ssize_t got = recv(oracle->wire, reply, sizeof reply, MSG_DONTWAIT);
    if (got <= 0 || got > RTU_MAX)
        fail_msg("libmodbus said nothing");
    struct rtu_input input = {0};
    rtu_received(&input, reply, (size_t)got);
    assert_true(rtu_answer(&input, false, UNIT, pdu, length, answer));
    assert_int_equal(input.length, 0);
}

static enum verdict judge(const uint8_t *pdu, size_t length, const struct rtu_frame *answer,
                          uint8_t *exception)
{
    struct error error;
    enum verdict verdict = query_judge(pdu, length, answer->pdu, answer->length, exception, &error);
    if (verdict == VERDICT_WRONG)
        fail_msg("%s", error.text);
    return verdict;
}

static uint16_t held(const struct oracle *oracle, enum table table, size_t address)
{
    const modbus_mapping_t *mapping = oracle->mapping;
    switch (table) {
    case TABLE_COIL:
        return mapping->tab_bits[address];
    case TABLE_DISCRETE:
        return mapping->tab_input_bits[address];
    case TABLE_HOLDING:
        return mapping->tab_registers[address];
    default:
        return mapping->tab_input_registers[address];
    }
}

static void compare(const struct oracle *oracle, enum table table, size_t address,
                    const uint16_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(words[i], held(oracle, table, address + i));
}

/* Good when all of it lies inside, an exception 2 when not; true for good. */
static bool expect(const uint8_t *pdu, size_t length, const struct rtu_frame *answer, bool inside)
{
    uint8_t exception = 0;
    enum verdict verdict = judge(pdu, length, answer, &exception);
    assert_int_equal(verdict, inside ? VERDICT_GOOD : VERDICT_EXCEPTION);
    if (!inside)
        assert_string_equal(exception_text(exception), "illegal data address");
    return inside;
}

static bool read_some(struct oracle *oracle)
{
    enum table table = (enum table)roll(&oracle->random, 4);
    uint16_t size = table_is_bits(table) ? BITS : WORDS, words[2000];
    uint16_t count = (uint16_t)(1 + roll(&oracle->random, table_is_bits(table) ? 2000 : 125));
    uint16_t address = (uint16_t)roll(&oracle->random, size);
    uint8_t pdu[PDU_MAX];
    struct rtu_frame answer;
    size_t length = query_read(pdu, table, address, count);
    ask(oracle, pdu, length, &answer);
    if (!expect(pdu, length, &answer, address + count <= size))
        return false;
    query_words(pdu, answer.pdu, words);
    compare(oracle, table, address, words, count);
    return true;
}

static bool write_some(struct oracle *oracle)
{
    enum table table = roll(&oracle->random, 2) ? TABLE_COIL : TABLE_HOLDING;
    uint16_t size = table == TABLE_COIL ? BITS : WORDS, words[1968];
    uint16_t count = (uint16_t)(1 + roll(&oracle->random, table == TABLE_COIL ? 1968 : 123));
    uint16_t address = (uint16_t)roll(&oracle->random, size);
    if (roll(&oracle->random, 2))
        count = 1;
    for (size_t i = 0; i < count; i++)
        words[i] = (uint16_t)roll(&oracle->random, table == TABLE_COIL ? 2 : 65536);
    uint8_t pdu[PDU_MAX];
    struct rtu_frame answer;
    size_t length = count == 1 && roll(&oracle->random, 2)
                        ? query_write_one(pdu, table, address, words[0])
                        : query_write(pdu, table, address, words, count);
    ask(oracle, pdu, length, &answer);
    if (!expect(pdu, length, &answer, address + count <= size))
        return false;
    compare(oracle, table, address, words, count);
    return true;
}

static bool mask_one(struct oracle *oracle)
{
    uint16_t address = (uint16_t)roll(&oracle->random, WORDS + 20), expected = 0;
    uint16_t and_mask = (uint16_t)roll(&oracle->random, 65536);
    uint16_t or_mask = (uint16_t)roll(&oracle->random, 65536);
    if (address < WORDS)
        expected = (held(oracle, TABLE_HOLDING, address) & and_mask) | (or_mask & ~and_mask);
    uint8_t pdu[PDU_MAX];
    struct rtu_frame answer;
    size_t length = query_mask(pdu, address, and_mask, or_mask);
    ask(oracle, pdu, length, &answer);
    if (!expect(pdu, length, &answer, address < WORDS))
        return false;
    compare(oracle, TABLE_HOLDING, address, &expected, 1);
    return true;
}

static void random_queries_are_understood(void **state)
{
    struct oracle *oracle = *state;
    size_t good = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        uint32_t kind = roll(&oracle->random, 5);
        good += kind < 2 ? read_some(oracle) : kind < 4 ? write_some(oracle) : mask_one(oracle);
    }
    assert_in_range(good, ROUNDS / 2, ROUNDS * 95 / 100); /* else it is no comparison */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_queries_are_understood, oracle_open, oracle_close),
    };
    return cmocka_run_group_tests_name("query_oracle", tests, NULL, NULL);
}
