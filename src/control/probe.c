/* msm probe: reads a device once and shows what its registers could mean. The question of everyone
 * who meets a new device is which type and which order of words and bytes; a display that shows
 * 23.5 answers it with --expect. */

#include "control/command.h"
#include "control/probe_call.h"
#include "control/probe_print.h"
#include "image/exception.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTERS_MOST = 125, SECONDS = 3 };

struct probe {
    const char *target, *expected;
    bool json;
    uint16_t address, count;
    unsigned tables, matches; /* that answered; declarations that fit */
    json_t *found;            /* with --json */
    struct probe_call call;
};

/* A whole number in an option; false after a message. */
static bool parse_number(const char *option, const char *text, long least, long most, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    if (end != text && !*end && *number >= least && *number <= most)
        return true;
    fprintf(stderr, "msm probe: --%s takes a number, %ld..%ld, not \"%s\"\n", option, least, most,
            text);
    return false;
}

/* A range that is refused as a whole may be there in part, so each register is then asked for. */
static bool read_each(struct probe *probe, struct probe_registers *registers, uint16_t *words,
                      bool *present, struct error *error)
{
    bool any = false;
    for (uint16_t i = 0; i < registers->count; i++) {
        uint8_t exception;
        enum probe_answer answer =
            probe_call_read(&probe->call, registers->table, (uint16_t)(registers->address + i), 1,
                            words + i, &exception, error);
        if (answer == PROBE_FAILED)
            return false;
        present[i] = answer == PROBE_GOOD;
        any |= present[i];
    }
    return any;
}

static void show(struct probe *probe, const struct probe_registers *registers)
{
    probe->tables++;
    if (probe->expected)
        probe->matches += probe_print_matches(registers, probe->expected);
    else if (probe->json)
        json_array_append_new(probe->found, probe_json(registers));
    else {
        printf("%s%s registers %u..%u of %s unit %u\n", probe->tables > 1 ? "\n" : "",
               table_name(registers->table), registers->address,
               registers->address + registers->count - 1, probe->target, probe->call.unit);
        probe_print(registers);
    }
}

/* False when the device can be asked no more. */
static bool read_table(struct probe *probe, enum table table, struct error *error)
{
    uint16_t words[REGISTERS_MOST] = {0};
    bool present[REGISTERS_MOST];
    uint8_t exception = 0;
    struct probe_registers registers = {.table = table,
                                        .address = probe->address,
                                        .count = probe->count,
                                        .words = words,
                                        .present = present};
    enum probe_answer answer = probe_call_read(&probe->call, table, probe->address, probe->count,
                                               words, &exception, error);
    if (answer == PROBE_FAILED)
        return false;
    memset(present, true, sizeof present);
    error->text[0] = 0;
    bool any = answer == PROBE_GOOD ||
               (probe->count > 1 && read_each(probe, &registers, words, present, error));
    if (error->text[0])
        return false;
    if (any)
        show(probe, &registers);
    else
        fprintf(stderr, "%s unit %u: %s registers %u..%u: exception %02X, %s\n", probe->target,
                probe->call.unit, table_name(table), probe->address,
                probe->address + probe->count - 1, exception, exception_text(exception));
    return true;
}

static int conclude(const struct probe *probe)
{
    if (probe->json)
        json_dumpf(probe->found, stdout, JSON_INDENT(2)), putchar('\n');
    if (probe->expected && !probe->matches && probe->tables)
        fprintf(stderr,
                "nothing there gives %s: another address (--at), or a scale other than a "
                "power of ten\n",
                probe->expected);
    return probe->tables && (!probe->expected || probe->matches) ? EXIT_OK : EXIT_FAILED;
}

static int ask(struct probe *probe, uint8_t unit)
{
    struct error error;
    int result = EXIT_FAILED;
    if (probe_call_open(&probe->call, probe->target, unit, SECONDS, &error)) {
        probe->found = json_array();
        bool well =
            read_table(probe, TABLE_HOLDING, &error) && read_table(probe, TABLE_INPUT, &error);
        result = conclude(probe);
        json_decref(probe->found);
        if (!well) {
            fprintf(stderr, "%s unit %u: %s\n", probe->target, unit, error.text);
            result = EXIT_FAILED;
        }
    } else {
        fprintf(stderr, "%s\n", error.text);
    }
    probe_call_close(&probe->call);
    return result;
}

int probe_run(const struct command *command, int argc, char **argv)
{
    struct probe probe = {0};
    const char *at = "0", *count = "10", *unit = "1";
    long address, registers, id;
    double expected;
    const struct command_option options[] = {
        {"at", NULL, &at},           {"count", NULL, &count}, {"expect", NULL, &probe.expected},
        {"json", &probe.json, NULL}, {"unit", NULL, &unit},   {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &probe.target, 1);
    if (result >= 0)
        return result;
    if (!parse_number("at", at, 0, UINT16_MAX, &address) ||
        !parse_number("count", count, 1, REGISTERS_MOST, &registers) ||
        !parse_number("unit", unit, 0, UINT8_MAX, &id))
        return EXIT_USAGE;
    if (address + registers > UINT16_MAX + 1) {
        fprintf(stderr, "msm probe: %ld registers from address %ld reach beyond address 65535\n",
                registers, address);
        return EXIT_USAGE;
    }
    if (probe.expected && !probe_parse_number(probe.expected, &expected)) {
        fprintf(stderr, "msm probe: --expect takes a number like 23.5, not \"%s\"\n",
                probe.expected);
        return EXIT_USAGE;
    }
    if (probe.expected && probe.json) {
        fprintf(stderr, "msm probe: --expect and --json exclude each other\n");
        return EXIT_USAGE;
    }
    probe.address = (uint16_t)address;
    probe.count = (uint16_t)registers;
    return ask(&probe, (uint8_t)id);
}
