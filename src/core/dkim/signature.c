/* SPDX-License-Identifier: ISC */
/* One signature: its field read and everything it covers hashed (RFC 6376 section 6.1.1 and 3.7),
 * and later, when the DNS has the key, judged (6.1.2, 6.1.3). Results by RFC 8601 section 2.7.1. */
#include "hopq/org.h"
#include "hopq/time.h"
#include "parts.h"
#include <string.h>

#define NAMES_MAX 1000 /* in "h=" */

bool hq_dkim_decide(struct dkim_signature *signature, const char *result, const char *reason)
{
    signature->result = result;
    signature->reason = reason;
    signature->decided = true;
    return false;
}

/* ---- reading ---- */

/* A domain as the DNS wants it (RFC 8616), lower case; NULL: none. */
static const char *domain_of(const char *s, struct hq_arena *arena)
{
    g_autofree char *ascii = s && !g_str_is_ascii(s) ? g_hostname_to_ascii(s) : g_strdup(s);
    g_autofree char *lower = ascii ? g_ascii_strdown(ascii, -1) : NULL;

    if (!lower || !hq_dns_name_valid(lower))
        return NULL;

    size_t n = strlen(lower);

    return hq_arena_dup(arena, lower, lower[n - 1] == '.' ? n - 1 : n);
}

bool hq_dkim_signature_begin(const struct dkim_tags *tags, struct dkim_signature *signature,
                             struct hq_arena *arena)
{
    const struct dkim_tag *algorithm = hq_dkim_tag(tags, "a");

    signature->selector = hq_dkim_tag_string(tags, "s", arena);
    signature->domain = domain_of(hq_dkim_tag_string(tags, "d", arena), arena);
    if (!signature->selector || !signature->domain)
        return hq_dkim_decide(signature, "neutral", "it names no domain and selector");
    signature->value = hq_dkim_tag_base64(tags, "b", &signature->value_length, arena);
    if (!signature->value || signature->value_length == 0)
        return hq_dkim_decide(signature, "neutral", "the signature itself is not there or damaged");
    if (hq_dkim_tag_is(algorithm, "rsa-sha1"))
        return hq_dkim_decide(signature, "policy", "too weak: rsa-sha1 (RFC 8301)");
    if (!hq_dkim_tag_is(algorithm, "rsa-sha256") && !hq_dkim_tag_is(algorithm, "ed25519-sha256"))
        return hq_dkim_decide(signature, "neutral", "its algorithm is not known");
    signature->kind = hq_dkim_tag_is(algorithm, "rsa-sha256") ? DKIM_RSA : DKIM_ED25519;
    return true;
}

/* "c=": header/body, simple each when left out. False: none of the four. */
static bool read_forms(const struct dkim_tags *tags, bool *header_relaxed, bool *body_relaxed)
{
    static const struct {
        const char *value;
        bool header;
        bool body;
    } forms[] = {
        {"simple", false, false}, {"simple/simple", false, false}, {"simple/relaxed", false, true},
        {"relaxed", true, false}, {"relaxed/simple", true, false}, {"relaxed/relaxed", true, true},
    };
    const struct dkim_tag *tag = hq_dkim_tag(tags, "c");

    *header_relaxed = *body_relaxed = false;
    for (size_t i = 0; tag && i < G_N_ELEMENTS(forms); i++) {
        if (!hq_dkim_tag_is(tag, forms[i].value))
            continue;
        *header_relaxed = forms[i].header;
        *body_relaxed = forms[i].body;
        return true;
    }
    return !tag;
}

/* What only DKIM's own field has. */
static bool read_dkim_tags(const struct dkim_tags *tags, struct dkim_signature *signature,
                           struct hq_arena *arena)
{
    int64_t signed_at = hq_dkim_tag_number(tags, "t");
    const char *identity = hq_dkim_tag_string(tags, "i", arena);
    const char *at = identity ? strrchr(identity, '@') : NULL;

    if (!hq_dkim_tag_is(hq_dkim_tag(tags, "v"), "1"))
        return hq_dkim_decide(signature, "neutral", "its version is not 1");
    if (!hq_dkim_list_has(hq_dkim_tag(tags, "q"), "dns/txt"))
        return hq_dkim_decide(signature, "neutral", "its key is not in the DNS");
    signature->expires = hq_dkim_tag_number(tags, "x");
    if (hq_dkim_tag(tags, "x") && (signature->expires < 0 || signature->expires < signed_at))
        return hq_dkim_decide(signature, "neutral", "it expires before it was made");
    if (!identity)
        return true;
    signature->identity = at ? domain_of(at + 1, arena) : NULL;
    if (!signature->identity ||
        !hq_domain_is_below(signature->identity, strlen(signature->identity), signature->domain))
        return hq_dkim_decide(signature, "neutral", "its identity is outside the signing domain");
    return true;
}

static void hash_body(struct dkim_message *message, bool relaxed, uint64_t limit)
{
    if (message->hashed && message->hashed_relaxed == relaxed && message->hashed_limit == limit)
        return;
    message->hashed = true;
    message->hashed_relaxed = relaxed;
    message->hashed_limit = limit;
    message->hashed_length = hq_dkim_canon_body(message->body, message->body_length, relaxed, limit,
                                                message->body_digest);
}

static bool check_body(struct dkim_message *message, const struct dkim_tags *tags, bool relaxed,
                       struct dkim_signature *signature)
{
    const struct dkim_tag *length = hq_dkim_tag(tags, "l");
    int64_t limit = hq_dkim_tag_number(tags, "l");
    size_t n = 0;
    const uint8_t *claimed = hq_dkim_tag_base64(tags, "bh", &n, message->arena);

