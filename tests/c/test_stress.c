/* Proves that a master and a scan that meet in the image at full speed never see a torn value and
 * never lose each other's bits: 10 million values are looked at. Wide values are patterns whose
 * words agree; of the bits and bytes in a word some belong to the master and some to the scan, and
 * each checks that its own last write is still there. A second master polls a block of registers
 * that each scan publishes anew: it must see one scan's, whole.
 *
 * MSM_STRESS_VALUES sets another number of values; under a sanitizer it is smaller anyway. */

#include "image_help.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const uint64_t VALUES = 1000000;
#else
static const uint64_t VALUES = 10000000;
#endif

enum {
    /* addresses of holding registers */
    BITS = 0,  /* the master's and the scan's by turns */
    BYTES = 1, /* low: the master's, high: the scan's */
    TO_SCAN_32 = 2,
    TO_SCAN_64 = 4,
    TO_MASTER_32 = 8,
    TO_MASTER_64 = 10,
    SHARED_32 = 14,
    SHARED_64 = 16,
    WORDS_USED = 20,
    BLOCK = 20,
    BLOCK_WORDS = 100, /* 25 values of 64 bits */
    MASTERS_BITS = 0x5555,
    SCANS_BITS = 0xAAAA,
    COILS_USED = 2, /* one of each */
    ENOUGH_CHANGES = 10000
};

/* What one side saw. */
struct tally {
    uint64_t torn, lost, refused;
    uint64_t changes;  /* how often the other one's pattern had moved on */
    uint16_t last;     /* pattern of the other one */
    uint16_t own_bits; /* what this side wrote last */
    uint16_t own_byte; /* in place */
    uint16_t own_coil;
};

struct stress {
    struct bed *bed;
    uint64_t values;      /* to look at */
    atomic_ullong looked; /* by both */
    atomic_bool master_content;
    atomic_bool scan_content; /* each has seen the other move often enough */
    atomic_bool done;
    struct tally master, scan, poller;
};

/* ---- both sides ---- */

/* Lets the other one in, now here and now there: on a busy machine the two would otherwise run
 * after each other for a whole time slice each, and rarely meet. */
static void give_way(unsigned turn, unsigned place)
{
    if (turn % 5 == place)
        sched_yield();
}

static void check_agree(struct tally *tally, const uint16_t *words, size_t count)
{
    for (size_t k = 1; k < count; k++) {
        if (words[k] != words[0]) {
            tally->torn++;
            return;
        }
    }
}

static void check_own(struct tally *tally, const uint16_t *words, uint16_t bits, uint16_t byte)
{
    tally->lost += (words[BITS] & bits) != tally->own_bits;
    tally->lost += (words[BYTES] & byte) != tally->own_byte;
}

/* All wide values of a copy of the registers; returns how many values were looked at. */
static unsigned check_words(struct tally *tally, const uint16_t *words, size_t others)
{
    static const struct {
        size_t at, count;
    } wides[] = {{TO_SCAN_32, 2},   {TO_SCAN_64, 4}, {TO_MASTER_32, 2},
                 {TO_MASTER_64, 4}, {SHARED_32, 2},  {SHARED_64, 4}};
    for (size_t i = 0; i < sizeof wides / sizeof *wides; i++)
        check_agree(tally, words + wides[i].at, wides[i].count);
    tally->changes += words[others] != tally->last;
    tally->last = words[others];
    return 6 + 3; /* and word, byte and coil of one's own */
}

static bool is_done(struct stress *stress, atomic_bool *content, const struct tally *tally,
                    unsigned looked)
{
    if (tally->changes >= ENOUGH_CHANGES)
        atomic_store(content, true);
    return atomic_fetch_add(&stress->looked, looked) >= stress->values &&
           atomic_load(&stress->master_content) && atomic_load(&stress->scan_content);
}

/* ---- the master ---- */

static void put(struct stress *stress, uint16_t address, uint16_t count, uint16_t pattern)
{
    uint16_t words[4] = {pattern, pattern, pattern, pattern};
    stress->master.refused += bed_write(stress->bed, TABLE_HOLDING, address, count, words) != 0;
}

