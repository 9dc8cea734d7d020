/* SPDX-License-Identifier: ISC */
/* What the files of DKIM and ARC share: tags, canonical forms, keys, one signature.
 *
 * Why not libopendkim: it asks for a key in the middle of the header, so a message would have to be
 * kept and hashed again for every answer of the DNS; without a key it does not look at the body;
 * and it knows no ARC, whose canonical forms would be written a second time. The arithmetic is
 * nettle's, which opens no file and keeps no state. */
#ifndef HOPQ_CORE_DKIM_PARTS_H
#define HOPQ_CORE_DKIM_PARTS_H

#include "hopq/arena.h"
#include "hopq/dkim.h"
#include <nettle/sha2.h>

/* ---- tag lists (tags.c), RFC 6376 section 3.2 ---- */

#define DKIM_TAGS_MAX 32

struct dkim_tag {
    const char *name; /* not NUL-terminated */
    size_t name_length;
    const char *value; /* without the blanks around it */
    size_t value_length;
};

struct dkim_tags {
    struct dkim_tag tags[DKIM_TAGS_MAX];
    unsigned count;
};

/* Splits the N bytes of S, which TAGS then points into. False: not the grammar, a name twice, too
 * many. */
bool hq_dkim_tags_read(struct dkim_tags *tags, const char *s, size_t n);
/* NULL: not there. Names are case-sensitive. */
const struct dkim_tag *hq_dkim_tag(const struct dkim_tags *tags, const char *name);
bool hq_dkim_tag_is(const struct dkim_tag *tag, const char *value); /* case-insensitive */
/* A copy without blanks inside; NULL: not there. */
const char *hq_dkim_tag_string(const struct dkim_tags *tags, const char *name,
                               struct hq_arena *arena);
/* Digits only; -1: not there or no number. */
int64_t hq_dkim_tag_number(const struct dkim_tags *tags, const char *name);
/* Base64 with blanks anywhere; *N bytes in ARENA. NULL: not there, not base64. */
const uint8_t *hq_dkim_tag_base64(const struct dkim_tags *tags, const char *name, size_t *n,
                                  struct hq_arena *arena);
/* The next word between colons, trimmed; false: no more. REST begins as the tag's value. */
bool hq_dkim_list_next(struct dkim_tag *rest, const char **word, size_t *n);
/* The list in TAG has WORD (case-insensitive); a list that is not there has every word. */
bool hq_dkim_list_has(const struct dkim_tag *tag, const char *word);

/* ---- canonical forms (canon.c), section 3.4 ---- */

/* Adds a field; NO_SIGNATURE leaves out the value of its tag "b" and the final line end (section
 * 3.7). */
void hq_dkim_canon_field(struct sha256_ctx *hash, const struct hq_headers *headers,
                         const struct hq_field_span *field, bool relaxed, bool no_signature);
/* Hash of the N bytes of a body in canonical form, of its first LIMIT bytes. Returns the length of
 * the whole canonical body. */
uint64_t hq_dkim_canon_body(const char *body, size_t n, bool relaxed, uint64_t limit,
                            uint8_t digest[SHA256_DIGEST_SIZE]);

/* The fields of a message by name, the last one first: what an "h=" list picks from. */
struct dkim_fields;
struct dkim_fields *hq_dkim_fields_new(const struct hq_headers *headers);
void hq_dkim_fields_free(struct dkim_fields *fields);
/* Begins a list anew. */
void hq_dkim_fields_rewind(struct dkim_fields *fields);
/* The next field of that name from the bottom; NULL: none is left. */
const struct hq_field_span *hq_dkim_fields_take(struct dkim_fields *fields, const char *name,
                                                size_t n);

/* ---- one signature (signature.c) ---- */

enum dkim_kind { DKIM_RSA, DKIM_ED25519 };

struct dkim_signature {
    const char *domain;   /* d=, lower case */
    const char *selector; /* s= */
    const char *identity; /* i= of DKIM, NULL: none */
    enum dkim_kind kind;
    uint8_t digest[SHA256_DIGEST_SIZE]; /* of the header */
    const uint8_t *value;               /* b= */
    size_t value_length;
    int64_t expires;    /* x=, seconds; -1: never */
    const char *partly; /* words, when l= leaves a part of the body unsigned */
    bool body_same;     /* the body is what was signed */
    /* The outcome. Set while reading when no key can change it. */
    const char *result; /* as RFC 8601 section 2.7.1; NULL: not verified */
    const char *reason; /* in words; NULL: none */
    bool decided;
};

/* What a signature field is read against. */
struct dkim_message {
    const struct hq_headers *headers;
    struct dkim_fields *fields;
    const char *body;
    size_t body_length;
    bool whole;
    struct hq_arena *arena;
    /* The body hashed last: most signatures of a message ask for the same. */
    bool hashed;
    bool hashed_relaxed;
    uint64_t hashed_limit;
    uint64_t hashed_length;
    uint8_t body_digest[SHA256_DIGEST_SIZE];
};

/* Of DKIM-Signature and ARC-Message-Signature; ARC has no "v=" and means another thing by "i=". */
void hq_dkim_signature_read(struct dkim_message *message, const struct hq_field_span *field,
                            bool arc, struct dkim_signature *signature);
/* Takes domain, selector, algorithm and value from TAGS; false: they decide the result. */
bool hq_dkim_signature_begin(const struct dkim_tags *tags, struct dkim_signature *signature,
                             struct hq_arena *arena);
/* Decides: sets RESULT and the reason. Returns false. */
bool hq_dkim_decide(struct dkim_signature *signature, const char *result, const char *reason);
/* Verifies it with the key from the cache; true: decided. */
bool hq_dkim_signature_verify(struct dkim_signature *signature, struct hq_dns_cache *cache,
                              int64_t when, struct hq_arena *arena);

/* ---- keys (key.c), section 3.6.1 ---- */

struct dkim_key {
    enum dkim_kind kind;
    const uint8_t *data; /* p= */
    size_t n;
    bool testing; /* t=y */
    bool strict;  /* t=s: the identity's domain is the signing one */
};

/* Reads the N bytes of a TXT record. NULL, or what is wrong with it. */
const char *hq_dkim_key_read(struct dkim_key *key, const char *s, size_t n, struct hq_arena *arena);
/* The signature holds: NULL; else why not. */
const char *hq_dkim_key_check(const struct dkim_key *key, const struct dkim_signature *signature,
                              struct hq_arena *arena, const char **result);

#endif
