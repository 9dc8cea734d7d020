/* SPDX-License-Identifier: ISC */
/* What the tests of authentication fields share: reading a header with hops, and asserts. */
#ifndef HOPQ_TESTS_AUTH_FIXTURE_H
#define HOPQ_TESTS_AUTH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hopq/auth.h"
#include "hopq/decode.h"
#include "hopq/org.h"

static struct hq_arena *arena;
static struct hq_context *context;
static struct hq_detail detail;

/* Reads TEXT. Each Received field is a hop "by" its name and "from" its address; the one that says
 * "(boundary)" is it. */
static inline void read_auth(const char *text)
{
    static struct hq_hop hops[8];
    struct hq_headers headers = {0};
    enum hq_trust trust = HQ_TRUST_OURS;

    memset(&detail, 0, sizeof detail);
    memset(hops, 0, sizeof hops);
    hq_headers_scan(&headers, text, strlen(text));
    for (unsigned i = 0; i < headers.count; i++) {
        const struct hq_field_span *field = &headers.fields[i];

        if (!hq_field_is(field, "Received"))
            continue;

        g_autofree char *value = g_strndup(field->value, field->value_length);
        const char *by = strstr(value, "by ");
        const char *from = g_str_has_prefix(value, "from ") ? value + 5 : NULL;
        struct hq_hop *hop = &hops[detail.hop_count++];
        bool boundary = strstr(value, "(boundary)") != NULL;

        hop->by.name = by ? hq_arena_dup(arena, by + 3, strcspn(by + 3, " ")) : NULL;
        hop->from.ip = from ? hq_arena_dup(arena, from, strcspn(from, " ")) : NULL;
        hop->offset = (int64_t)field->offset;
        hop->length = (int64_t)field->length;
        hop->trust = boundary ? HQ_TRUST_BOUNDARY : trust;
        trust = boundary ? HQ_TRUST_CLAIMED : trust;
    }
    detail.hops = hops;
    hq_auth_read(&headers, &detail, context, arena);
    hq_headers_clear(&headers);
}

static inline void assert_row(unsigned i, const char *method, const char *result,
                              const char *domain, const char *authserv)
{
    assert_true(i < detail.auth_count);

    const struct hq_auth *row = &detail.auth[i];

    assert_string_equal(row->method, method);
    assert_string_equal(row->result, result);
    if (domain)
        assert_string_equal(row->domain, domain);
    else
        assert_null(row->domain);
    if (authserv)
        assert_string_equal(row->authserv, authserv);
    else
        assert_null(row->authserv);
    assert_int_equal(row->source, HQ_AUTH_CLAIMED);
}

static inline void assert_property(unsigned i, const char *key, const char *expected)
{
    g_autoptr(GString) value = g_string_new(NULL);

    assert_true(hq_auth_property(&detail.auth[i], key, value));
    assert_string_equal(value->str, expected);
}

static inline int setup(void **state)
{
    (void)state;
    hq_decode_init();
    hq_org_init();
    arena = hq_arena_new();
    context = hq_context_new();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    hq_context_free(context);
    hq_arena_free(arena);
    return 0;
}

#endif
