#pragma once
/* What the files of the caller share: caller.c sends and times out, caller_receive.c takes answers,
 * caller_change.c puts other clients in the places of those that are there. */

#include "modbus/caller.h"

struct seat {
    struct client *client;
    bool ask;                  /* it may have something to send, whatever client_due says */
    bool lost;                 /* a request of its own went down with the connection */
    unsigned flights, orphans; /* under way, and how many of these are orphans */
    int64_t rest;              /* after an orphan's answer: `delay` */
    size_t before;             /* whose place it took; NO_SEAT: nobody's */
};

#define NO_SEAT SIZE_MAX

/* A request under way. Without an exchange it is an orphan: its client was replaced. */
struct flight {
    struct exchange *exchange;
    size_t seat; /* for whose depth it counts; an orphan's may be NO_SEAT */
    uint16_t transaction;
    uint8_t unit;
    int64_t sent, deadline;
};

struct caller {
    struct seat *seats;
    size_t seat_count, turn; /* whose turn it is */
    struct flight *flights;  /* oldest first */
    size_t flight_count, flight_most;
    bool connected, heard;
    uint16_t transaction; /* the last one given */
    unsigned silent;      /* timeouts in a row, and not one whole frame in between … */
    int64_t silent_since; /* … since this one was sent */
    int64_t received;     /* when a whole frame last came */
    bool broken;
    char why[96];
    size_t in_length, out_start, out_length;
    uint8_t in[CALLER_IN];
    uint8_t out[CALLER_OUT]; /* not yet sent: out_start .. out_length */
};

/* Takes it off those under way: its client may send another one in its place. */
struct flight caller_take_flight(struct caller *caller, size_t at, int64_t now);

/* The one with this id, if any is under way. */
bool caller_find_flight(const struct caller *caller, uint16_t transaction, size_t *at);
