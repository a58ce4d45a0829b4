/* Proves the lines of the truth table (DESIGN.md, "What happens to a value") about reload, the
 * fault in a probation, force across a reload, and mirrored variables that start as never: two
 * programs follow one another as they do in a running host, with real scans, images and matches. */

#include "adopt_bed.h"
#include "image/draft.h"
#include "image/keeps.h"
#include "scan/scan.h"

struct program {
    struct bed *bed;
    struct scan *scan;
    const char *assigns; /* the task's: this variable … */
    uint16_t word;       /* … to this */
    int64_t keeps;       /* a field it sets, unless 0 */
    bool breaks;
    int runs, faults;
};

struct host {
    struct pair *pair;
    struct program old, next; /* pair->from, pair->to */
    struct keeps *keeps;
    int64_t now;
};

/* ---- a program as the scan knows it ---- */

static void keep(struct keeps *keeps, int64_t n)
{
    struct error error;
    struct keeps_table table;
    struct keeps_key key = {.integer = 1};
    struct keeps_value value = {.type = KEEPS_INTEGER, .integer = n};
    assert_true(keeps_find(keeps, "k", true, &table));
    assert_true(keeps_set(keeps, table, &key, &value, &error));
}

static int64_t kept(struct keeps *keeps)
{
    char text[KEEPS_TEXT_MAX];
    struct keeps_table table;
    struct keeps_key key = {.integer = 1};
    return keeps_find(keeps, "k", false, &table) ? keeps_get(keeps, table, &key, text).integer : 0;
}

static bool run(void *context, size_t task, double dt, const struct cycle *cycle,
                struct error *error)
{
    struct program *program = context;
    (void)task, (void)dt, (void)cycle;
    program->runs++;
    if (program->assigns)
        bed_assign(program->bed, program->assigns, program->word);
    if (program->keeps)
        keep(image_keeps(program->bed->image), program->keeps);
    return !program->breaks || error_set(error, "broke");
}

static bool nothing_to_do(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    return true;
}

static bool stop_wanted(void *context)
{
    (void)context;
    return false;
}

static void rest(void *context)
{
    (void)context;
}

static void count_fault(void *context, const struct error *error)
{
    (void)error;
    ((struct program *)context)->faults++;
}

static void create_scan(struct host *host, struct program *program)
{
    struct error error;
    struct scan_hooks hooks = {.context = program,
                               .start = nothing_to_do,
                               .task = run,
                               .stop = nothing_to_do,
                               .stop_wanted = stop_wanted,
                               .rest = rest,
                               .fault = count_fault};
    scan_destroy(program->scan);
    program->scan =
        scan_create(program->bed->image, &hooks, (struct instant){host->now, 0}, &error);
    assert_non_null(program->scan);
    program->bed->view = scan_view(program->scan);
}

/* ---- the host ---- */

static int setup(void **state)
{
    struct error error;
    struct host *host = calloc(1, sizeof *host);
    void *pair;
    pair_init(&pair);
    host->pair = pair;
    host->old.bed = host->pair->from;
    host->next.bed = host->pair->to;
    host->keeps = keeps_create(&error);
    *state = host;
    return 0;
}

static int teardown(void **state)
{
    struct host *host = *state;
    void *pair = host->pair;
    host->pair->from->view = host->pair->to->view = NULL; /* the scans' */
    scan_destroy(host->old.scan);
    scan_destroy(host->next.scan);
    pair_finish(&pair);
    keeps_destroy(host->keeps);
    free(host);
    return 0;
}

static void load(struct host *host, struct program *program)
{
    struct error error;
    plan_task(program->bed->plan, &(struct task_spec){.period = NS_PER_S, .where = "t.lua:9"});
    bed_seal(program->bed);
    program->bed->image = image_create(program->bed->plan, host->now, &error);
    image_share(program->bed->image, host->keeps, NULL);
}

/* As a body assigns: before anybody has the image. */
static void body_assigns(struct host *host, struct program *program, const char *name,
                         uint16_t word)
{
    struct error error;
    const struct variable *v = bed_find(program->bed, name);
    struct draft *draft = draft_create(&error);
    uint32_t cell = (uint32_t)draft_cell(draft, v->memory, v->table, v->address, &error);
    draft_cells(draft)[cell] = word;
    draft_assign(draft, cell, 1, v->mask);
    draft_apply(draft, program->bed->image, host->now);
    draft_destroy(draft);
}

/* The first program, at work; the second one, loaded. */
static void begin(struct host *host)
{
    load(host, &host->old);
    create_scan(host, &host->old);
    load(host, &host->next);
    pair_match(host->pair);
}

