/* Every reading of the registers is made once, by one walk over addresses, types and orders; a
 * table, JSON and the search each look at the readings in their own way. */

#include "control/probe_print.h"

#include "image/codec.h"
#include "image/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value that registers could mean. */
struct reading {
    uint16_t address;
    enum type type;
    enum order order;
    size_t words;
    uint64_t bits;
};

static bool is_present(const struct probe_registers *r, size_t from, size_t words)
{
    for (size_t i = from; i < from + words; i++) {
        if (i >= r->count || !r->present[i])
            return false;
    }
    return true;
}

static struct reading read_at(const struct probe_registers *r, size_t from, enum type type,
                              enum order order)
{
    size_t words = codec_words(type, 0);
    return (struct reading){.address = (uint16_t)(r->address + from),
                            .type = type,
                            .order = order,
                            .words = words,
                            .bits = codec_load(order, r->words + from, words)};
}

static double number_of(const struct reading *reading)
{
    uint32_t low = (uint32_t)reading->bits;
    float single;
    double wide;
    switch (reading->type) {
    case TYPE_INT16:
        return (int16_t)reading->bits;
    case TYPE_INT32:
        return (int32_t)reading->bits;
    case TYPE_INT64:
        return (double)(int64_t)reading->bits;
    case TYPE_FLOAT32:
        memcpy(&single, &low, sizeof single);
        return (double)single;
    case TYPE_FLOAT64:
        memcpy(&wide, &reading->bits, sizeof wide);
        return wide;
    default:
        return (double)reading->bits;
    }
}

static const char *text_of(const struct reading *reading, char text[NUMBER_TEXT])
{
    switch (reading->type) {
    case TYPE_FLOAT32:
        return number_text32((float)number_of(reading), text);
    case TYPE_FLOAT64:
        return number_text(number_of(reading), text);
    case TYPE_UINT64:
        snprintf(text, NUMBER_TEXT, "%" PRIu64, reading->bits);
        return text;
    case TYPE_INT64:
        snprintf(text, NUMBER_TEXT, "%" PRId64, (int64_t)reading->bits);
        return text;
    default:
        snprintf(text, NUMBER_TEXT, "%.0f", number_of(reading));
        return text;
    }
}

static void print_word(const struct probe_registers *r, size_t at)
{
    uint16_t address = (uint16_t)(r->address + at), word = r->words[at];
    int high = word >> 8, low = word & 0xFF;
    char modicon[8];
    printf("%7u  %7s  %04X  %7u  %7d  %c%c\n", address, table_modicon(r->table, address, modicon),
           word, word, (int16_t)word, isprint(high) ? high : '.', isprint(low) ? low : '.');
}

/* What is missing is said once for a run of registers. Returns where the run ends. */
static size_t print_missing(const struct probe_registers *r, size_t from)
{
    size_t end = from;
    while (end < r->count && !r->present[end])
        end++;
    printf("%7zu  ", r->address + from);
    if (end - from > 1)
        printf("to %zu: the device has no such registers\n", r->address + end - 1);
    else
        puts("the device has no such register");
    return end;
}

static void print_words(const struct probe_registers *r)
{
    puts("\naddress  modicon  hex    uint16    int16  text");
    for (size_t i = 0; i < r->count;) {
        if (r->present[i])
            print_word(r, i++);
        else
            i = print_missing(r, i);
    }
}

enum { SHOWN_DIGITS = 10 }; /* of a float64: so that its line fits into 80 columns */

static const char *cell_of(const struct reading *reading, char text[NUMBER_TEXT])
{
    if (reading->type != TYPE_FLOAT64)
        return text_of(reading, text);
    snprintf(text, NUMBER_TEXT, "%.*g", SHOWN_DIGITS, number_of(reading));
    return text;
}

static void print_orders(const struct probe_registers *r, size_t at, const enum type types[3],
                         int columns)
{
    for (int order = 0; order < ORDER_COUNT; order++) {
        char text[3][NUMBER_TEXT];
        for (int k = 0; k < 3; k++) {
            struct reading reading = read_at(r, at, types[k], (enum order)order);
            cell_of(&reading, text[k]);
        }
        printf("%7zu  %-5s  %*s  %*s  %s\n", r->address + at, codec_order_name((enum order)order),
               columns, text[0], columns, text[1], text[2]);
    }
}

/* Zeros are zero in every type and order. */
static bool says_nothing(const struct probe_registers *r, size_t at, size_t words)
{
    for (size_t i = at; i < at + words; i++) {
        if (r->words[i])
            return false;
    }
    return true;
}

/* Integers and float of one width, a line for each order, a paragraph for each address. */
static void print_wide(const struct probe_registers *r, const enum type types[3], int columns)
{
    size_t words = codec_words(types[0], 0);
    bool titled = false;
    for (size_t i = 0; i < r->count; i++) {
        if (!is_present(r, i, words) || says_nothing(r, i, words))
            continue;
        if (!titled)
            printf("\naddress  order  %*s  %*s  %s", columns, codec_type_name(types[0]), columns,
                   codec_type_name(types[1]), codec_type_name(types[2]));
        titled = true;
        putchar('\n');
        print_orders(r, i, types, columns);
    }
}

