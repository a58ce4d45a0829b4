/* Proves that nothing written here is lost to a device's value that the link brings at the same
 * time: a script, a master and a link meet in the image at full speed. Local values are even and
 * count up; the device answers each with the odd one after the last that its link has collected. So
 * whoever finds an odd value that does not follow his own last one has lost a write to a device
 * that never saw it. A poller checks that a value that came as stale is never answered. */

#include "mirror_bed.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MASTERS, SCRIPTS, WRITERS, HIDDEN_WORD = 0xDEAD, ENOUGH = 200, ROUNDS_MOST = 20000000 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const unsigned ROUNDS = 10000;
#else
static const unsigned ROUNDS = 50000;
#endif

static const char *const NAMES[WRITERS] = {"MASTERS", "SCRIPTS"};

struct stress {
    struct bed *bed;
    struct link_side side;
    uint16_t collected[WRITERS]; /* last local value that the link saw */
    atomic_uint taken, overtaken, answered;
    atomic_uint lost, torn, missing, shown;
    atomic_bool done;
};

/* Both words of a value are the same. */
static void check(struct stress *s, const uint16_t *words, uint16_t mine)
{
    s->torn += words[0] != words[1];
    s->lost += (words[0] & ~1) != mine;
}

static bool goes_on(struct stress *s, unsigned round)
{
    bool enough = s->overtaken > ENOUGH && s->taken > ENOUGH && s->answered > ENOUGH;
    return round < ROUNDS || (!enough && round < ROUNDS_MOST);
}

static void *master(void *context)
{
    struct stress *s = context;
    uint32_t point = bed_point(s->bed, "MASTERS");
    uint16_t mine = 0, words[2];
    for (unsigned round = 0; goes_on(s, round); round++) {
        struct request request = {
            .memory = 1, .serve_stale = true, .read = {TABLE_HOLDING, 0, 2, words}};
        mine = (uint16_t)(mine + 2);
        image_set(s->bed->image, point, WORDS(mine, mine), NULL, round);
        if (round % 3 == 0)
            sched_yield();
        image_request(s->bed->image, &request, round);
        check(s, words, mine);
    }
    return NULL;
}

static void *script(void *context)
{
    struct stress *s = context;
    struct bed *bed = s->bed;
    const uint16_t *cells = view_cells(bed->view) + bed_find(bed, "SCRIPTS")->cell;
    uint16_t mine = 0;
    for (unsigned round = 0; goes_on(s, round); round++) {
        uint16_t next = (uint16_t)(mine + 2);
        view_latch(bed->view);
        check(s, cells, mine);
        bed_assign_point(bed, bed_point(bed, "SCRIPTS"), WORDS(next, next));
        if (round % 5 == 0)
            sched_yield();
        if (view_publish(bed->view, round)) /* else the device's value came first */
            mine = next;
    }
    return NULL;
}

static void *poller(void *context)
{
    struct stress *s = context;
    uint16_t words[2];
    while (!s->done) {
        if (mirror_master_read(s->bed, 1, 4, 2, words) != EXCEPTION_NONE)
            continue;
        if (++s->answered % 16 == 0)
            sched_yield();
        s->torn += words[0] != words[1];
        s->shown += words[0] == HIDDEN_WORD;
    }
    return NULL;
}

/* Returns a set of the writers whose values came. */
static unsigned collect(struct stress *s)
{
    unsigned came = 0;
    mirror_fetch(s->bed, 0, &s->side);
    for (size_t i = 0; i < s->side.count; i++) {
        for (int w = 0; w < WRITERS; w++) {
            const uint16_t *cell = mirror_cell(s->bed, &s->side, NAMES[w]);
            if (s->side.changes[i].group != mirror_group(s->bed, NAMES[w]))
                continue;
            s->torn += cell[0] != cell[1];
            s->lost += cell[0] & 1;
            s->collected[w] = cell[0];
            came |= 1u << w;
        }
    }
    return came;
}

static struct mirror_news bring(struct stress *s, const char *name, uint16_t word, bool good)
{
    uint16_t *cell = mirror_cell(s->bed, &s->side, name);
    cell[0] = cell[1] = word;
    return (struct mirror_news){.group = mirror_group(s->bed, name),
                                .take = true,
                                .quality = good ? QUALITY_GOOD : QUALITY_STALE};
}

static void tell(struct stress *s, unsigned round)
{
    bool good = round % 2;
    struct mirror_news news[] = {
        bring(s, "MASTERS", s->collected[MASTERS] | 1, true),
        bring(s, "SCRIPTS", s->collected[SCRIPTS] | 1, true),
        bring(s, "HIDDEN", good ? (uint16_t)(round & 0xFFF) : HIDDEN_WORD, good)};
    size_t overtaken = mirror_tell(s->bed->image, 0, news, 3, s->side.cells, round);
    s->overtaken += (unsigned)overtaken;
    s->taken += 2 - (unsigned)overtaken;
    unsigned came = overtaken ? collect(s) : 0;
    for (int w = 0; w < WRITERS; w++)
        s->missing += news[w].overtaken && !(came & 1u << w);
}

static void *carry(void *context)
{
    struct stress *s = context;
    for (unsigned round = 0; !s->done; round++) {
        collect(s);
        if (round % 3 == 0)
            sched_yield();
        tell(s, round);
    }
    return NULL;
}

static void no_write_is_lost_to_the_device(void **state)
{
    static struct stress s;
    pthread_t threads[4];
    s.bed = *state;
    uint32_t plc = mirror_memory(s.bed, "plc");
    bed_declare(s.bed, WIDE("MASTERS", 0, .memory = plc));
    bed_declare(s.bed, WIDE("SCRIPTS", 2, .memory = plc));
    bed_declare(s.bed, WIDE("HIDDEN", 4, .memory = plc, .direction = DIRECTION_IN));
    bed_ready(s.bed);
    s.side.first = plan_client_cells(s.bed->plan, 0).first;
    mirror_copy(s.bed->image, 0, s.side.cells);
    mirror_online(s.bed, 0, true);
    void *(*const runs[])(void *) = {master, script, poller, carry};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, runs[i], &s), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    s.done = true;
    pthread_join(threads[2], NULL);
    pthread_join(threads[3], NULL);

    print_message("%u taken, %u overtaken, %u answered\n", s.taken, s.overtaken, s.answered);
    assert_int_equal(s.lost, 0);
    assert_int_equal(s.torn, 0);
    assert_int_equal(s.missing, 0);
    assert_int_equal(s.shown, 0);
    assert_true(s.taken > ENOUGH && s.overtaken > ENOUGH && s.answered > ENOUGH);
    collect(&s);
    view_latch(s.bed->view);
    assert_memory_equal(s.side.cells, view_cells(s.bed->view) + s.side.first, 6 * sizeof(uint16_t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {BED_TEST(no_write_is_lost_to_the_device)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