static void toggle_bit(struct stress *stress, unsigned turn)
{
    struct tally *own = &stress->master;
    uint16_t bit = (uint16_t)(1u << turn % 8 * 2);
    own->own_bits ^= bit;
    own->refused += bed_mask(stress->bed, BITS, (uint16_t)~bit, own->own_bits) != 0;
    own->own_byte = (uint16_t)(turn & 0xFF);
    own->refused += bed_mask(stress->bed, BYTES, 0xFF00, own->own_byte) != 0;
    own->own_coil = turn & 1;
    own->refused += bed_write(stress->bed, TABLE_COIL, 0, 1, &own->own_coil) != 0;
}

/* Half of the time a write and a read in one request, as FC 23 does. */
static unsigned look(struct stress *stress, unsigned turn)
{
    uint16_t words[WORDS_USED], coils[COILS_USED], patterns[] = {(uint16_t)turn, (uint16_t)turn};
    struct request request = {.read = {TABLE_HOLDING, 0, WORDS_USED, words}};
    if (turn & 1) {
        request.write.table = TABLE_HOLDING;
        request.write.address = SHARED_32;
        request.write.count = 2;
        request.write.words = patterns;
    }
    stress->master.refused += image_request(stress->bed->image, &request, BED_NOW) != 0;
    stress->master.refused += bed_read(stress->bed, TABLE_COIL, 0, COILS_USED, coils) != 0;
    check_own(&stress->master, words, MASTERS_BITS, 0x00FF);
    stress->master.lost += coils[0] != stress->master.own_coil;
    return check_words(&stress->master, words, TO_MASTER_64);
}

static void *be_master(void *context)
{
    struct stress *stress = context;
    unsigned looked = 0;
    for (unsigned turn = 1; !is_done(stress, &stress->master_content, &stress->master, looked);
         turn++) {
        uint16_t pattern = (uint16_t)turn;
        give_way(turn, 0);
        put(stress, TO_SCAN_32, 2, pattern);
        put(stress, TO_SCAN_64, 4, pattern);
        give_way(turn, 1);
        put(stress, SHARED_64, 4, pattern);
        toggle_bit(stress, turn);
        give_way(turn, 2);
        looked = look(stress, turn);
    }
    return NULL;
}

/* ---- the second master ---- */

static void *be_poller(void *context)
{
    struct stress *stress = context;
    struct tally *own = &stress->poller;
    uint16_t words[BLOCK_WORDS];
    for (unsigned turn = 0; !atomic_load(&stress->done); turn++) {
        own->refused += bed_read(stress->bed, TABLE_HOLDING, BLOCK, BLOCK_WORDS, words) != 0;
        check_agree(own, words, BLOCK_WORDS);
        own->changes += words[0] != own->last;
        own->last = words[0];
        if (turn % 64 == 0)
            sched_yield();
    }
    return NULL;
}

/* ---- the scan ---- */

static void assign(struct stress *stress, const char *name, uint16_t pattern)
{
    bed_assign_point(stress->bed, bed_point(stress->bed, name),
                     WORDS(pattern, pattern, pattern, pattern));
}

static void assign_own(struct stress *stress, unsigned turn)
{
    struct tally *own = &stress->scan;
    unsigned bit = turn % 8 * 2 + 1;
    own->own_bits ^= (uint16_t)(1u << bit);
    bed_assign_point(stress->bed, bed_point(stress->bed, "BITS") + bit, &own->own_bits);
    own->own_byte = (uint16_t)(turn << 8);
    bed_assign_point(stress->bed, bed_point(stress->bed, "BYTES") + 1, &own->own_byte);
    own->own_coil = turn & 1;
    bed_assign_point(stress->bed, bed_point(stress->bed, "COILS") + 1, &own->own_coil);
}

static void assign_block(struct bed *bed, uint16_t pattern)
{
    uint32_t first = bed_point(bed, "BLOCK");
    for (uint32_t i = 0; i < BLOCK_WORDS / 4; i++)
        bed_assign_point(bed, first + i, WORDS(pattern, pattern, pattern, pattern));
}

