#pragma once
/* How often somebody may try a password. Each attempt counts as a failure from its beginning until
 * it succeeded. After a few, an address waits twice as long after each further one, and so does
 * everybody else who tries that user's name; both waits have an end that is near, and attempts
 * during a wait are not counted, so that nobody is locked out for good. An address from which the
 * user has logged in before does not wait for what others do to his name.
 *
 * Addresses are 16 bytes (cidr.h); of IPv6 the network of 64 bits counts, which one person can have
 * to himself. `now` is monotonic nanoseconds. Bounded: the oldest is forgotten. */

#include <stdint.h>

enum { ATTEMPTS_FREE_ADDRESS = 5, ATTEMPTS_FREE_USER = 10, ATTEMPTS_MOST = 1024 };

#define ATTEMPTS_WAIT_ADDRESS INT64_C(60000000000) /* ns, at most */
#define ATTEMPTS_WAIT_USER INT64_C(30000000000)
#define ATTEMPTS_FORGET INT64_C(900000000000) /* after so long without one */

struct attempts;

struct attempts *attempts_create(void); /* NULL: no memory */
void attempts_destroy(struct attempts *attempts);

/* 0: go ahead, it counts; else nanoseconds to wait. */
int64_t attempts_begin(struct attempts *attempts, const uint8_t address[16], const char *user,
                       int64_t now);
void attempts_succeeded(struct attempts *attempts, const uint8_t address[16], const char *user,
                        int64_t now);

/* It never came to a trial of the password. */
void attempts_take_back(struct attempts *attempts, const uint8_t address[16], const char *user);

/* The user has a new password: what was tried does not count. */
void attempts_forgive(struct attempts *attempts, const char *user);
