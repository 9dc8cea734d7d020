/* SPDX-License-Identifier: ISC */
/* A session without processes: invented messages for tests of the screen. */
#ifndef HOPQ_TESTS_FAKE_SESSION_H
#define HOPQ_TESTS_FAKE_SESSION_H

#include <stdbool.h>

struct hq_fake {
    unsigned messages; /* of the first scan; each later one loses every tenth and gains three */
    unsigned batch;    /* messages between two looks at the keys */
    bool crash;        /* opening a message is a segmentation fault of the front */
    bool gone;         /* opening a message finds that it is gone */
    bool notice;       /* the scan has something to tell */
    bool tell_scans;   /* each scan says whether it is in full */
    bool mailbox;      /* nothing has recipients */
    bool no_way_out;   /* no destination can be reached */
    bool held;         /* every second message is on hold */
    bool read_only;    /* nothing can be changed */
    bool log;          /* there is one, with a line about each message */
    bool not_root;     /* a source tells that it hides something */
    unsigned dies_in;  /* the scan in whose middle [spool] ends; 0: none */
    bool never_ends;   /* the scan stays open after its last message */
};

extern struct hq_fake hq_fake;

#endif