static void be_scan(struct stress *stress)
{
    struct view *view = stress->bed->view;
    const uint16_t *words = view_cells(view) + bed_find(stress->bed, "BITS")->cell;
    const uint16_t *coils = view_cells(view) + bed_find(stress->bed, "COILS")->cell;
    unsigned looked = 0;
    for (unsigned turn = 1; !is_done(stress, &stress->scan_content, &stress->scan, looked);
         turn++) {
        give_way(turn, 4);
        view_latch(view);
        give_way(turn, 2);
        looked = check_words(&stress->scan, words, TO_SCAN_64);
        check_own(&stress->scan, words, SCANS_BITS, 0xFF00);
        stress->scan.lost += coils[1] != stress->scan.own_coil;
        assign(stress, "TO_MASTER_32", (uint16_t)turn);
        assign(stress, "TO_MASTER_64", (uint16_t)turn);
        assign(stress, "SHARED_32", (uint16_t)turn);
        assign(stress, "SHARED_64", (uint16_t)turn);
        assign_block(stress->bed, (uint16_t)turn);
        give_way(turn, 3);
        assign_own(stress, turn);
        view_publish(view, BED_NOW);
    }
}

/* ---- the test ---- */

static void declare_all(struct bed *bed)
{
    bed_declare(bed, BIT("BITS", BITS, 0, .count = 16));
    bed_declare(bed, BYTE("BYTES", BYTES, 0, .count = 2));
    bed_declare(bed, WIDE("TO_SCAN_32", TO_SCAN_32));
    bed_declare(bed, BED_VARIABLE("TO_SCAN_64", TABLE_HOLDING, TYPE_UINT64, TO_SCAN_64));
    bed_declare(bed, WIDE("TO_MASTER_32", TO_MASTER_32, .direction = DIRECTION_OUT));
    bed_declare(bed, BED_VARIABLE("TO_MASTER_64", TABLE_HOLDING, TYPE_INT64, TO_MASTER_64));
    bed_declare(bed, WIDE("SHARED_32", SHARED_32));
    bed_declare(bed, BED_VARIABLE("SHARED_64", TABLE_HOLDING, TYPE_UINT64, SHARED_64));
    bed_declare(bed, BED_VARIABLE("BLOCK", TABLE_HOLDING, TYPE_UINT64, BLOCK,
                                  .count = BLOCK_WORDS / 4, .direction = DIRECTION_OUT));
    bed_declare(bed, COIL("COILS", 0, .count = COILS_USED));
    bed_ready(bed);
}

static uint64_t values_wanted(void)
{
    const char *text = getenv("MSM_STRESS_VALUES");
    return text ? strtoull(text, NULL, 10) : VALUES;
}

static void nothing_is_torn_and_nothing_is_lost(void **state)
{
    struct stress stress = {.bed = *state, .values = values_wanted()};
    pthread_t master, poller;
    declare_all(stress.bed);
    assert_int_equal(pthread_create(&master, NULL, be_master, &stress), 0);
    assert_int_equal(pthread_create(&poller, NULL, be_poller, &stress), 0);
    be_scan(&stress);
    pthread_join(master, NULL);
    atomic_store(&stress.done, true);
    pthread_join(poller, NULL);
    print_message(
        "%llu values; the scan saw %llu changes, the masters %llu and %llu; %llu conflicts\n",
        (unsigned long long)stress.looked, (unsigned long long)stress.scan.changes,
        (unsigned long long)stress.master.changes, (unsigned long long)stress.poller.changes,
        (unsigned long long)image_conflicts(stress.bed->image));
    assert_true(stress.looked >= stress.values);
    assert_int_equal(stress.scan.torn, 0);
    assert_int_equal(stress.master.torn, 0);
    assert_int_equal(stress.poller.torn, 0);
    assert_int_equal(stress.scan.lost, 0);
    assert_int_equal(stress.master.lost, 0);
    assert_int_equal(stress.master.refused + stress.poller.refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BED_TEST(nothing_is_torn_and_nothing_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
