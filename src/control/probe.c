/* msm probe: reads a device once and shows what its registers could mean. The question of everyone
 * who meets a new device is which type and which order of words and bytes; a display that shows
 * 23.5 answers it with --expect. */

#include "control/command.h"
#include "control/json_text.h"
#include "control/probe_call.h"
#include "control/probe_print.h"
#include "image/exception.h"
#include "image/image.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTERS_MOST = 125, SECONDS = 3 };

struct probe {
    const char *name, *expected; /* as the person wrote them */
    struct probe_target target;
    bool json;
    uint16_t address, count;
    uint8_t unit;
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
    command_say("msm probe: --%s takes a number, %ld..%ld, not \"%s\"", option, least, most, text);
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

/* "holding registers 0..9 of 10.0.0.7 unit 1", "input register 7 of …". */
static void print_range(const struct probe *probe, enum table table, FILE *to)
{
    fprintf(to, "%s register%s %u", table_name(table), probe->count == 1 ? "" : "s",
            probe->address);
    if (probe->count > 1)
        fprintf(to, "..%u", probe->address + probe->count - 1);
    fprintf(to, " of %s unit %u", probe->name, probe->unit);
}

static void show(struct probe *probe, const struct probe_registers *registers)
{
    probe->tables++;
    if (probe->expected) {
        probe->matches += probe_print_matches(registers, probe->expected);
    } else if (probe->json) {
        json_array_append_new(probe->found, probe_json(registers));
    } else {
        fputs(probe->tables > 1 ? "\n" : "", stdout);
        print_range(probe, registers->table, stdout);
        putchar('\n');
        probe_print(registers);
    }
}

/* These mean that the unit is not there, whatever it is asked. */
static bool is_of_gateway(uint8_t exception)
{
    return exception == EXCEPTION_GATEWAY_PATH || exception == EXCEPTION_GATEWAY_TARGET;
}

/* Which of its registers a device has is only worth asking when it may be the range that it
 * refuses. Some say 04 for that. */
static bool is_of_range(uint8_t exception)
{
    return exception >= EXCEPTION_ADDRESS && exception <= EXCEPTION_DEVICE_FAILURE;
}

static void complain_refused(const struct probe *probe, enum table table, uint8_t exception)
{
    if (is_of_gateway(exception)) {
        fprintf(stderr,
                "%s: unit %u is not served or does not answer (exception %02X, %s); is the unit id "
                "right (--unit)?\n",
                probe->name, probe->unit, exception, exception_text(exception));
        return;
    }
    print_range(probe, table, stderr);
    fprintf(stderr, ": exception %02X, %s", exception, exception_text(exception));
    struct error ignored;
    uint16_t address;
    char number[8];
    snprintf(number, sizeof number, "%u", probe->address);
    if (probe->address >= 10000 && table_parse_modicon(table, number, &address, &ignored))
        fprintf(stderr, "; as a Modicon number %u is address %u: --at %u", probe->address, address,
                address);
    fputc('\n', stderr);
}

/* False when the device need be asked no more: with an error, or a refusal that holds for all. */
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
    bool any = answer == PROBE_GOOD || (probe->count > 1 && is_of_range(exception) &&
                                        read_each(probe, &registers, words, present, error));
    if (error->text[0])
        return false;
    if (any)
        show(probe, &registers);
    else
        complain_refused(probe, table, exception);
    return any || !is_of_gateway(exception);
}

static bool print_json(const json_t *found)
{
    char *text = json_text_lines(found);
    if (text)
        puts(text);
    free(text);
    return text != NULL;
}

static int conclude(const struct probe *probe)
{
    if (probe->json && !print_json(probe->found)) {
        command_say("out of memory");
        return EXIT_FAILED;
    }
    if (probe->expected && !probe->matches && probe->tables)
        fprintf(stderr,
                "nothing there gives %s; try other registers (--at, --count), or what the display "
                "shows now: it may have changed\n",
                probe->expected);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "msm probe: cannot write: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return probe->tables && (!probe->expected || probe->matches) ? EXIT_OK : EXIT_FAILED;
}

static int ask(struct probe *probe)
{
    struct error error = {.text = ""};
    if (!probe_call_open(&probe->call, &probe->target, probe->unit, SECONDS, &error)) {
        command_say("%s", error.text);
        return EXIT_FAILED;
    }
    probe->found = json_array();
    if (read_table(probe, TABLE_HOLDING, &error))
        read_table(probe, TABLE_INPUT, &error);
    int result = EXIT_FAILED;
    if (!error.text[0] || probe->tables)
        result = conclude(probe);
    if (error.text[0]) {
        command_say("%s unit %u: %s", probe->name, probe->unit, error.text);
        result = EXIT_FAILED;
    }
    json_decref(probe->found);
    probe_call_close(&probe->call);
    return result;
}

/* What the options may hold; false after a message. */
static bool read_options(struct probe *probe, const char *at, const char *count, const char *unit)
{
    long address, registers, id;
    double expected;
    struct error error;
    if (!parse_number("at", at, 0, UINT16_MAX, &address) ||
        !parse_number("count", count, 1, REGISTERS_MOST, &registers) ||
        !parse_number("unit", unit, 0, UINT8_MAX, &id))
        return false;
    probe->address = (uint16_t)address;
    probe->count = (uint16_t)registers;
    probe->unit = (uint8_t)id;
    if (!probe_target_read(&probe->target, probe->name, &error))
        command_say("msm probe: %s", error.text);
    else if (address + registers > UINT16_MAX + 1)
        fprintf(stderr, "msm probe: %ld registers from address %ld reach beyond address 65535\n",
                registers, address);
    else if (probe->expected && !probe_parse_number(probe->expected, &expected))
        command_say("msm probe: --expect takes a number like 23.5, not \"%s\"", probe->expected);
    else if (probe->expected && probe->json)
        fprintf(stderr, "msm probe: --expect and --json exclude each other\n");
    else
        return true;
    return false;
}

int probe_run(const struct command *command, int argc, char **argv)
{
    struct probe probe = {0};
    const char *at = "0", *count = "10", *unit = "1";
    struct command_operands operands = {.words = &probe.name, .least = 1, .most = 1};
    const struct command_option options[] = {
        {"at", NULL, &at},           {"count", NULL, &count}, {"expect", NULL, &probe.expected},
        {"json", &probe.json, NULL}, {"unit", NULL, &unit},   {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    return read_options(&probe, at, count, unit) ? ask(&probe) : EXIT_USAGE;
}
