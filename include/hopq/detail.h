/* SPDX-License-Identifier: ISC */
/* The in-full part of a message: which way it came, what is proven and what is claimed, its
 * headers and its text. Made on demand (one message is opened, or --full). */
#ifndef HOPQ_DETAIL_H
#define HOPQ_DETAIL_H

#include "hopq/history.h"
#include "hopq/message.h"

/* How far a hop can be believed. At most one hop is the BOUNDARY: its client address is the last
 * fact; what is older is CLAIMED by the sender's side. */
enum hq_trust {
    HQ_TRUST_UNKNOWN,
    HQ_TRUST_OURS,
    HQ_TRUST_TRUSTED,
    HQ_TRUST_BOUNDARY,
    HQ_TRUST_CLAIMED,
    HQ_TRUST_COUNT
};

/* What a Received field is (spec: three outcomes of a parser, and the hand-overs without TCP). */
enum hq_hop_kind {
    HQ_HOP_UNPARSEABLE, /* fits no form: PROBLEM says why */
    HQ_HOP_RELAY,       /* a TCP hand-over with a client address */
    HQ_HOP_LOCAL,       /* uid, stdin, pickup, local, spool, "invoked by" */
    HQ_HOP_FETCH,       /* POP3, IMAP, mapi */
    HQ_HOP_SCANNER,     /* a filter on the same host */
    HQ_HOP_NO_IP,       /* known form, no usable address */
    HQ_HOP_KIND_COUNT
};

/* How the client of a hop is the host that wrote the next older one. */
enum hq_link {
    HQ_LINK_UNKNOWN, /* nothing to compare */
    HQ_LINK_NAME,
    HQ_LINK_ADDRESS,
    HQ_LINK_ORGANISATION, /* one operator, aliases count */
    HQ_LINK_LABEL,        /* "mail" and "mail.example.org" */
    HQ_LINK_NETWORK,      /* inside of a private network, whatever the names */
    HQ_LINK_SAME_HOST,    /* no client: it did not leave the host */
    HQ_LINK_GAP,          /* another one */
    HQ_LINK_COUNT
};

struct hq_hop_from {
    const char *helo; /* what the client said */
    const char *name; /* reverse name the receiving host wrote down */
    const char *ip;
};

struct hq_hop_by {
    const char *name;
    const char *ip;
};

struct hq_tls {
    const char *version;
    const char *cipher;
};

struct hq_hop {
    int64_t n; /* 0 is the newest */
    struct hq_hop_from from;
    struct hq_hop_by by;
    const char *via;
    const char *with; /* as written: "ESMTPS", "Microsoft SMTP Server" */
    int8_t auth;      /* enum hq_tri */
    const char *auth_user;
    struct hq_tls *tls; /* NULL: not known to be encrypted */
    const char *id;
    const char *for_address;
    const char *envelope_from;
    const char *ident;
    const char *software; /* "Postfix", "Exim 4.96", …: only where the field says so */
    int64_t date;
    const char *date_defect; /* why there is no date, or what is odd about it; NULL: fine */
    int64_t zone;            /* minutes east of UTC as written; HQ_NONE: none or "-0000" */
    int64_t delay;           /* DATE minus the next older dated hop's */
    int64_t delay_corrected; /* what it may really have been; HQ_NONE: nothing denies DELAY */
    int64_t clock;           /* BY's clock is that far ahead, negative behind; HQ_NONE: not known */
    const char *delay_note;  /* whose clock is wrong, or where the time was spent, in words */
    uint8_t link;            /* enum hq_link */
    uint8_t trust;           /* enum hq_trust */
    uint8_t kind;            /* enum hq_hop_kind */
    const char *problem;     /* UNPARSEABLE: "unclosed-comment", … */
    const char *raw;         /* value as it stands in the message, folds kept */
    int64_t offset;          /* of the field in the message, bytes; LENGTH with its name */
    int64_t length;
};

struct hq_origin {
    const char *ip;
    const char *name;
    const char *helo;
    const char *masked; /* header that replaces the address by an opaque value */
    const char *source; /* "envelope", "received", "x-originating-ip", … */
};

/* One of up to four answers to "where does it come from?". */
struct hq_origin_claim {
    const char *ip; /* NULL: only MASKED or TEXT is known */
    const char *name;
    const char *helo;
    const char *source; /* "envelope", "received", "submission", "x-originating-ip", … */
    int8_t fact; /* HQ_YES: written by the receiving side; else what the sender's side says */
    const char *masked; /* header or provider that hides the address */
    const char *text;   /* what stands there instead of an address */
    int64_t hop;        /* HQ_NONE: from no hop */
};

/* Results of RFC 8601 / RFC 7208 checks. */
enum hq_result {
    HQ_RESULT_UNKNOWN,
    HQ_RESULT_PASS,
    HQ_RESULT_FAIL,
    HQ_RESULT_SOFTFAIL,
    HQ_RESULT_NEUTRAL,
    HQ_RESULT_NONE,
    HQ_RESULT_TEMPERROR,
    HQ_RESULT_PERMERROR,
    HQ_RESULT_COUNT
};

struct hq_spf {
    uint8_t result;       /* enum hq_result */
    const char *identity; /* "mailfrom", "helo" */
    const char *domain;
    const char *ip;
    const char *term; /* "-all", "ip4:192.0.2.0/24"; NULL: none matched */
    const char *explanation;
    const char *record;
    const char *problem;          /* why temperror or permerror, or why not checked, in words */
    const char *const *questions; /* "TXT example.com", in the order asked */
    uint32_t question_count;
    int8_t pending; /* HQ_YES: the DNS has not answered all of it yet */
};

