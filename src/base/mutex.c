/* Where the system cannot inherit priorities an ordinary mutex is better than none. */

#include "base/mutex.h"

void mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    if (pthread_mutex_init(mutex, &attributes) != 0)
        pthread_mutex_init(mutex, NULL);
    pthread_mutexattr_destroy(&attributes);
}
