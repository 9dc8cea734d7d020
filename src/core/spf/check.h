/* SPDX-License-Identifier: ISC */
/* One SPF check on its way: what these files share. Nothing here outlives the call of
 * hq_spf_check(), and strings are borrowed from its arguments or from the DNS cache.
 *
 * record.c grammar -> spf.c evaluates records -> engine.c asks libspf2 about one mechanism
 * -> lookup.c DNS within the limits; macro.c expands names and explanations for all. */
#ifndef HOPQ_CORE_SPF_CHECK_H
#define HOPQ_CORE_SPF_CHECK_H

#include "core/dns/packet.h"
#include "hopq/arena.h"
#include "hopq/detail.h"
#include "hopq/ip.h"

/* ---- record (record.c) ---- */

enum hq_spf_kind {
    HQ_SPF_ALL,
    HQ_SPF_INCLUDE,
    HQ_SPF_A,
    HQ_SPF_MX,
    HQ_SPF_PTR,
    HQ_SPF_IP4,
    HQ_SPF_IP6,
    HQ_SPF_EXISTS,
    HQ_SPF_REDIRECT, /* modifiers from here on */
    HQ_SPF_EXP,
    HQ_SPF_OTHER_MODIFIER
};

struct hq_spf_span {
    const char *s; /* not NUL-terminated */
    size_t n;
};

struct hq_spf_term {
    enum hq_spf_kind kind;
    char qualifier;          /* '+' '-' '~' '?' */
    struct hq_spf_span text; /* as written */
    struct hq_spf_span spec; /* domain-spec, macros unexpanded; empty: none */
    struct hq_ip ip;         /* ip4, ip6 */
    int prefix[2];           /* of IPv4 and IPv6: 32 and 128 when not written */
};

struct hq_spf_record {
    struct hq_spf_span text;
    struct hq_spf_span redirect, exp; /* domain-specs, empty: none */
    bool has_all;
};

/* The N bytes of S are an SPF record: "v=spf1" and a space or the end (RFC 7208 section 4.5). */
bool hq_spf_is_record(const char *s, size_t n);
/* Checks a whole record by the grammar of RFC 7208 section 12. False: BAD is the first term that
 * is wrong, and the result static text that says how, else NULL. */
const char *hq_spf_record_read(const char *s, size_t n, struct hq_spf_record *record,
                               struct hq_spf_span *bad);
/* The mechanisms of a record that was read, in their order. REST begins as record->text. */
bool hq_spf_record_next(struct hq_spf_span *rest, struct hq_spf_term *term);

/* ---- check ---- */

/* Why an evaluation must stop; RUN: it need not. */
enum hq_spf_stop { HQ_SPF_RUN, HQ_SPF_PENDING, HQ_SPF_TEMPERROR, HQ_SPF_PERMERROR };

struct hq_spf_check {
    struct hq_dns_cache *cache;
    struct hq_ip ip;
    const char *receiver;
    struct hq_spf_span helo, local, sender_domain; /* what macros l, s, o, h are made of */
    enum hq_spf_stop stop;
    GString *problem; /* with stop: why, in words */
    unsigned terms;   /* asked for by a term, RFC 7208 section 4.6.4 */
    unsigned voids;
    unsigned matches;     /* mechanisms judged */
    GPtrArray *questions; /* char *, "TXT example.com" */
    struct hq_spf_frame *frame;
};

/* Stops the check, unless it has stopped already. Always returns false. */
bool hq_spf_stop(struct hq_spf_check *check, enum hq_spf_stop stop, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct hq_spf_verdict {
    enum hq_result result;         /* UNKNOWN: pending */
    struct hq_spf_span term;       /* the mechanism that decided; empty: none */
    struct hq_spf_span record;     /* what the domain publishes; empty: none */
    struct hq_spf_span exp;        /* domain-spec of the record that decided; empty: none */
    char domain[HQ_DNS_NAME_SIZE]; /* that record's: another one after a redirect */
};

/* check_host() of section 4 for DOMAIN. */
void hq_spf_check_host(struct hq_spf_check *check, const char *domain,
                       struct hq_spf_verdict *verdict);

/* ---- macros (macro.c) ---- */

#define HQ_SPF_TEXT_SIZE 4096

/* What an expansion grows in; cut at its size. */
struct hq_spf_text {
    char bytes[HQ_SPF_TEXT_SIZE];
    size_t n;
    bool full;
};

/* S holds a macro-string (section 7.1). EXPLANATION also allows spaces and the macros c, r, t. */
bool hq_spf_macro_valid(struct hq_spf_span s, bool explanation);
/* S, valid, has a macro of the sender's local part ("s", "l"). */
bool hq_spf_macro_has_local(struct hq_spf_span s);
/* S is a domain-spec: a macro-string with a proper end. */
bool hq_spf_domain_spec_valid(struct hq_spf_span s);
/* Expands a valid macro-string; false when the check has to stop. DOMAIN is the current one. */
bool hq_spf_expand(struct hq_spf_check *check, struct hq_spf_span s, const char *domain,
                   struct hq_spf_text *out);
/* The same for a domain-spec, cut to 253 bytes as section 7.3 says; an empty one is DOMAIN. */
bool hq_spf_expand_domain(struct hq_spf_check *check, struct hq_spf_span spec, const char *domain,
                          char out[HQ_DNS_NAME_SIZE]);

/* ---- DNS (lookup.c) ---- */

/* Any answer, also a failure, which the caller must judge. NULL: PENDING. */
const struct hq_dns_answer *hq_spf_ask(struct hq_spf_check *check, const char *name,
                                       enum hq_dns_type type);
/* False: the check stops, for NAME has no answer, or nothing can be asked. */
bool hq_spf_unanswered(struct hq_spf_check *check, const char *name, enum hq_dns_type type);
/* For a mechanism: a failure is a temperror, the third void answer a permerror. NULL: stop. */
const struct hq_dns_answer *hq_spf_lookup(struct hq_spf_check *check, const char *name,
                                          enum hq_dns_type type);
/* Asks for the addresses of the first COUNT hosts at once, so that a list of them costs one round
 * trip. False: PENDING. */
bool hq_spf_prefetch(struct hq_spf_check *check, const struct hq_dns_answer *hosts, unsigned count);
/* A or AAAA, by the client's family. */
enum hq_dns_type hq_spf_address_type(const struct hq_spf_check *check);

/* How well a validated name of the client (section 5.5) fits a domain. */
enum hq_spf_fit { HQ_SPF_NO_NAME, HQ_SPF_ANY_NAME, HQ_SPF_SUBDOMAIN, HQ_SPF_SAME };
/* NAME takes the best one, borrowed from the cache. LIMITED counts void answers: for the mechanism
 * ptr, not for the macro p. */
enum hq_spf_fit hq_spf_client_name(struct hq_spf_check *check, const char *domain, bool limited,
                                   const char **name);

/* ---- libspf2 (engine.c) ---- */

/* One more term that asks the DNS; false: too many. */
bool hq_spf_count_term(struct hq_spf_check *check);
/* Tells libspf2 which check begins. One at a time in a process. */
void hq_spf_engine_begin(struct hq_spf_check *check);
/* The mechanism TERM of DOMAIN's record matches the client. False also when the check stops. */
bool hq_spf_engine_match(struct hq_spf_check *check, const struct hq_spf_term *term,
                         const char *domain);

#endif
