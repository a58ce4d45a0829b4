/* Proves that what stands where a file is to be, and is none, holds up nobody and is named:
 * folders, pipes, sockets, devices, links; that it stays where it is; and that all is well once it
 * is gone. */

#include "store_bed.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "image/audit.h"
#include "store/file_kind.h"

static void every_kind_has_a_name(void **state)
{
    (void)state;
    assert_null(file_kind(S_IFREG | 0600));
    assert_string_equal(file_kind(S_IFDIR | 0700), "a folder");
    assert_string_equal(file_kind(S_IFIFO), "a pipe");
    assert_string_equal(file_kind(S_IFSOCK), "a socket");
    assert_string_equal(file_kind(S_IFLNK), "a link");
    assert_string_equal(file_kind(S_IFCHR), "a device");
    assert_string_equal(file_kind(S_IFBLK), "a device");
}

static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void make_device(const char *path)
{
    assert_int_equal(symlink("/dev/zero", path), 0);
}

static const struct {
    const char *kind;
    void (*make)(const char *path);
} kinds[] = {{"a folder", make_folder},
             {"a pipe", make_pipe},
             {"a socket", make_socket},
             {"a device", make_device}};

static void open_declared(struct shop *shop)
{
    shop_plan(shop);
    shop_declare(shop, WORD("SPEED", 0, .retain = true));
    shop_image(shop);
    shop_open(shop);
}

static void expect_problem(struct shop *shop, const char *path, const char *kind)
{
    char expected[256];
    open_declared(shop);
    struct store_status status = store_status(shop->store);
    snprintf(expected, sizeof expected, "%s is %s, not a file; move it away", path, kind);
    assert_false(status.works);
    assert_string_equal(status.problem, expected);
    shop_set(shop, "SPEED", WORDS(5));
    shop_round(shop);
    assert_int_equal(remove(path), 0); /* it was left where it was */
    shop_round(shop);
    shop_round(shop);
    shop_round(shop);
    assert_true(store_status(shop->store).works);
    shop_close(shop);
}

static void the_program_runs_on_without(void **state)
{
    struct shop *shop = *state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        kinds[i].make(shop->path);
        expect_problem(shop, shop->path, kinds[i].kind);
        assert_int_equal(remove(shop->path), 0);
    }
}

static void its_log_is_looked_at_too(void **state)
{
    struct shop *shop = *state;
    char path[160];
    snprintf(path, sizeof path, "%s-wal", shop->path);
    make_pipe(path);
    expect_problem(shop, path, "a pipe");
}

static void one_that_takes_its_place_later(void **state)
{
    struct shop *shop = *state;
    open_declared(shop);
    shop_round(shop);
    assert_int_equal(unlink(shop->path), 0);
    make_pipe(shop->path);
    shop_set(shop, "SPEED", WORDS(6));
    shop_round(shop);
    assert_non_null(strstr(store_status(shop->store).problem, "is a pipe"));
    assert_int_equal(unlink(shop->path), 0);
    shop_round(shop);
    shop_round(shop);
    assert_true(store_status(shop->store).works);
    shop_close(shop);
    open_declared(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 6);
    shop_close(shop);
}

/* ---- the audit log ---- */

static void expect_log_problem(struct shop *shop, const char *path, const char *kind)
{
    struct error error;
    char expected[256];
    struct audit *audit = audit_create(&error);
    struct audit_log *log = audit_log_open(shop->folder, "test", &error);
    snprintf(expected, sizeof expected, "it is %s, not a file; move it away", kind);
    audit_note(audit, AUDIT_START, NULL, "one");
    assert_false(audit_log_drain(log, audit, &error));
    assert_non_null(strstr(error.text, expected));
    for (int i = 0; i < 2000; i++) { /* more than a pipe holds */
        audit_note(audit, AUDIT_START, NULL, "%0200d", i);
        assert_true(audit_log_drain(log, audit, &error)); /* no news */
    }
    assert_int_equal(remove(path), 0);
    audit_note(audit, AUDIT_STOP, NULL, "last");
    assert_true(audit_log_drain(log, audit, &error));
    assert_true(shop_has(shop, "test.audit"));
    audit_log_close(log);
    audit_destroy(audit);
}

static void the_audit_log_goes_on_without(void **state)
{
    struct shop *shop = *state;
    char path[160];
    snprintf(path, sizeof path, "%s/test.audit", shop->folder);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        kinds[i].make(path);
        expect_log_problem(shop, path, kinds[i].make == make_device ? "a link" : kinds[i].kind);
        assert_int_equal(remove(path), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name),  SHOP_TEST(the_program_runs_on_without),
        SHOP_TEST(its_log_is_looked_at_too),      SHOP_TEST(one_that_takes_its_place_later),
        SHOP_TEST(the_audit_log_goes_on_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
