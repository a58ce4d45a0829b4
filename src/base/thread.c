/* The new thread inherits a mask in which all signals are blocked, so that none of them can arrive
 * in it, not even before its first instruction. */

#include "base/thread.h"

#include <signal.h>
#include <string.h>

bool thread_start(pthread_t *thread, const char *name, size_t stack, void *(*function)(void *),
                  void *context, struct error *error)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    int code = pthread_attr_setstacksize(&attributes, stack);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (code == 0)
        code = pthread_create(thread, &attributes, function, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (code)
        return error_set(error, "%s", strerror(code));
    pthread_setname_np(*thread, name);
    return true;
}
