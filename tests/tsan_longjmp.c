/* Only for builds with the thread sanitizer. Debian's liblua leaves its error handling through
 * __longjmp_chk, the fortified longjmp, which the sanitizer does not know: it would believe that
 * the frames jumped over are still there. This one, linked into the executable, takes its place
 * and goes through the longjmp that the sanitizer does know. */

#undef _FORTIFY_SOURCE /* or longjmp below would be __longjmp_chk again */
#include <setjmp.h>

_Noreturn void __longjmp_chk(jmp_buf buffer, int value);

__attribute__((no_sanitize("thread"))) _Noreturn void __longjmp_chk(jmp_buf buffer, int value)
{
    longjmp(buffer, value);
}
