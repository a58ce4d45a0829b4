/* Proves that our answers to random requests, valid and not, are byte for byte those of libmodbus,
 * an implementation that shares nothing with ours; after them both memories hold the same. Where
 * libmodbus departs from the protocol, the request is not compared, and the reason stands at
 * `libmodbus_is_wrong`. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <modbus.h>
#include <sys/socket.h>
#include <unistd.h>
#include "modbus/bytes.h"
#include "modbus/mbap.h"
#include "modbus/pdu.h"
#include "modbus_bed.h"

enum { ROUNDS = 40000, SEED = 20240607 };

struct pair {
    struct bed bed;
    modbus_t *oracle;
    modbus_mapping_t *mapping;
    int wire;
    uint32_t random;
};

static uint32_t roll(struct pair *pair, uint32_t sides)
{
    pair->random = pair->random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(pair->random >> 4) * sides >> 28);
}

static int pair_open(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    bed_open(&pair->bed);
    pair->random = SEED;
    pair->wire = ends[0];
    pair->oracle = modbus_new_tcp("127.0.0.1", 1502);
    assert_non_null(pair->oracle);
    modbus_set_socket(pair->oracle, ends[1]);
    modbus_set_response_timeout(pair->oracle, 0, 1); /* it sleeps that long in some exceptions */
    pair->mapping = modbus_mapping_new(BED_BITS, BED_BITS, BED_WORDS, BED_WORDS);
    assert_non_null(pair->mapping);
    *state = pair;
    return 0;
}

static int pair_close(void **state)
{
    struct pair *pair = *state;
    modbus_mapping_free(pair->mapping);
    modbus_close(pair->oracle);
    modbus_free(pair->oracle);
    close(pair->wire);
    bed_close(&pair->bed);
    free(pair);
    return 0;
}

static void fill_inputs(struct pair *pair)
{
    uint16_t bits[BED_BITS], words[BED_WORDS];
    for (size_t i = 0; i < BED_BITS; i++) {
        bits[i] = (uint16_t)roll(pair, 2);
        pair->mapping->tab_input_bits[i] = (uint8_t)bits[i];
    }
    for (size_t i = 0; i < BED_WORDS; i++) {
        words[i] = (uint16_t)roll(pair, 65536);
        pair->mapping->tab_input_registers[i] = words[i];
    }
    bed_assign(&pair->bed, TABLE_DISCRETE, bits);
    bed_assign(&pair->bed, TABLE_INPUT, words);
}

/* Mostly inside, often at the edge, sometimes anywhere. */
static uint16_t some_address(struct pair *pair, uint32_t size)
{
    switch (roll(pair, 8)) {
    case 0:
        return (uint16_t)(size - 3 + roll(pair, 6));
    case 1:
        return (uint16_t)roll(pair, 65536);
    default:
        return (uint16_t)roll(pair, size);
    }
}

static uint16_t some_quantity(struct pair *pair, uint32_t most)
{
    switch (roll(pair, 8)) {
    case 0:
        return (uint16_t)(most - 2 + roll(pair, 5));
    case 1:
        return (uint16_t)roll(pair, 3);
    case 2:
        return (uint16_t)roll(pair, 65536);
    default:
        return (uint16_t)(1 + roll(pair, 20));
    }
}

static size_t put_data(struct pair *pair, uint8_t *count, size_t bytes, size_t room)
{
    if (roll(pair, 10) == 0)
        bytes += roll(pair, 3) - (bytes > 0);
    bytes = bytes > room ? room : bytes;
    *count = (uint8_t)bytes;
    for (size_t i = 1; i <= bytes; i++)
        count[i] = (uint8_t)roll(pair, 256);
    return 1 + bytes;
}

/* A request whose length is what its function code and its byte count say. */
static size_t some_request(struct pair *pair, uint8_t *pdu)
{
    static const uint8_t codes[] = {1, 2, 3, 4, 5, 6, 15, 16, 22, 23};
    uint8_t code = codes[roll(pair, sizeof codes)];
    bool bits = code == 1 || code == 2 || code == 5 || code == 15;
    uint16_t address = some_address(pair, bits ? BED_BITS : BED_WORDS), quantity;
    pdu[0] = code;
    bytes_put(pdu + 1, address);
    switch (code) {
    case 5:
        bytes_put(pdu + 3,
                  roll(pair, 4) ? (uint16_t)(0xFF00 * roll(pair, 2)) : (uint16_t)roll(pair, 65536));
        return 5;
    case 6:
        bytes_put(pdu + 3, (uint16_t)roll(pair, 65536));
        return 5;
    case 15:
        quantity = some_quantity(pair, 1968);
        bytes_put(pdu + 3, quantity);
        return 5 + put_data(pair, pdu + 5, (quantity + 7u) / 8, PDU_MAX - 6);
    case 16:
        quantity = some_quantity(pair, 123);
        bytes_put(pdu + 3, quantity);
        return 5 + put_data(pair, pdu + 5, 2u * quantity, PDU_MAX - 6);
    case 22:
        bytes_put(pdu + 3, (uint16_t)roll(pair, 65536));
        bytes_put(pdu + 5, (uint16_t)roll(pair, 65536));
        return 7;
    case 23:
        bytes_put(pdu + 3, some_quantity(pair, 125));
        bytes_put(pdu + 5, some_address(pair, BED_WORDS));
        quantity = some_quantity(pair, 121);
        bytes_put(pdu + 7, quantity);
        return 9 + put_data(pair, pdu + 9, 2u * quantity, PDU_MAX - 10);
    default:
        bytes_put(pdu + 3, some_quantity(pair, bits ? 2000 : 125));
        return 5;
    }
}

