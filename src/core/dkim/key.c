/* SPDX-License-Identifier: ISC */
/* Key records (RFC 6376 section 3.6.1, RFC 8463) and the arithmetic, which is nettle's. Whoever
 * publishes a key decides how large it is: there are bounds. */
#include "parts.h"
#include <nettle/asn1.h>
#include <nettle/eddsa.h>
#include <nettle/rsa.h>
#include <string.h>

#define RSA_BITS_MIN     1024 /* RFC 8301 section 3.2 */
#define RSA_BITS_MAX     8192
#define RSA_EXPONENT_MAX 64 /* bits */

static const char *read_kind(const struct dkim_tags *tags, struct dkim_key *key)
{
    const struct dkim_tag *kind = hq_dkim_tag(tags, "k");

    if (kind && !hq_dkim_tag_is(kind, "rsa") && !hq_dkim_tag_is(kind, "ed25519"))
        return "its key is of an unknown kind";
    key->kind = hq_dkim_tag_is(kind, "ed25519") ? DKIM_ED25519 : DKIM_RSA;
    return NULL;
}

const char *hq_dkim_key_read(struct dkim_key *key, const char *s, size_t n, struct hq_arena *arena)
{
    struct dkim_tags tags;
    const char *fault;

    *key = (struct dkim_key){.kind = DKIM_RSA};
    if (!hq_dkim_tags_read(&tags, s, n))
        return "its key record cannot be read";

    const struct dkim_tag *version = hq_dkim_tag(&tags, "v");
    const struct dkim_tag *data = hq_dkim_tag(&tags, "p");
    const struct dkim_tag *flags = hq_dkim_tag(&tags, "t");

    if (version && (version != tags.tags || !hq_dkim_tag_is(version, "DKIM1")))
        return "its key record is not of DKIM";
    if (!data)
        return "its key record has no key";
    if (data->value_length == 0)
        return "its key was revoked";
    if (!hq_dkim_list_has(hq_dkim_tag(&tags, "h"), "sha256"))
        return "its key is not for SHA-256";
    if (!hq_dkim_list_has(hq_dkim_tag(&tags, "s"), "*") &&
        !hq_dkim_list_has(hq_dkim_tag(&tags, "s"), "email"))
        return "its key is not for mail";
    fault = read_kind(&tags, key);
    if (fault)
        return fault;
    key->testing = flags && hq_dkim_list_has(flags, "y");
    key->strict = flags && hq_dkim_list_has(flags, "s");
    key->data = hq_dkim_tag_base64(&tags, "p", &key->n, arena);
    return key->data ? NULL : "its key is not base64";
}

/* ---- RSA ---- */

/* The contents of the bit string of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7); NULL: it is
 * none. */
static const uint8_t *unwrap(const uint8_t *data, size_t *n)
{
    struct asn1_der_iterator outer, inner, bits;

    if (asn1_der_iterator_first(&outer, *n, data) != ASN1_ITERATOR_CONSTRUCTED ||
        outer.type != ASN1_SEQUENCE ||
        asn1_der_decode_constructed(&outer, &inner) != ASN1_ITERATOR_CONSTRUCTED ||
        inner.type != ASN1_SEQUENCE || asn1_der_iterator_next(&inner) != ASN1_ITERATOR_PRIMITIVE ||
        inner.type != ASN1_BITSTRING)
        return NULL;
    bits = inner;
    if (bits.length < 2 || bits.data[0] != 0) /* unused bits */
        return NULL;
    *n = bits.length - 1;
    return bits.data + 1;
}

/* RSAPublicKey (RFC 8017 appendix A.1.1), bare or wrapped. The key is initialised by the caller. */
static bool read_rsa(struct rsa_public_key *rsa, const uint8_t *data, size_t n)
{
    struct asn1_der_iterator outer, inner;
    size_t length = n;
    const uint8_t *bare = unwrap(data, &length);

    if (bare) {
        data = bare;
        n = length;
    }
    return asn1_der_iterator_first(&outer, n, data) == ASN1_ITERATOR_CONSTRUCTED &&
           outer.type == ASN1_SEQUENCE &&
           asn1_der_decode_constructed(&outer, &inner) == ASN1_ITERATOR_PRIMITIVE &&
           asn1_der_get_bignum(&inner, rsa->n, RSA_BITS_MAX) &&
           asn1_der_iterator_next(&inner) == ASN1_ITERATOR_PRIMITIVE &&
           asn1_der_get_bignum(&inner, rsa->e, RSA_EXPONENT_MAX) && mpz_sgn(rsa->n) > 0 &&
           mpz_sgn(rsa->e) > 0 && rsa_public_key_prepare(rsa);
}

static const char *check_rsa(struct rsa_public_key *rsa, const struct dkim_key *key,
                             const struct dkim_signature *signature, struct hq_arena *arena,
                             const char **result)
{
    mpz_t value;

    if (!read_rsa(rsa, key->data, key->n)) {
        *result = "permerror";
        return "its key cannot be read";
    }

    size_t bits = mpz_sizeinbase(rsa->n, 2);

    if (bits < RSA_BITS_MIN) {
        *result = "policy";
        return hq_arena_printf(arena, "too weak: a key of %zu bits (RFC 8301)", bits);
    }
    if (signature->value_length > rsa->size)
        return "the signature does not fit the key";
    nettle_mpz_init_set_str_256_u(value, signature->value_length, signature->value);

    int good = rsa_sha256_verify_digest(rsa, signature->digest, value);

    mpz_clear(value);
    return good ? NULL : "the header was changed, or the key is another one by now";
}

/* ---- both ---- */

/* RFC 8463 section 3: what is signed is the hash. */
static const char *check_ed25519(const struct dkim_key *key, const struct dkim_signature *signature,
                                 const char **result)
{
    if (key->n != ED25519_KEY_SIZE) {
        *result = "permerror";
        return "its key cannot be read";
    }
    if (signature->value_length != ED25519_SIGNATURE_SIZE)
        return "the signature does not fit the key";
    return ed25519_sha512_verify(key->data, sizeof signature->digest, signature->digest,
                                 signature->value)
               ? NULL
               : "the header was changed, or the key is another one by now";
}

const char *hq_dkim_key_check(const struct dkim_key *key, const struct dkim_signature *signature,
                              struct hq_arena *arena, const char **result)
{
    struct rsa_public_key rsa;

    if (key->kind != signature->kind) {
        *result = "permerror";
        return "its key is of another kind";
    }
    if (key->strict && signature->identity && strcmp(signature->identity, signature->domain) != 0) {
        *result = "permerror";
        return "its key does not allow a subdomain as identity";
    }
    if (key->kind == DKIM_ED25519)
        return check_ed25519(key, signature, result);
    rsa_public_key_init(&rsa);

    const char *fault = check_rsa(&rsa, key, signature, arena, result);

    rsa_public_key_clear(&rsa);
    return fault;
}
