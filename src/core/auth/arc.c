/* SPDX-License-Identifier: ISC */
/* The ARC chain of a message as one row: is its structure what RFC 8617 section 5.2 asks for? Its
 * signatures are another matter (arc.c), and the row says so. */
#include "core/dkim/arc.h"
#include "core/decode/gmime.h"
#include "lex.h"
#include <string.h>

static const char *const kinds[ARC_KIND_COUNT] = {
    "ARC-Seal",
    "ARC-Message-Signature",
    "ARC-Authentication-Results",
};

unsigned hq_auth_instance(const char *s)
{
    unsigned n = 0;

    for (; g_ascii_isdigit(*s) && n <= ARC_SETS_MAX; s++)
        n = n * 10 + (unsigned)g_ascii_digit_value(*s);
    return *s == '\0' && n <= ARC_SETS_MAX ? n : 0;
}

static void take_field(struct arc_chain *chain, const struct hq_field_span *span,
                       enum arc_kind kind, struct hq_arena *arena)
{
    const GString *text = hq_decode_c_string(hq_decode_unfolded(span));
    g_autoptr(GString) value = g_string_new(NULL);
    const char *cv = NULL;
    const char *sealer = NULL;
    unsigned instance = 0;
    struct auth_lex lex = {.at = text->str, .end = text->str + text->len};
    struct auth_span key;
    bool has_value;

    do {
        while (hq_auth_item(&lex, &key, value, &has_value)) {
            if (hq_auth_is(key, "i") && instance == 0)
                instance = hq_auth_instance(value->str);
            else if (hq_auth_is(key, "cv"))
                cv = hq_arena_intern(arena, value->str, value->len);
            else if (hq_auth_is(key, "d"))
                sealer = hq_arena_intern(arena, value->str, value->len);
        }
    } while (hq_auth_take(&lex, ';'));
    if (instance == 0) {
        chain->outside = true;
        return;
    }

    struct arc_set *set = &chain->sets[instance];

    if (set->seen[kind]++ == 0)
        set->fields[kind] = span;
    chain->newest = MAX(chain->newest, instance);
    if (kind == ARC_SEAL) {
        set->cv = cv;
        set->sealer = sealer;
    }
}

bool hq_arc_chain_read(struct arc_chain *chain, const struct hq_headers *headers,
                       struct hq_arena *arena)
{
    bool any = false;

    memset(chain, 0, sizeof *chain);
    for (unsigned i = 0; i < headers->count; i++) {
        const struct hq_field_span *span = &headers->fields[i];

        if (span->name_length < 4 || g_ascii_strncasecmp(span->name, "ARC-", 4) != 0)
            continue;
        for (int kind = 0; kind < ARC_KIND_COUNT; kind++)
            if (hq_field_is(span, kinds[kind])) {
                take_field(chain, span, (enum arc_kind)kind, arena);
                any = true;
            }
    }
    return any;
}

const char *hq_arc_chain_defect(const struct arc_chain *chain)
{
    if (chain->outside || chain->newest == 0)
        return "a field without a valid instance";
    for (unsigned i = 1; i <= chain->newest; i++) {
        const struct arc_set *set = &chain->sets[i];
        const char *cv = set->cv ? set->cv : "";

        for (int kind = 0; kind < ARC_KIND_COUNT; kind++)
            if (set->seen[kind] != 1)
                return set->seen[kind] ? "a field twice" : "an incomplete set";
        if (g_ascii_strcasecmp(cv, i == 1 ? "none" : "pass") != 0)
            return g_ascii_strcasecmp(cv, "fail") == 0 ? "sealed as failed" : "a wrong cv";
    }
    return NULL;
}

void hq_auth_read_chain(const struct hq_headers *headers, const struct auth_field *field)
{
    struct arc_chain chain;

    if (field->rows->len >= HQ_AUTH_MAX || !hq_arc_chain_read(&chain, headers, field->arena))
        return;

    const char *why = hq_arc_chain_defect(&chain);
    const char *sealer = chain.sets[chain.newest].sealer;
    g_autofree char *detail =
        g_strdup_printf("sets=%u (%s; structure only)", chain.newest, why ? why : "complete");
    struct hq_auth *row = hq_auth_add(field, "arc", why ? "fail" : "pass",
                                      (struct auth_span){detail, strlen(detail)});

    row->domain = sealer;
    row->authserv = sealer;
}