    if (length && limit < 0)
        return hq_dkim_decide(signature, "neutral", "its body length is no number");
    if (!claimed || n != SHA256_DIGEST_SIZE)
        return hq_dkim_decide(signature, "neutral", "its body hash is not there or damaged");
    hash_body(message, relaxed, length ? (uint64_t)limit : UINT64_MAX);
    if (length && (uint64_t)limit > message->hashed_length)
        return hq_dkim_decide(signature, "fail", "the body is shorter than what was signed");
    if (memcmp(claimed, message->body_digest, SHA256_DIGEST_SIZE) != 0)
        return hq_dkim_decide(signature, "fail", "the body was changed (body hash)");
    signature->body_same = true;
    if (length && (uint64_t)limit < message->hashed_length)
        signature->partly =
            hq_arena_printf(message->arena,
                            "only the first %" G_GINT64_FORMAT " of %" G_GUINT64_FORMAT
                            " bytes of the body are signed",
                            limit, message->hashed_length);
    return true;
}

/* The fields of "h=", from the bottom, and the signature's own without its value. */
static bool hash_header(struct dkim_message *message, const struct dkim_tags *tags, bool relaxed,
                        const struct hq_field_span *own, struct dkim_signature *signature)
{
    const struct dkim_tag *names = hq_dkim_tag(tags, "h");
    struct dkim_tag rest = names ? *names : (struct dkim_tag){0};
    struct sha256_ctx hash;
    const char *name;
    unsigned count = 0;
    size_t n;

    if (!names || !hq_dkim_list_has(names, "from"))
        return hq_dkim_decide(signature, "neutral", "it does not cover From");
    sha256_init(&hash);
    hq_dkim_fields_rewind(message->fields);
    while (hq_dkim_list_next(&rest, &name, &n)) {
        const struct hq_field_span *field = hq_dkim_fields_take(message->fields, name, n);

        if (++count > NAMES_MAX)
            return hq_dkim_decide(signature, "neutral", "it covers more than 1000 fields");
        if (field == own)
            field = hq_dkim_fields_take(message->fields, name, n);
        if (field)
            hq_dkim_canon_field(&hash, message->headers, field, relaxed, false);
    }
    hq_dkim_canon_field(&hash, message->headers, own, relaxed, true);
    sha256_digest(&hash, SHA256_DIGEST_SIZE, signature->digest);
    return true;
}

void hq_dkim_signature_read(struct dkim_message *message, const struct hq_field_span *field,
                            bool arc, struct dkim_signature *signature)
{
    struct dkim_tags tags;
    bool header_relaxed;
    bool body_relaxed;

    *signature = (struct dkim_signature){.expires = -1};
    if (!hq_dkim_tags_read(&tags, field->value, field->value_length)) {
        hq_dkim_decide(signature, "neutral", "its tags cannot be read");
        return;
    }
    if (!hq_dkim_signature_begin(&tags, signature, message->arena) ||
        (!arc && !read_dkim_tags(&tags, signature, message->arena)))
        return;
    if (!read_forms(&tags, &header_relaxed, &body_relaxed))
        hq_dkim_decide(signature, "neutral", "its canonical form is not known");
    else if (!message->whole)
        hq_dkim_decide(signature, NULL,
                       "not verified: the message is larger than what is read of it");
    else if (check_body(message, &tags, body_relaxed, signature))
        hash_header(message, &tags, header_relaxed, field, signature);
}

/* ---- judging ---- */

/* Several records are an error of the signer's, but some zones have a stray one: the first that
 * is a key counts. */
static const char *find_key(const struct hq_dns_answer *answer, struct dkim_key *key,
                            struct hq_arena *arena)
{
    const char *fault = "there is no key any more";

    for (unsigned i = 0; i < answer->count; i++) {
        const char *wrong =
            hq_dkim_key_read(key, answer->records[i].text, answer->records[i].length, arena);

        if (!wrong)
            return NULL;
        fault = i == 0 ? wrong : fault;
    }
    return fault;
}

static void judge(struct dkim_signature *signature, const struct hq_dns_answer *answer,
                  int64_t when, struct hq_arena *arena)
{
    struct dkim_key key;
    const char *result = "fail";
    const char *fault;

    if (answer->status == HQ_DNS_TEMPFAIL) {
        hq_dkim_decide(signature, "temperror", "the DNS does not give the key");
        return;
    }
    fault = find_key(answer, &key, arena);
    if (fault) {
        hq_dkim_decide(signature, "permerror", fault);
        return;
    }
    fault = hq_dkim_key_check(&key, signature, arena, &result);
    if (!fault && signature->expires >= 0 && when != HQ_NONE &&
        when / HQ_SECOND > signature->expires)
        fault = "it has expired";
    if (fault)
        hq_dkim_decide(signature, result, fault);
    else
        hq_dkim_decide(signature, "pass", key.testing ? "its domain is only testing DKIM" : NULL);
}

bool hq_dkim_signature_verify(struct dkim_signature *signature, struct hq_dns_cache *cache,
                              int64_t when, struct hq_arena *arena)
{
    if (signature->decided)
        return true;
    if (hq_dns_cache_is_closed(cache)) {
        hq_dkim_decide(signature, NULL,
                       signature->body_same ? "not verified: there is no DNS; the body is unchanged"
                                            : "not verified: there is no DNS");
        return true;
    }

    g_autofree char *name =
        g_strdup_printf("%s._domainkey.%s", signature->selector, signature->domain);
    const struct hq_dns_answer *answer = hq_dns_cache_get(cache, name, HQ_DNS_TXT);

    if (!answer)
        return false;
    judge(signature, answer, when, arena);
    return true;
}
