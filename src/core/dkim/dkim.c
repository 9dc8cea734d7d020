/* SPDX-License-Identifier: ISC */
/* The DKIM signatures of a message: hopq/dkim.h. */
#include "hopq/auth.h"
#include "parts.h"
#include <string.h>

struct hq_dkim {
    struct dkim_signature signatures[HQ_DKIM_MAX];
    unsigned count;
    unsigned passed_over; /* signatures beyond HQ_DKIM_MAX */
};

static const char field_name[] = "DKIM-Signature";

struct hq_dkim *hq_dkim_read(const struct hq_headers *headers, const char *content, size_t n,
                             bool whole, struct hq_arena *arena)
{
    const struct hq_field_span *field = hq_headers_find(headers, field_name, 0);

    if (!field)
        return NULL;

    struct hq_dkim *dkim = hq_arena_alloc(arena, sizeof *dkim);
    struct dkim_message message = {
        .headers = headers,
        .fields = hq_dkim_fields_new(headers),
        .body = content + headers->body,
        .body_length = n - headers->body,
        .whole = whole,
        .arena = arena,
    };

    while (field) {
        if (dkim->count < HQ_DKIM_MAX)
            hq_dkim_signature_read(&message, field, false, &dkim->signatures[dkim->count++]);
        else
            dkim->passed_over++;
        field = hq_headers_find(headers, field_name, (unsigned)(field - headers->fields) + 1);
    }
    hq_dkim_fields_free(message.fields);
    return dkim;
}

static bool has_result(const struct dkim_signature *signature, const char *result)
{
    return signature->decided && g_strcmp0(signature->result, result) == 0;
}

static void add_row(GArray *rows, const struct dkim_signature *signature, struct hq_arena *arena)
{
    g_autoptr(GString) detail = g_string_new(NULL);
    struct hq_auth row = {.method = "dkim",
                          .result = signature->result,
                          .domain = signature->domain,
                          .trusted = HQ_YES,
                          .source = HQ_AUTH_COMPUTED,
                          .hop = HQ_NONE};

    if (signature->selector)
        g_string_append_printf(detail, "selector %s, ", signature->selector);
    if (has_result(signature, "pass"))
        g_string_append(detail, "verified now, with today's key, ");
    if (signature->reason)
        g_string_append_printf(detail, "%s, ", signature->reason);
    if (signature->partly)
        g_string_append_printf(detail, "%s, ", signature->partly);
    if (detail->len > 0)
        row.detail = hq_arena_dup(arena, detail->str, detail->len - strlen(", "));
    g_array_append_val(rows, row);
}

static void add_rest(GArray *rows, unsigned passed_over, struct hq_arena *arena)
{
    struct hq_auth row = {
        .method = "dkim", .trusted = HQ_YES, .source = HQ_AUTH_COMPUTED, .hop = HQ_NONE};

    row.detail = hq_arena_printf(arena, "not verified: %u signatures behind the first %d",
                                 passed_over, HQ_DKIM_MAX);
    g_array_append_val(rows, row);
}

bool hq_dkim_verify(struct hq_dkim *dkim, struct hq_dns_cache *cache, int64_t when, GArray *rows,
                    struct hq_arena *arena)
{
    bool all = true;

    for (unsigned i = 0; i < dkim->count; i++)
        all = hq_dkim_signature_verify(&dkim->signatures[i], cache, when, arena) && all;
    if (!all)
        return false;
    for (unsigned i = 0; i < dkim->count; i++)
        add_row(rows, &dkim->signatures[i], arena);
    if (dkim->passed_over > 0)
        add_rest(rows, dkim->passed_over, arena);
    return true;
}

const char *hq_dkim_next_pass(const struct hq_dkim *dkim, unsigned *i)
{
    while (dkim && *i < dkim->count) {
        const struct dkim_signature *signature = &dkim->signatures[(*i)++];

        if (has_result(signature, "pass"))
            return signature->domain;
    }
    return NULL;
}

const char *hq_dkim_next_possible(const struct hq_dkim *dkim, unsigned *i)
{
    while (dkim && *i < dkim->count) {
        const struct dkim_signature *signature = &dkim->signatures[(*i)++];

        if (signature->domain && (!signature->result || has_result(signature, "pass") ||
                                  has_result(signature, "temperror")))
            return signature->domain;
    }
    return NULL;
}

bool hq_dkim_has_temporary(const struct hq_dkim *dkim)
{
    for (unsigned i = 0; dkim && i < dkim->count; i++)
        if (has_result(&dkim->signatures[i], "temperror"))
            return true;
    return false;
}
