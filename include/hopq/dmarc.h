/* SPDX-License-Identifier: ISC */
/* DMARC by RFC 9989: what the domain in From publishes, and whether what passed SPF or DKIM belongs
 * to it. Organisations are found by the DNS tree walk; where the older way, the public suffix list
 * of RFC 7489, finds another one, that is told. */
#ifndef HOPQ_DMARC_H
#define HOPQ_DMARC_H

#include "hopq/detail.h"
#include "hopq/dkim.h"
#include "hopq/dns.h"
#include <glib.h>

enum hq_dmarc_policy {
    HQ_DMARC_NONE,
    HQ_DMARC_QUARANTINE,
    HQ_DMARC_REJECT,
    HQ_DMARC_UNSET /* no such tag */
};
extern const char *const hq_dmarc_policy_names[HQ_DMARC_UNSET];

struct hq_dmarc_record {
    enum hq_dmarc_policy policy; /* p= */
    enum hq_dmarc_policy below;  /* sp=: domains below; UNSET: as POLICY */
    enum hq_dmarc_policy absent; /* np=: domains that do not exist; UNSET: as BELOW */
    bool strict_dkim, strict_spf;
    bool testing;  /* t=y */
    bool unusable; /* no valid policy, and nobody who wants reports */
    char psd;      /* 'y', 'n', 'u' */
};

/* The N bytes of a TXT record. False: it is not DMARC's. What is wrong in it behind the version is
 * left out (section 4.7); a policy that is wrong counts as "none" where reports are wanted, else
 * the record is unusable (section 4.10.1). */
bool hq_dmarc_record_read(const char *s, size_t n, struct hq_dmarc_record *record);

/* What applies to mail with DOMAIN in From. */
struct hq_dmarc {
    const char *domain;       /* as asked */
    const char *organisation; /* of DOMAIN, by the tree walk */
    const char *listed;       /* by the public suffix list, where it is another one; else NULL */
    const char *record;       /* as published; NULL: none applies */
    const char *record_domain;
    struct hq_dmarc_record tags;
    enum hq_dmarc_policy policy; /* that DOMAIN gets: p, sp or np, lowered when testing */
    const char *tag;             /* "p", "sp", "np" */
    bool failed;                 /* the DNS gave no answer */
};

/* Finds it. DOMAIN in lower case ASCII. False: CACHE lacks answers; all questions are noted. */
bool hq_dmarc_find(struct hq_dns_cache *cache, const char *domain, struct hq_dmarc *dmarc,
                   struct hq_arena *arena);

/* Sets ALIGNED: DOMAIN belongs to DMARC's as its record asks for. False: CACHE lacks answers. */
bool hq_dmarc_align(struct hq_dns_cache *cache, const struct hq_dmarc *dmarc, const char *domain,
                    bool strict, bool *aligned);

/* The domain in From, lower case ASCII. NULL with PROBLEM: there is no single one. */
const char *hq_dmarc_author(const struct hq_detail *detail, const char **problem,
                            struct hq_arena *arena);

/* The next mailbox of an address field as it stands: ADDRESS takes what is between the angle
 * brackets, or all of it without comments. Moves REST on; false: no more. Linear; of what hostile
 * mail has, the last "@" counts. */
bool hq_mailbox_next(const char **rest, const char *end, GString *address);

/* Appends a row "dmarc" for DETAIL's auth to ROWS; none where there is nothing to judge by. Call it
 * again until it returns true: it waits for SPF in DETAIL, and for DKIM (may be NULL). */
bool hq_dmarc_judge(struct hq_dns_cache *cache, const struct hq_detail *detail,
                    const struct hq_dkim *dkim, bool dkim_final, GArray *rows,
                    struct hq_arena *arena);

#endif