static bool libmodbus_is_wrong(const uint8_t *pdu)
{
    uint16_t address = bytes_get(pdu + 1), value = bytes_get(pdu + 3);
    /* It looks at the address of function code 5 before the value; AP 6.5 has it the other way. */
    if (pdu[0] == 5 && address >= BED_BITS && value != 0 && value != 0xFF00)
        return true;
    /* It takes a byte count that is too large for the quantity of function code 15 (AP 6.11). */
    return pdu[0] == 15 && pdu[5] > (value + 7u) / 8;
}

static size_t ask_oracle(struct pair *pair, const uint8_t *pdu, size_t length, uint8_t *answer)
{
    uint8_t frame[MBAP_MAX], reply[MBAP_MAX];
    memcpy(frame + MBAP_HEADER, pdu, length);
    size_t size = mbap_write(frame, 0x1234, 1, length);
    assert_true(modbus_reply(pair->oracle, frame, (int)size, pair->mapping) > 0);
    ssize_t got = recv(pair->wire, reply, sizeof reply, MSG_DONTWAIT);
    struct mbap mbap;
    assert_int_equal(mbap_parse(reply, got > 0 ? (size_t)got : 0, &mbap), MBAP_FRAME);
    memcpy(answer, mbap.pdu, mbap.pdu_length);
    return mbap.pdu_length;
}

/* True when the request was refused, by both. */
static bool compare(struct pair *pair, const uint8_t *pdu, size_t length)
{
    struct identity identity = {0};
    struct pdu_target target = {.image = pair->bed.image, .memory = BED_MEM, .identity = &identity};
    uint8_t ours[PDU_MAX], theirs[PDU_MAX];
    size_t our_length = pdu_answer(&target, pdu, length, ours, 2);
    size_t their_length = ask_oracle(pair, pdu, length, theirs);
    if (our_length == their_length && memcmp(ours, theirs, our_length) == 0)
        return ours[0] > 0x80;
    fprintf(stderr, "request:");
    for (size_t i = 0; i < length; i++)
        fprintf(stderr, " %02x", pdu[i]);
    fprintf(stderr, "\nours: %02x %02x (%zu bytes), theirs: %02x %02x (%zu bytes)\n", ours[0],
            ours[1], our_length, theirs[0], theirs[1], their_length);
    fail();
    return false;
}

static void compare_memories(struct pair *pair)
{
    uint16_t bits[BED_BITS], words[BED_WORDS];
    struct request request = {.memory = BED_MEM, .read = {TABLE_COIL, 0, BED_BITS, bits}};
    assert_int_equal(image_request(pair->bed.image, &request, 2), EXCEPTION_NONE);
    for (size_t i = 0; i < BED_BITS; i++)
        assert_int_equal(bits[i], pair->mapping->tab_bits[i]);
    request.read.table = TABLE_HOLDING;
    request.read.count = BED_WORDS;
    request.read.words = words;
    assert_int_equal(image_request(pair->bed.image, &request, 2), EXCEPTION_NONE);
    assert_memory_equal(words, pair->mapping->tab_registers, sizeof words);
}

static void random_requests_are_answered_alike(void **state)
{
    struct pair *pair = *state;
    size_t refused = 0, compared = 0;
    fill_inputs(pair);
    for (size_t i = 0; i < ROUNDS; i++) {
        uint8_t pdu[PDU_MAX];
        size_t length = some_request(pair, pdu);
        if (libmodbus_is_wrong(pdu))
            continue;
        refused += compare(pair, pdu, length);
        compared++;
    }
    compare_memories(pair);
    assert_true(compared > ROUNDS * 9 / 10); /* else it is no comparison */
    assert_true(refused > ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_requests_are_answered_alike, pair_open, pair_close),
    };
    return cmocka_run_group_tests_name("pdu_oracle", tests, NULL, NULL);
}
