/* Proves that each question comes to its client in the order asked, each answer to its ticket once,
 * and that slots come back however a letter ends. */

#include "image/mailbox.h"
#include "mirror_bed.h"

static struct link_side side;
static uint8_t pdu[MAILBOX_PDU];
static char text[MAILBOX_ERROR];
static size_t length;

static int setup(void **state)
{
    bed_init(state);
    struct bed *bed = *state;
    bed_declare(bed, WORD("A", 0, .memory = mirror_memory(bed, "plc")));
    bed_declare(bed, WORD("B", 0, .memory = mirror_memory(bed, "meter")));
    bed_ready(bed);
    mirror_start(bed, 0, &side);
    return 0;
}

static int ask(struct bed *bed, uint32_t client, uint8_t function)
{
    return mailbox_ask(bed->image, client, &function, 1);
}

static enum mail look(struct bed *bed, int ticket)
{
    return mailbox_look(bed->image, ticket, pdu, &length, text);
}

static int take(struct bed *bed, uint32_t client)
{
    return mailbox_take(bed->image, client, pdu, &length);
}

static void questions_come_in_order_to_their_client(void **state)
{
    struct bed *bed = *state;
    int first = ask(bed, 0, 3), other = ask(bed, 1, 4);
    mailbox_drop(bed->image, ask(bed, 0, 9));
    int second = ask(bed, 0, 6);
    assert_int_equal(side.wakes, 3);
    assert_int_equal(take(bed, 0), first);
    assert_int_equal(pdu[0], 3);
    assert_int_equal(length, 1);
    assert_int_equal(take(bed, 0), second);
    assert_int_equal(take(bed, 0), -1);
    assert_int_equal(take(bed, 1), other);
}

static void an_answer_is_read_once(void **state)
{
    struct bed *bed = *state;
    int ticket = ask(bed, 0, 3);
    assert_int_equal(look(bed, ticket), MAIL_WAITS);
    assert_int_equal(take(bed, 0), ticket);
    assert_int_equal(look(bed, ticket), MAIL_WAITS);
    mailbox_answer(bed->image, ticket, (const uint8_t[]){0x83, 2}, 2);
    memset(pdu, 0, sizeof pdu);
    assert_int_equal(look(bed, ticket), MAIL_ANSWERED);
    assert_int_equal(length, 2);
    assert_int_equal(pdu[1], 2);
    assert_int_equal(look(bed, ticket), MAIL_FAILED);
    assert_non_null(strstr(text, "ended"));
}

static void a_failure_says_why(void **state)
{
    struct bed *bed = *state;
    char longer[2 * MAILBOX_ERROR];
    int ticket = ask(bed, 0, 3);
    take(bed, 0);
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    mailbox_fail(bed->image, ticket, longer);
    mailbox_answer(bed->image, ticket, pdu, 1); /* too late */
    assert_int_equal(look(bed, ticket), MAIL_FAILED);
    assert_int_equal(strlen(text), MAILBOX_ERROR - 1);
}

static void all_slots_come_back(void **state)
{
    struct bed *bed = *state;
    int tickets[MAILBOX_SLOTS];
    for (int i = 0; i < MAILBOX_SLOTS; i++) {
        tickets[i] = ask(bed, 0, 3);
        assert_true(tickets[i] >= 0);
    }
    assert_int_equal(ask(bed, 0, 3), -1);
    mailbox_drop(bed->image, tickets[0]); /* not taken yet */
    assert_true(ask(bed, 1, 3) >= 0);
    assert_int_equal(take(bed, 0), tickets[1]);
    mailbox_drop(bed->image, tickets[1]); /* the link still has it */
    assert_int_equal(ask(bed, 0, 3), -1);
    mailbox_answer(bed->image, tickets[1], pdu, 1);
    int fresh = ask(bed, 0, 3);
    assert_true(fresh >= 0 && fresh != tickets[1]);
    assert_int_equal(look(bed, tickets[1]), MAIL_FAILED); /* an old ticket opens no new letter */
    assert_int_equal(look(bed, fresh), MAIL_WAITS);
    mailbox_drop(bed->image, tickets[0]);
    mailbox_drop(bed->image, -1);
}

static void nothing_too_long_gets_in(void **state)
{
    struct bed *bed = *state;
    static uint8_t huge[MAILBOX_PDU + 1];
    assert_int_equal(mailbox_ask(bed->image, 0, huge, sizeof huge), -1);
    int ticket = mailbox_ask(bed->image, 0, huge, MAILBOX_PDU);
    take(bed, 0);
    mailbox_answer(bed->image, ticket, huge, sizeof huge);
    assert_int_equal(look(bed, ticket), MAIL_FAILED);
}

static void another_program_ends_all(void **state)
{
    struct bed *bed = *state;
    uint8_t answer[MAILBOX_PDU] = {3};
    int waits = ask(bed, 0, 3), taken = ask(bed, 1, 3), dropped = ask(bed, 1, 3);
    take(bed, 1);
    take(bed, 1);
    mailbox_drop(bed->image, dropped);
    mailbox_end(bed->image, "it is over");
    assert_int_equal(take(bed, 0), -1);
    mailbox_answer(bed->image, taken, answer, 1); /* late, and nobody's */
    mailbox_answer(bed->image, dropped, answer, 1);
    assert_int_equal(look(bed, waits), MAIL_FAILED);
    assert_int_equal(look(bed, taken), MAIL_FAILED);
    for (int i = 0; i < MAILBOX_SLOTS; i++)
        assert_true(ask(bed, 0, 3) >= 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(questions_come_in_order_to_their_client),
        TEST(an_answer_is_read_once),
        TEST(a_failure_says_why),
        TEST(all_slots_come_back),
        TEST(nothing_too_long_gets_in),
        TEST(another_program_ends_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
