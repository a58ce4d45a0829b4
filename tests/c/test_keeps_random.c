/* Proves keeps against a tree that does the same naively and is copied whole at each commit:
 * fields, values, order, length and depth stay the same through hundreds of thousands of random
 * operations with commits, reverts and copies, and what is gone is never found again. */

#include "keeps_help.h"

/* The oracle: a tree of fields in the order in which they were made, copied whole at each commit.
 */

enum { FIELDS = 24, KEYS = 16, STALE = 64 };

struct tree {
    struct keeps_table id;
    size_t count;
    struct field {
        int key; /* below KEYS / 2 an integer */
        struct keeps_value value;
        unsigned seed; /* of a text */
        struct tree *tree;
    } fields[FIELDS];
};

struct oracle {
    struct keeps *keeps, *copy;
    struct tree *work, *committed;
    struct keeps_table stale[STALE];
    size_t stale_count;
    unsigned random;
};

static unsigned draw(struct oracle *o, unsigned below)
{
    o->random = o->random * 1664525u + 1013904223u;
    return (o->random >> 8) % below;
}

static struct keeps_key key_of(int number)
{
    static const char *const texts[KEYS / 2] = {
        "a", "b",        "Q",     "since",
        "",  "x1234567", "a\xff", "a name of forty-seven bytes, as long as allowed"};
    return number < KEYS / 2 ? number_key(number) : text_key(texts[number - KEYS / 2]);
}

static const char *text_of(unsigned seed, size_t length, char *bytes)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(seed = seed * 69069u + 1);
    return bytes;
}

static void free_tree(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->fields[i].tree)
            free_tree(tree->fields[i].tree);
    }
    free(tree);
}

static struct tree *copy_tree(const struct tree *tree)
{
    struct tree *copy = malloc(sizeof *copy);
    *copy = *tree;
    for (size_t i = 0; i < copy->count; i++) {
        if (copy->fields[i].tree)
            copy->fields[i].tree = copy_tree(copy->fields[i].tree);
    }
    return copy;
}

static struct field *find(struct tree *tree, int key)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->fields[i].key == key)
            return &tree->fields[i];
    }
    return NULL;
}

static size_t length_of(struct tree *tree)
{
    size_t length = 0;
    while (length + 1 < KEYS / 2 && find(tree, (int)length + 1))
        length++;
    return length;
}

static void expect_same(const struct field *field, const struct keeps_value *value)
{
    char bytes[KEEPS_TEXT_MAX];
    assert_int_equal(value->type, field->value.type);
    if (value->type == KEEPS_INTEGER) {
        assert_int_equal(value->integer, field->value.integer);
    } else if (value->type == KEEPS_BOOLEAN) {
        assert_int_equal(value->boolean, field->value.boolean);
    } else if (value->type == KEEPS_NUMBER) {
        assert_true(value->number == field->value.number);
    } else if (value->type == KEEPS_TEXT) {
        assert_int_equal(value->text.length, field->value.text.length);
        text_of(field->seed, value->text.length, bytes);
        assert_memory_equal(value->text.bytes, bytes, value->text.length);
    }
}

static void expect_tree(struct keeps *keeps, struct tree *tree, size_t depth)
{
    char room[KEEPS_TEXT_MAX];
    struct keeps_key key;
    struct keeps_value value;
    uint32_t at = 0;
    assert_true(keeps_is(keeps, tree->id));
    assert_int_equal(keeps_depth(keeps, tree->id), depth);
    assert_int_equal(keeps_length(keeps, tree->id), length_of(tree));
    for (size_t i = 0; i < tree->count; i++) {
        assert_true(keeps_next(keeps, tree->id, &at, &key, &value, room));
        struct keeps_key expected = key_of(tree->fields[i].key);
        assert_int_equal(key.is_text, expected.is_text);
        expect_same(&tree->fields[i], &value);
        value = keeps_get(keeps, tree->id, &expected, room);
        expect_same(&tree->fields[i], &value);
        if (tree->fields[i].tree) {
            assert_int_equal(value.table.id, tree->fields[i].tree->id.id);
            assert_int_equal(value.table.tag, tree->fields[i].tree->id.tag);
            expect_tree(keeps, tree->fields[i].tree, depth + 1);
        }
    }
    assert_false(keeps_next(keeps, tree->id, &at, &key, &value, room));
    for (int k = 0; k < KEYS; k++) {
        struct keeps_key other = key_of(k);
        if (!find(tree, k))
            assert_int_equal(keeps_get(keeps, tree->id, &other, room).type, KEEPS_NIL);
    }
}

static void note_stale(struct oracle *o, struct keeps_table table)
{
    o->stale[o->stale_count++ % STALE] = table;
}

static void clear(struct oracle *o, struct field *field)
{
    if (field->tree) {
        note_stale(o, field->tree->id);
        free_tree(field->tree);
    }
    field->tree = NULL;
}

