/* SPDX-License-Identifier: ISC */
/* The ARC chain of a message as one row: is its structure what RFC 8617 section 5.2 asks for? The
 * signatures are not verified, and the row says so. */
#include "auth_lex.h"
#include "decode_gmime.h"
#include <string.h>

#define SETS_MAX 50 /* RFC 8617 section 4.2.1 */

enum { SEAL, SIGNATURE, RESULTS, KIND_COUNT };

static const char *const kinds[KIND_COUNT] = {
    "ARC-Seal",
    "ARC-Message-Signature",
    "ARC-Authentication-Results",
};

struct chain {
    unsigned seen[SETS_MAX + 1][KIND_COUNT];
    const char *cv[SETS_MAX + 1];
    const char *sealer[SETS_MAX + 1];
    unsigned newest;
    bool outside; /* an instance that is no number from 1 to 50 */
};

unsigned auth_instance(const char *s)
{
    unsigned n = 0;

    for (; g_ascii_isdigit(*s) && n <= SETS_MAX; s++)
        n = n * 10 + (unsigned)g_ascii_digit_value(*s);
    return *s == '\0' && n <= SETS_MAX ? n : 0;
}

static void take_field(struct chain *chain, const struct hq_field_span *span, int kind,
                       struct hq_arena *arena)
{
    const GString *text = decode_c_string(decode_unfolded(span));
    g_autoptr(GString) value = g_string_new(NULL);
    const char *cv = NULL;
    const char *sealer = NULL;
    unsigned instance = 0;
    struct auth_lex lex = {.at = text->str, .end = text->str + text->len};
    struct auth_span key;
    bool has_value;

    do {
        while (auth_item(&lex, &key, value, &has_value)) {
            if (auth_is(key, "i") && instance == 0)
                instance = auth_instance(value->str);
            else if (auth_is(key, "cv"))
                cv = hq_arena_intern(arena, value->str, value->len);
            else if (auth_is(key, "d"))
                sealer = hq_arena_intern(arena, value->str, value->len);
        }
    } while (auth_take(&lex, ';'));
    if (instance == 0) {
        chain->outside = true;
        return;
    }
    chain->seen[instance][kind]++;
    chain->newest = MAX(chain->newest, instance);
    if (kind == SEAL) {
        chain->cv[instance] = cv;
        chain->sealer[instance] = sealer;
    }
}

/* Why the chain fails, NULL when it does not. */
static const char *defect(const struct chain *chain)
{
    if (chain->outside || chain->newest == 0)
        return "a field without a valid instance";
    for (unsigned i = 1; i <= chain->newest; i++) {
        const char *cv = chain->cv[i] ? chain->cv[i] : "";

        for (int kind = 0; kind < KIND_COUNT; kind++)
            if (chain->seen[i][kind] != 1)
                return chain->seen[i][kind] ? "a field twice" : "an incomplete set";
        if (g_ascii_strcasecmp(cv, i == 1 ? "none" : "pass") != 0)
            return g_ascii_strcasecmp(cv, "fail") == 0 ? "sealed as failed" : "a wrong cv";
    }
    return NULL;
}

void auth_read_chain(const struct hq_headers *headers, const struct auth_field *field)
{
    struct chain chain = {.newest = 0};
    bool any = false;

    for (unsigned i = 0; i < headers->count; i++)
        for (int kind = 0; kind < KIND_COUNT; kind++)
            if (hq_field_is(&headers->fields[i], kinds[kind])) {
                take_field(&chain, &headers->fields[i], kind, field->arena);
                any = true;
            }
    if (!any || field->rows->len >= HQ_AUTH_MAX)
        return;

    const char *why = defect(&chain);
    const char *sealer = chain.sealer[chain.newest];
    g_autofree char *detail = g_strdup_printf("sets=%u (%s; signatures not verified)", chain.newest,
                                              why ? why : "complete");
    struct hq_auth *row =
        auth_add(field, "arc", why ? "fail" : "pass", (struct auth_span){detail, strlen(detail)});

    row->domain = sealer;
    row->authserv = sealer;
}