struct hq_forecast {
    uint8_t result; /* enum hq_result */
    const char *egress;
    const char *domain;
    const char *record;
    uint8_t outlook;      /* enum hq_outlook */
    const char *identity; /* "mailfrom"; "helo" for a bounce */
    const char *term;     /* of the record that decides */
    const char *words;    /* all of it in one sentence, or why there is no forecast; NULL: nothing
                             that we would send */
};

enum hq_outlook {
    HQ_OUTLOOK_UNKNOWN, /* "unknown", not null */
    HQ_OUTLOOK_PASSES,
    HQ_OUTLOOK_FAILS,
    HQ_OUTLOOK_MAY_PASS_BY_DKIM,
    HQ_OUTLOOK_COUNT
};

struct hq_auth {
    const char *method; /* "spf", "dkim", "dmarc", "arc", "iprev", "auth" */
    const char *result; /* kept verbatim: writers invent words */
    const char *domain;
    const char *authserv;
    int8_t trusted;     /* written inside our boundary, or computed */
    uint8_t provenance; /* enum hq_provenance */
    uint8_t source;     /* enum hq_auth_source */
    const char *detail;
    int64_t hop; /* that an SPF result speaks of, by the client address it names; HQ_NONE */
};

/* Who wrote a result, by its place among the Received fields and by the name it bears. */
enum hq_provenance {
    HQ_PROVENANCE_UNKNOWN,  /* there is no boundary to tell by; or we found it out ourselves */
    HQ_PROVENANCE_RECEIVER, /* the receiving side: trusted */
    HQ_PROVENANCE_INNER,    /* a hop on the way that bears this name; true if that hop is */
    HQ_PROVENANCE_CLAIM,    /* anybody */
    HQ_PROVENANCE_SPOOF,    /* somebody who took the receiver's name */
    HQ_PROVENANCE_COUNT
};

enum hq_auth_source { HQ_AUTH_CLAIMED, HQ_AUTH_COMPUTED, HQ_AUTH_SOURCE_COUNT };

/* One host that takes mail for a recipient's domain, by the DNS of now. */
struct hq_mx {
    const char *domain;
    int64_t preference; /* HQ_NONE: the domain has no MX record and is asked itself */
    const char *host;   /* NULL: the domain takes no mail (RFC 7505) */
    const char *const *addresses;
    uint32_t address_count;
    const char *note; /* "this host", "has no address", … */
};

enum hq_level { HQ_LEVEL_INFO, HQ_LEVEL_LOW, HQ_LEVEL_MEDIUM, HQ_LEVEL_HIGH, HQ_LEVEL_COUNT };

struct hq_finding {
    const char *id;
    uint8_t severity;   /* enum hq_level */
    uint8_t confidence; /* enum hq_level, LOW to HIGH */
    int64_t hop;        /* HQ_NONE: the message as a whole */
    const char *detail;
    int64_t offset; /* of the evidence in the message, HQ_NONE when there is no one place */
    int64_t length;
};

struct hq_header {
    const char *name;  /* "" for a line that is no header field */
    const char *value; /* decoded */
    const char *raw;   /* the field as it stands: name, colon, folds, no final line end */
    int64_t offset;
};

/* One leaf or branch of the MIME tree, in order of appearance. */
struct hq_part {
    int64_t depth;
    const char *type; /* "text/plain" */
    const char *name; /* file name */
    const char *charset;
    const char *encoding;
    int64_t size; /* bytes as stored, encoded */
};

/* Is the message from whom From says? */
enum hq_identity_verdict {
    HQ_IDENTITY_UNCLEAR, /* "unclear", not null */
    HQ_IDENTITY_YES,
    HQ_IDENTITY_NO,
    HQ_IDENTITY_COUNT
};

struct hq_identity {
    uint8_t verdict;   /* enum hq_identity_verdict */
    const char *words; /* the reasons, in a sentence */
};

struct hq_detail {
    struct hq_hop *hops;
    uint32_t hop_count;
    const char *boundary_reason; /* in words: why the boundary is where it is */
    struct hq_origin origin;
    struct hq_origin_claim *origins; /* facts first */
    uint32_t origin_count;
    int64_t transit; /* newest minus oldest dated hop */
    struct hq_spf spf;
    struct hq_forecast forecast;
    struct hq_identity identity;
    struct hq_auth *auth;
    uint32_t auth_count;
    struct hq_mx *mx; /* by domain, the best first */
    uint32_t mx_count;
    struct hq_finding *findings;
    uint32_t finding_count;
    struct hq_header *headers;
    uint32_t header_count;
    struct hq_part *parts;
    uint32_t part_count;
    const char *body;           /* the text part, decoded to UTF-8; NULL: none */
    int8_t body_truncated;      /* HQ_YES: there is more */
    struct hq_attempt *history; /* what the mail log tells, when it was read; oldest first */
    uint32_t history_count;
};

extern const struct hq_schema hq_detail_schema;
extern const struct hq_schema hq_spf_schema;
extern const char *const hq_trust_names[HQ_TRUST_COUNT];
extern const char *const hq_link_names[HQ_LINK_COUNT];
extern const char *const hq_hop_kind_names[HQ_HOP_KIND_COUNT];
extern const char *const hq_result_names[HQ_RESULT_COUNT];
extern const char *const hq_outlook_names[HQ_OUTLOOK_COUNT];
extern const char *const hq_provenance_names[HQ_PROVENANCE_COUNT];
extern const char *const hq_identity_names[HQ_IDENTITY_COUNT];
extern const char *const hq_auth_source_names[HQ_AUTH_SOURCE_COUNT];
extern const char *const hq_level_names[HQ_LEVEL_COUNT];

#endif
