/* Proves that what a script says of lines, clients, servers and of how a variable is exchanged
 * stands in the plan as it was said, and what stands there when nothing was said. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "program/program.h"

static const int64_t MS = NS_PER_MS;
static const int64_t S = NS_PER_S;

static struct program *load(const char *text)
{
    char path[] = "/tmp/test_bind_client.XXXXXX";
    struct error error;
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    struct program *program = program_load(&(struct program_options){.path = path}, &error);
    unlink(path);
    if (!program)
        fail_msg("%s", error.text);
    return program;
}

static void a_client_with_nothing_said(void **state)
{
    (void)state;
    struct program *program = load("mem.A = coil(0) client.tcp { host = 'plc7' }");
    const struct client_spec *client = &program_plan(program)->clients[0];
    assert_null(client->line);
    assert_string_equal(client->host, "plc7");
    assert_string_equal(client->name, "plc7:502 unit 1");
    assert_int_equal(client->port, 502);
    assert_int_equal(client->unit, 1);
    assert_int_equal(client->memory, 0);
    assert_int_equal(client->period, 200 * MS);
    assert_int_equal(client->timeout, S);
    assert_int_equal(client->delay, 0);
    assert_int_equal(client->stale_after, 0);
    assert_int_equal(client->depth, 1);
    assert_int_equal(client->max_read, 125);
    assert_int_equal(client->max_write, 123);
    assert_int_equal(client->max_gap, 10);
    assert_int_equal(program_plan(program)->settings.stop_timeout, 2 * S);
    program_destroy(program);
}

static void a_client_with_everything_said(void **state)
{
    (void)state;
    struct program *program =
        load("program { stop_timeout = '3s' } local plc = memory 'plc' plc.A = coil(0)\n"
             "client.tcp { host = '10.0.0.7', port = 1502, mem = plc, unit = 9, period = '2s',\n"
             "timeout = '3s', delay = '4ms', stale_after = '5s', depth = 6, max_read = 7,\n"
             "max_write = 8, max_gap = 11, name = 'boiler' }");
    const struct client_spec *client = &program_plan(program)->clients[0];
    assert_string_equal(client->name, "boiler");
    assert_int_equal(client->port, 1502);
    assert_int_equal(client->unit, 9);
    assert_int_equal(client->memory, 1);
    assert_int_equal(client->period, 2 * S);
    assert_int_equal(client->timeout, 3 * S);
    assert_int_equal(client->delay, 4 * MS);
    assert_int_equal(client->stale_after, 5 * S);
    assert_int_equal(client->depth, 6);
    assert_int_equal(client->max_read, 7);
    assert_int_equal(client->max_write, 8);
    assert_int_equal(client->max_gap, 11);
    assert_int_equal(program_plan(program)->settings.stop_timeout, 3 * S);
    program_destroy(program);
}

static void serial_lines(void **state)
{
    (void)state;
    struct program *program =
        load("mem.A = coil(0)\n"
             "local a, b = serial { device = '/dev/a' }, serial { device = '/dev/b', baud = 300,\n"
             "  parity = 'none', stop = 2, rts = 'down', rts_delay = '1ms', name = 'north' }\n"
             "serial { device = '/dev/c', rs485 = true, parity = 'odd' }\n"
             "client.rtu { line = b, unit = 3 } server.rtu { line = a, unit = 17 }");
    const struct plan *plan = program_plan(program);
    const struct line_spec *a = plan->lines[0], *b = plan->lines[1], *c = plan->lines[2];
    assert_string_equal(a->name, "/dev/a");
    assert_int_equal(a->baud, 19200);
    assert_int_equal(a->parity, 'E');
    assert_int_equal(a->stop_bits, 1);
    assert_int_equal(a->rts, 0);
    assert_false(a->rs485);
    assert_string_equal(b->device, "/dev/b");
    assert_string_equal(b->name, "north");
    assert_int_equal(b->baud, 300);
    assert_int_equal(b->parity, 'N');
    assert_int_equal(b->stop_bits, 2);
    assert_int_equal(b->rts, 'D');
    assert_int_equal(b->rts_delay, MS);
    assert_true(c->rs485);
    assert_int_equal(c->parity, 'O');
    assert_ptr_equal(plan->clients[0].line, b);
    assert_string_equal(plan->clients[0].name, "north unit 3");
    assert_ptr_equal(plan->servers[0].line, a);
    program_destroy(program);
}

static void servers(void **state)
{
    (void)state;
    struct program *program =
        load("mem.A = coil(0) local other = memory 'other' other.A = coil(0)\n"
             "local a = serial { device = '/dev/a' }\n"
             "server.rtu { line = a, units = { [17] = mem, [18] = other }, stale = 'serve' }\n"
             "server.rtu { line = a, unit = 19, mem = other, read_only = true }\n"
             "server.tcp { port = 0 }");
    const struct server_spec *row = program_plan(program)->servers;
    assert_true(row[0].serve_stale);
    for (int unit = 0; unit < UNIT_IDS; unit++) {
        assert_int_equal(row[0].memory_of[unit], unit == 17 ? 0 : unit == 18 ? 1 : UNIT_NONE);
        assert_int_equal(row[1].memory_of[unit], unit == 19 ? 1 : UNIT_NONE);
        assert_int_equal(row[2].memory_of[unit], 0);
    }
    assert_false(row[1].serve_stale);
    assert_true(row[1].read_only);
    assert_null(row[2].line);
    assert_false(row[2].serve_stale);
    program_destroy(program);
}

static const struct variable *find(const struct program *program, const char *name)
{
    const struct plan *plan = program_plan(program);
    return plan->variables[plan_find_variable(plan, 1, name)];
}

static void how_a_variable_is_exchanged(void **state)
{
    (void)state;
    struct program *program =
        load("local plc = memory 'plc'\n"
             "plc.A = holding.float32(0, { period = '1s', write = 'always', tolerance = 0.25,\n"
             "  min_write_interval = '2s', expire = '3s', on_loss = 4, invalid = 5 })\n"
             "plc.B = holding.word(2)\n"
             "plc.C = holding.word(3, { dir = 'out', poll = false, write = 'change' })\n"
             "plc.D = holding.word(4, { from = 'plc.B' })\n"
             "client.tcp { host = 'a', mem = plc }");
    const struct variable *a = find(program, "A"), *b = find(program, "B"), *c = find(program, "C");
    assert_int_equal(a->period, S);
    assert_true(a->refreshed);
    assert_false(a->unpolled);
    assert_true(a->tolerance == 0.25);
    assert_int_equal(a->min_write_interval, 2 * S);
    assert_true(a->has_expire);
    assert_int_equal(a->expire, 3 * S);
    assert_true(a->has_on_loss);
    assert_int_equal(a->on_loss.integer, 4);
    assert_true(a->has_invalid);
    assert_int_equal(a->invalid.integer, 5);
    assert_int_equal(b->period, 0);
    assert_false(b->refreshed || b->unpolled || b->has_expire || b->has_on_loss || b->has_invalid);
    assert_null(b->from);
    assert_true(c->unpolled);
    assert_false(c->refreshed);
    assert_string_equal(find(program, "D")->from, "plc.B");
    program_destroy(program);
}

static void what_tasks_need(void **state)
{
    (void)state;
    struct program *program =
        load("local plc = memory 'plc' plc.A = coil(0) mem.A = coil(0)\n"
             "client.tcp { host = 'a', mem = plc } client.tcp { host = 'b' }\n"
             "every(1, print) every(2, print, { needs = { plc, mem } })");
    const struct task_spec *tasks = program_plan(program)->tasks;
    assert_int_equal(tasks[0].need_count, 0);
    assert_int_equal(tasks[1].need_count, 2);
    assert_int_equal(tasks[1].needs[0], 1);
    assert_int_equal(tasks[1].needs[1], 0);
    program_destroy(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_with_nothing_said),
        cmocka_unit_test(a_client_with_everything_said),
        cmocka_unit_test(serial_lines),
        cmocka_unit_test(servers),
        cmocka_unit_test(how_a_variable_is_exchanged),
        cmocka_unit_test(what_tasks_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
