#pragma once
/* A mutex with priority inheritance: while somebody at normal priority has it, nobody else may keep
 * him from the processor if a real-time thread waits. */

#include <pthread.h>

void mutex_init(pthread_mutex_t *mutex);