static void step(struct host *host, struct program *program)
{
    scan_step(program->scan, (struct instant){host->now, 0});
    scan_ended(program->scan, host->now);
    host->now += NS_PER_S;
}

static void swap(struct host *host, struct program *from, struct program *to, bool on_trial)
{
    struct error error;
    create_scan(host, to);
    assert_true(image_adopt(to->bed->image, from->bed->image, host->pair->match, host->now,
                            pair_note, host->pair, &error));
    scan_continue(to->scan, from->scan, host->pair->match, host->now);
    scan_try(to->scan, on_trial, host->now);
}

static void reload(struct host *host)
{
    swap(host, &host->old, &host->next, true);
}

static void roll_back(struct host *host)
{
    pair_turn(host->pair);
    swap(host, &host->next, &host->old, false);
}

/* ---- reload ---- */

/* reload: values stay; body assignments apply only to new variables. */
static void reload_keeps_values(void **state)
{
    struct host *host = *state;
    pair_declare(host->pair, WORD("SP", 0, DEFAULT(5)));
    bed_declare(host->next.bed, WORD("NEW", 1));
    begin(host);
    body_assigns(host, &host->next, "SP", 6);
    body_assigns(host, &host->next, "NEW", 7);
    step(host, &host->old);
    assert_int_equal(bed_put(host->old.bed, 0, 70), EXCEPTION_NONE);
    reload(host);
    step(host, &host->next);
    assert_int_equal(bed_get(host->next.bed, 0), 70);
    assert_int_equal(bed_get(host->next.bed, 1), 7);
    assert_int_equal(host->next.runs, 1);
}

/* reload: a value that the new limits do not allow is refused, not clamped, and told. */
static void reload_refuses_what_does_not_fit(void **state)
{
    struct host *host = *state;
    bed_declare(host->old.bed, WORD("SP", 0, RANGE(0, 100)));
    bed_declare(host->next.bed, WORD("SP", 0, RANGE(0, 50), DEFAULT(20)));
    begin(host);
    assert_int_equal(bed_put(host->old.bed, 0, 70), EXCEPTION_NONE);
    reload(host);
    assert_int_equal(bed_get(host->next.bed, 0), 20);
    assert_int_equal(host->pair->refused_count, 1);
    assert_int_equal(host->pair->refused[0], bed_point(host->next.bed, "SP"));
}

static enum exception read_plc(struct bed *bed, uint16_t address)
{
    uint16_t word;
    struct request request = {.memory = 1, .read = {TABLE_HOLDING, address, 1, &word}};
    return image_request(bed->image, &request, BED_NOW);
}

/* reload, gateway: a mirrored variable whose address changed starts as never, so that masters get
 * 0B until the device was read there. */
static void mirrored_starts_as_never(void **state)
{
    struct host *host = *state;
    pair_plc(host->pair);
    pair_declare(host->pair, WORD("STAYS", 0, PLC()));
    bed_declare(host->old.bed, WORD("MOVES", 1, PLC()));
    bed_declare(host->next.bed, WORD("MOVES", 2, PLC()));
    begin(host);
    pair_online(host->old.bed, 0, true);
    pair_poll(host->old.bed, 0, "STAYS", 11);
    pair_poll(host->old.bed, 0, "MOVES", 12);
    assert_int_equal(read_plc(host->old.bed, 1), EXCEPTION_NONE);
    reload(host);
    step(host, &host->next);
    assert_int_equal(bed_mark(host->next.bed, "MOVES")->quality, QUALITY_NEVER);
    assert_int_equal(bed_value(host->next.bed, "MOVES"), 0);
    assert_int_equal(read_plc(host->next.bed, 0), EXCEPTION_NONE);
    assert_int_equal(read_plc(host->next.bed, 2), EXCEPTION_GATEWAY_TARGET);
    pair_poll(host->next.bed, 0, "MOVES", 13);
    assert_int_equal(read_plc(host->next.bed, 2), EXCEPTION_NONE);
}

