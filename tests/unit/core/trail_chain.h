/* SPDX-License-Identifier: ISC */
/* The hops that most chains of the tests begin with: handed in at our edge, and on inside. */
#ifndef HOPQ_TESTS_TRAIL_CHAIN_H
#define HOPQ_TESTS_TRAIL_CHAIN_H

#include "trail_fixture.h"

#define EDGE                                                                                     \
    "Received: from h.sender.example (n.sender.example [8.8.4.4]) by mx.ours.example (Postfix) " \
    "with ESMTP id 4fXyzABC12; Thu, 01 Oct 2026 12:00:10 +0000 (UTC)\n"
#define INNER                                                                                     \
    "Received: from mx.ours.example (mx.ours.example [10.0.0.2]) by imap.ours.example (Postfix) " \
    "with ESMTP id 4fXyzABC13; Thu, 01 Oct 2026 12:00:13 +0000 (UTC)\n"

#endif