static struct tree *any_tree(struct oracle *o)
{
    struct tree *tree = o->work;
    for (unsigned steps = draw(o, 12); steps; steps--) {
        const struct field *field = tree->count ? &tree->fields[draw(o, (unsigned)tree->count)] : 0;
        if (field && field->tree)
            tree = field->tree;
    }
    return tree;
}

static struct keeps_value any_value(struct oracle *o, unsigned seed, char *bytes)
{
    switch (draw(o, 8)) {
    case 0:
    case 1:
        return integer(draw(o, 3));
    case 2:
        return (struct keeps_value){.type = KEEPS_BOOLEAN, .boolean = draw(o, 2)};
    case 3:
        return (struct keeps_value){.type = KEEPS_NUMBER, .number = draw(o, 3) / 2.0};
    case 4: {
        size_t length = draw(o, draw(o, 4) ? 60 : KEEPS_TEXT_MAX + 1);
        return text(text_of(seed, length, bytes), length);
    }
    case 5:
    case 6:
        return (struct keeps_value){.type = KEEPS_TABLE};
    default:
        return (struct keeps_value){.type = KEEPS_NIL};
    }
}

static void remove_field(struct oracle *o, struct tree *tree, struct field *field)
{
    clear(o, field);
    size_t at = (size_t)(field - tree->fields);
    memmove(field, field + 1, (--tree->count - at) * sizeof *field);
}

static void set_any(struct oracle *o)
{
    char bytes[KEEPS_TEXT_MAX];
    struct error error;
    struct tree *tree = any_tree(o);
    int number = (int)draw(o, KEYS);
    unsigned seed = o->random;
    struct keeps_key key = key_of(number);
    struct keeps_value value = any_value(o, seed, bytes);
    struct field *field = find(tree, number);
    if (!keeps_set(o->keeps, tree->id, &key, &value, &error)) {
        assert_int_equal(value.type, KEEPS_TABLE);
        assert_int_equal(keeps_depth(o->keeps, tree->id), KEEPS_DEPTH_MAX);
        return;
    }
    if (value.type == KEEPS_NIL) {
        if (field)
            remove_field(o, tree, field);
        return;
    }
    if (!field) {
        field = &tree->fields[tree->count++];
        *field = (struct field){.key = number};
    }
    clear(o, field);
    field->value = value;
    field->seed = seed;
    if (value.type == KEEPS_TABLE) {
        field->tree = calloc(1, sizeof *field->tree);
        field->tree->id = value.table;
    }
}

/* As often as tables come they must go, or the tree grows without end. */
static void thin(struct oracle *o)
{
    struct tree *tree = o->work;
    if (keeps_used(o->keeps) < 2000 || !tree->count)
        return;
    struct field *field = &tree->fields[draw(o, (unsigned)tree->count)];
    struct keeps_key key = key_of(field->key);
    set(o->keeps, tree->id, key, (struct keeps_value){.type = KEEPS_NIL});
    remove_field(o, tree, field);
}

/* The name goes with all that it has, and begins anew. */
static void drop(struct oracle *o)
{
    keeps_drop(o->keeps, "t");
    free_tree(o->work);
    o->work = calloc(1, sizeof *o->work);
    o->work->id = named(o->keeps, "t");
}

static void step(struct oracle *o)
{
    unsigned what = draw(o, 100);
    if (draw(o, 1000) == 0)
        drop(o);
    if (what < 90) {
        set_any(o);
        thin(o);
    } else if (what < 95) {
        keeps_commit(o->keeps);
        free_tree(o->committed);
        o->committed = copy_tree(o->work);
    } else if (what < 98) {
        keeps_revert(o->keeps);
        free_tree(o->work);
        o->work = copy_tree(o->committed);
        o->stale_count = 0; /* they may have come back */
    } else {
        keeps_read(o->keeps, o->copy);
        expect_tree(o->copy, o->committed, 1);
        expect_tree(o->keeps, o->work, 1);
    }
}

static void test_random_operations(void **state)
{
    struct error error;
    struct oracle o = {.keeps = *state, .copy = keeps_create(&error), .random = 4};
    o.work = calloc(1, sizeof *o.work);
    o.work->id = named(o.keeps, "t");
    keeps_commit(o.keeps);
    o.committed = copy_tree(o.work);
    for (int i = 0; i < 300000; i++) {
        step(&o);
        for (size_t k = 0; k < o.stale_count && k < STALE; k++)
            assert_false(keeps_is(o.keeps, o.stale[k]));
        if (i % 50 == 0)
            expect_tree(o.keeps, o.work, 1);
    }
    keeps_drop(o.keeps, "t");
    for (int i = 0; i < 1000; i++)
        keeps_commit(o.keeps);
    assert_int_equal(keeps_used(o.keeps), 0);
    free_tree(o.work);
    free_tree(o.committed);
    keeps_destroy(o.copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_operations, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
