/* SPDX-License-Identifier: ISC */
/* What the tests of Received fields share. */
#ifndef HOPQ_TESTS_RECEIVED_FIXTURE_H
#define HOPQ_TESTS_RECEIVED_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/arena.h"
#include "hopq/received.h"
#include <string.h>

#define DATE "; Thu, 01 Oct 2026 12:00:00 +0000"
#define T0   (INT64_C(1790856000) * HQ_SECOND)

static inline void same(const char *got, const char *want)
{
    if (want) {
        assert_non_null(got);
        assert_string_equal(got, want);
    } else {
        assert_null(got);
    }
}

#endif
