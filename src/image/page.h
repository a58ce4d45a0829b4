#pragma once
/* A page of the script's own (msm.ui): what it shows is a text for the browser, made by the
 * library; what it names of the program stands beside it, so that sealing can check each name. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/codec.h"

/* What an item of a page needs of its variable. Of the first three any one is enough; none of them:
 * it takes every type. */
enum page_need {
    PAGE_NUMBER = 1,
    PAGE_BOOLEAN = 2,
    PAGE_LABELLED = 4,
    PAGE_SINGLE = 8, /* no array, but an element of one */
    PAGE_SETTABLE = 16,
};

/* A variable that an item shows or writes. Strings are the plan's. */
struct page_use {
    const char *name;  /* "LEVEL", "plc.SPEED", "TEMPS[3]" */
    const char *what;  /* "ui.switch", as errors show the item */
    const char *where; /* "tank.lua:30" */
    uint8_t needs;     /* of enum page_need */
    bool has_value;
    struct value value; /* that it writes */
};

struct page {
    const char *title; /* unique among the pages */
    const char *where;
    const char *json; /* {"title": …, "rows": …}; NULL: its rows are still to come */
    const struct page_use *uses;
    size_t use_count;
};
