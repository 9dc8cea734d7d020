/* SPDX-License-Identifier: ISC */
/* The signatures of an ARC chain, RFC 8617 section 5.2: all seals, and the newest message
 * signature. The older message signatures may rightly be broken: lists change mail. */
#include "arc.h"
#include "hopq/auth.h"
#include "hopq/time.h"
#include "parts.h"
#include <string.h>

struct hq_arc {
    const char *sealer;            /* newest */
    const char *defect;            /* of the structure; NULL: none */
    const char *skipped;           /* why nothing was read; NULL: it was */
    unsigned count;                /* of the sets */
    struct dkim_signature message; /* of the newest set */
    struct dkim_signature seals[HQ_DKIM_MAX];
};

/* Section 5.1.1: the sets up to this one, each as results, signature, seal; relaxed. */
static void hash_sets(const struct dkim_message *message, const struct arc_chain *chain,
                      unsigned instance, uint8_t digest[SHA256_DIGEST_SIZE])
{
    static const enum arc_kind order[] = {ARC_RESULTS, ARC_SIGNATURE, ARC_SEAL};
    struct sha256_ctx hash;

    sha256_init(&hash);
    for (unsigned i = 1; i <= instance; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(order); k++)
            hq_dkim_canon_field(&hash, message->headers, chain->sets[i].fields[order[k]], true,
                                i == instance && order[k] == ARC_SEAL);
    sha256_digest(&hash, SHA256_DIGEST_SIZE, digest);
}

static void read_seal(const struct dkim_message *message, const struct arc_chain *chain,
                      unsigned instance, struct dkim_signature *seal)
{
    const struct hq_field_span *field = chain->sets[instance].fields[ARC_SEAL];
    struct dkim_tags tags;

    *seal = (struct dkim_signature){.expires = -1};
    if (!hq_dkim_tags_read(&tags, field->value, field->value_length))
        hq_dkim_decide(seal, "fail", "its tags cannot be read");
    else if (hq_dkim_tag(&tags, "h")) /* section 4.1.3 */
        hq_dkim_decide(seal, "fail", "it has a list of fields");
    else if (hq_dkim_signature_begin(&tags, seal, message->arena))
        hash_sets(message, chain, instance, seal->digest);
}

static void read_sets(struct hq_arc *arc, struct dkim_message *message,
                      const struct arc_chain *chain)
{
    for (unsigned i = 1; i <= arc->count; i++)
        read_seal(message, chain, i, &arc->seals[i - 1]);
    message->fields = hq_dkim_fields_new(message->headers);
    hq_dkim_signature_read(message, chain->sets[arc->count].fields[ARC_SIGNATURE], true,
                           &arc->message);
    hq_dkim_fields_free(message->fields);
}

struct hq_arc *hq_arc_read(const struct hq_headers *headers, const char *content, size_t n,
                           bool whole, struct hq_arena *arena)
{
    struct arc_chain chain;

    if (!hq_arc_chain_read(&chain, headers, arena))
        return NULL;

    struct hq_arc *arc = hq_arena_alloc(arena, sizeof *arc);
    struct dkim_message message = {
        .headers = headers,
        .body = content + headers->body,
        .body_length = n - headers->body,
        .whole = whole,
        .arena = arena,
    };

    arc->sealer = chain.sets[chain.newest].sealer;
    arc->count = chain.newest;
    arc->defect = hq_arc_chain_defect(&chain);
    if (arc->count > HQ_DKIM_MAX)
        arc->skipped = "it has more than 10 sets";
    else if (!whole)
        arc->skipped = "the message is larger than what is read of it";
    else if (!arc->defect)
        read_sets(arc, &message, &chain);
    return arc;
}

static const char *words(const struct dkim_signature *signature, const char *what, unsigned set,
                         struct hq_arena *arena)
{
    return hq_arena_printf(arena, "%s %u of %s: %s", what, set,
                           signature->domain ? signature->domain : "?", signature->reason);
}

static bool passed(const struct dkim_signature *signature)
{
    return signature->result && strcmp(signature->result, "pass") == 0;
}

static bool is_temporary(const struct dkim_signature *signature)
{
    return signature->result && strcmp(signature->result, "temperror") == 0;
}

/* The first signature that does not hold, the newest set first. */
static void judge(const struct hq_arc *arc, struct hq_auth *row, struct hq_arena *arena)
{
    const struct dkim_signature *broken = passed(&arc->message) ? NULL : &arc->message;
    unsigned set = arc->count;

    for (unsigned i = arc->count; i > 0 && !broken; i--)
        if (!passed(&arc->seals[i - 1])) {
            broken = &arc->seals[i - 1];
            set = i;
        }
    if (!broken) {
        row->result = "pass";
        row->detail =
            hq_arena_printf(arena, "sets=%u, verified now, with today's keys", arc->count);
        return;
    }
    row->result = !broken->result ? NULL : is_temporary(broken) ? "temperror" : "fail";
    row->detail = words(broken, broken == &arc->message ? "signature" : "seal", set, arena);
}

bool hq_arc_verify(struct hq_arc *arc, struct hq_dns_cache *cache, GArray *rows,
                   struct hq_arena *arena)
{
    struct hq_auth row = hq_auth_computed("arc");
    bool all = true;

    row.domain = arc->sealer;
    if (arc->defect) {
        row.result = "fail";
        row.detail = hq_arena_printf(arena, "its structure: %s", arc->defect);
    } else if (arc->skipped) {
        row.detail = hq_arena_printf(arena, "not verified: %s", arc->skipped);
    } else {
        all = hq_dkim_signature_verify(&arc->message, cache, HQ_NONE, arena);
        for (unsigned i = 0; i < arc->count; i++)
            all = hq_dkim_signature_verify(&arc->seals[i], cache, HQ_NONE, arena) && all;
        if (!all)
            return false;
        judge(arc, &row, arena);
    }
    g_array_append_val(rows, row);
    return true;
}
