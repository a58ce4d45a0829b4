#pragma once
/* Exception codes in words, for everybody who has to tell a person about one. */

#include <stdint.h>

/* "illegal data address", AP 7; "unknown exception" for others. Static. */
const char *exception_text(uint8_t exception);