void probe_print(const struct probe_registers *registers)
{
    print_words(registers);
    print_wide(registers, (const enum type[]){TYPE_UINT32, TYPE_INT32, TYPE_FLOAT32}, 11);
    print_wide(registers, (const enum type[]){TYPE_UINT64, TYPE_INT64, TYPE_FLOAT64}, 20);
}

static void visit(const struct probe_registers *r,
                  void (*look)(const struct reading *reading, void *context), void *context)
{
    for (size_t i = 0; i < r->count; i++) {
        for (int type = TYPE_INT16; type < TYPE_STRING; type++) {
            size_t words = codec_words((enum type)type, 0);
            for (int order = 0; is_present(r, i, words) && order < ORDER_COUNT; order++) {
                struct reading reading = read_at(r, i, (enum type)type, (enum order)order);
                if (words > 1 || order == 0) /* one word has no order */
                    look(&reading, context);
            }
        }
    }
}

static void add_json(const struct reading *reading, void *array)
{
    char text[NUMBER_TEXT];
    bool is_float = reading->type == TYPE_FLOAT32 || reading->type == TYPE_FLOAT64;
    double number = number_of(reading);
    json_t *value = NULL;
    if (is_float && isfinite(number))
        value = json_real(number);
    else if (!is_float && (reading->type != TYPE_UINT64 || reading->bits <= INT64_MAX))
        value = json_integer(reading->words == 4 ? (int64_t)reading->bits : (int64_t)number);
    else
        value = json_string(text_of(reading, text));
    json_t *row = json_pack("{s:i, s:s, s:o}", "address", reading->address, "type",
                            codec_type_name(reading->type), "value", value);
    if (reading->words > 1)
        json_object_set_new(row, "order", json_string(codec_order_name(reading->order)));
    json_array_append_new(array, row);
}

void *probe_json(const struct probe_registers *registers)
{
    json_t *readings = json_array();
    visit(registers, add_json, readings);
    return json_pack("{s:s, s:i, s:i, s:o}", "table", table_name(registers->table), "address",
                     registers->address, "count", registers->count, "readings", readings);
}

/* What is looked for: a value, and by how much a reading may differ from the digits given. */
struct search {
    enum table table;
    double value, margin;
    unsigned found;
};

enum { DECLARATION_COLUMNS = 51 }; /* as long as they mostly get */

/* A line that can be copied into a script behind "mem.NAME = ". */
static void print_match(const struct search *search, const struct reading *reading, double scale)
{
    char text[NUMBER_TEXT], options[64] = "", declaration[128];
    if (reading->words > 1)
        snprintf(options, sizeof options, "order = \"%s\"", codec_order_name(reading->order));
    if (scale != 1)
        snprintf(options + strlen(options), sizeof options - strlen(options), "%sscale = %s",
                 *options ? ", " : "", number_text(scale, text));
    snprintf(declaration, sizeof declaration, "%s.%s(%u%s%s%s)", table_name(search->table),
             codec_type_name(reading->type), reading->address, *options ? ", { " : "", options,
             *options ? " }" : "");
    printf("%-*s  -- %s", DECLARATION_COLUMNS, declaration, text_of(reading, text));
    if (scale != 1)
        printf(" * %s", number_text(scale, text));
    putchar('\n');
}

/* A device sends 23.5 as it is or as 235. Floats are scaled by nobody, but one in W may belong to a
 * display in kW. */
static void match(const struct reading *reading, void *context)
{
    static const double integers[] = {1, 0.1, 0.01, 0.001, 10, 100, 1000, 0},
                        floats[] = {1, 0.001, 0};
    struct search *search = context;
    bool is_float = reading->type == TYPE_FLOAT32 || reading->type == TYPE_FLOAT64;
    for (const double *scale = is_float ? floats : integers; *scale != 0; scale++) {
        double value = number_of(reading) * *scale;
        bool near = fabs(value - search->value) <= search->margin; /* never for NaN */
        if (!near || (*scale != 1 && value == 0))
            continue;
        print_match(search, reading, *scale);
        search->found++;
        return;
    }
}

/* "23.5" means 23.45 to 23.55. */
static double margin_of(const char *text)
{
    const char *point = strchr(text, '.');
    int digits = 0;
    while (point && isdigit((unsigned char)point[1 + digits]))
        digits++;
    return 0.5 * pow(10, -digits) * (1 + 1e-9);
}

bool probe_parse_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && !*end && isfinite(*number);
}

unsigned probe_print_matches(const struct probe_registers *registers, const char *expected)
{
    struct search search = {.table = registers->table, .margin = margin_of(expected)};
    probe_parse_number(expected, &search.value);
    visit(registers, match, &search);
    return search.found;
}