/* reload: removed safe outputs are sent safe before their link closes. */
static void removed_outputs_are_sent_safe(void **state)
{
    struct host *host = *state;
    struct mirror_change change;
    uint16_t cells[16];
    uint32_t point;
    pair_plc(host->pair);
    bed_declare(host->old.bed, WORD("VALVE", 0, PLC(SAFE(3))));
    pair_declare(host->pair, WORD("A", 1, PLC()));
    begin(host);
    pair_online(host->old.bed, 0, true);
    host->old.assigns = "VALVE";
    host->old.word = 9;
    step(host, &host->old);
    assert_int_equal(mirror_collect(host->old.bed->image, 0, &change, 1, cells), 1);
    assert_int_equal(plan_match_retired(host->pair->match, &point, 1), 1);
    image_force(host->old.bed->image, point, WORDS(3), NULL, host->now);
    step(host, &host->old); /* the old program goes on meanwhile */
    assert_int_equal(mirror_collect(host->old.bed->image, 0, &change, 1, cells), 1);
    assert_int_equal(cells[0], 3);
    assert_int_equal(mirror_collect(host->old.bed->image, 0, &change, 1, cells), 0);
}

/* ---- fault ---- */

/* fault in probation: no safe values, no 04; values and keep data are those of the last completed
 * scan, and the old program goes on with them. */
static void a_fault_in_probation_rolls_back(void **state)
{
    struct host *host = *state;
    pair_declare(host->pair, WORD("SHARED", 0));
    pair_declare(host->pair, WORD("VALVE", 1, SAFE(0), .direction = DIRECTION_INOUT));
    bed_declare(host->next.bed, WORD("NEW", 2));
    begin(host);
    step(host, &host->old);
    assert_int_equal(bed_put(host->old.bed, 1, 5), EXCEPTION_NONE);
    reload(host);
    host->next.assigns = "SHARED";
    host->next.word = host->next.keeps = 21;
    step(host, &host->next);
    host->next.word = host->next.keeps = 22;
    host->next.breaks = true;
    step(host, &host->next);
    assert_int_equal(host->next.faults, 1);
    assert_int_equal(bed_get(host->next.bed, 1), 5);
    assert_int_equal(bed_put(host->next.bed, 1, 6), EXCEPTION_NONE);
    roll_back(host);
    step(host, &host->old);
    assert_int_equal(bed_get(host->old.bed, 0), 21);
    assert_int_equal(bed_get(host->old.bed, 1), 6);
    assert_int_equal(kept(host->keeps), 21);
    assert_int_equal(host->old.runs, 2);
}

/* fault when nobody would bring another program: safe values, and 04 for masters; a program that
 * takes its place is not in fault. */
static void a_fault_is_left_by_reload(void **state)
{
    struct host *host = *state;
    pair_declare(host->pair, WORD("VALVE", 1, SAFE(3), .direction = DIRECTION_INOUT));
    begin(host);
    host->old.breaks = true;
    assert_int_equal(bed_put(host->old.bed, 1, 5), EXCEPTION_NONE);
    step(host, &host->old);
    assert_int_equal(bed_put(host->old.bed, 1, 6), EXCEPTION_DEVICE_FAILURE);
    reload(host);
    assert_int_equal(bed_get(host->next.bed, 1), 3);
    assert_int_equal(bed_put(host->next.bed, 1, 6), EXCEPTION_NONE);
    step(host, &host->next);
    assert_int_equal(host->next.runs, 1);
}

/* ---- force ---- */

/* force: stays through a reload and back, above what the script assigns; what was suppressed is
 * what the script last said. */
static void force_outlives_programs(void **state)
{
    struct host *host = *state;
    uint16_t word;
    pair_declare(host->pair, WORD("OUT", 0, .direction = DIRECTION_OUT));
    begin(host);
    image_force(host->old.bed->image, bed_point(host->old.bed, "OUT"), WORDS(99), NULL, 0);
    reload(host);
    host->next.assigns = "OUT";
    host->next.word = 7;
    step(host, &host->next);
    assert_int_equal(bed_get(host->next.bed, 0), 99);
    host->next.breaks = true;
    step(host, &host->next);
    roll_back(host);
    step(host, &host->old);
    assert_int_equal(bed_get(host->old.bed, 0), 99);
    assert_true(image_suppressed(host->old.bed->image, bed_point(host->old.bed, "OUT"), &word));
    assert_int_equal(word, 7);
    image_unforce(host->old.bed->image, bed_point(host->old.bed, "OUT"), true, NULL, 0);
    assert_int_equal(bed_get(host->old.bed, 0), 7);
}

#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOST_TEST(reload_keeps_values),
        HOST_TEST(reload_refuses_what_does_not_fit),
        HOST_TEST(mirrored_starts_as_never),
        HOST_TEST(removed_outputs_are_sent_safe),
        HOST_TEST(a_fault_in_probation_rolls_back),
        HOST_TEST(a_fault_is_left_by_reload),
        HOST_TEST(force_outlives_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
