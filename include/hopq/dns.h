/* SPDX-License-Identifier: ISC */
/* DNS as the core sees it: a cache of answers that notes what it is asked and does not have. The
 * transport is somebody else's (src/proc/, or a table in tests). */
#ifndef HOPQ_DNS_H
#define HOPQ_DNS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 1035 section 3.2.2, RFC 3596. */
enum hq_dns_type {
    HQ_DNS_A = 1,
    HQ_DNS_CNAME = 5,
    HQ_DNS_PTR = 12,
    HQ_DNS_MX = 15,
    HQ_DNS_TXT = 16,
    HQ_DNS_AAAA = 28
};

enum hq_dns_status {
    HQ_DNS_OK,       /* records of the type */
    HQ_DNS_NODATA,   /* the name is there, the type is not */
    HQ_DNS_NXDOMAIN, /* also a name that cannot exist (too long, empty label) */
    HQ_DNS_TEMPFAIL  /* SERVFAIL, timeout, refused, garbage, DNS off */
};

struct hq_dns_record {
    uint16_t preference; /* MX */
    uint8_t address[16]; /* A (4 bytes), AAAA */
    /* MX PTR CNAME: name without final dot, lower case ("" is the root). TXT: all strings joined,
     * may hold NUL and any byte. A NUL stands behind it in either case. */
    char *text;
    size_t length;
};

struct hq_dns_answer {
    enum hq_dns_status status;
    struct hq_dns_record *records;
    unsigned count;
    int64_t expires; /* microseconds of g_get_monotonic_time() */
};

/* NAME, with or without a final dot, can be asked for: labels of 1 to 63 bytes, 253 in all. The
 * root is no name here. */
bool hq_dns_name_valid(const char *name);

/* At most 100,000 answers or 64 MB of them; then it is emptied. An answer lives as long as its TTL
 * says, but 1 s at least and 1 h at most (negative ones: RFC 2308, a failure 30 s), and is given
 * out for two minutes more: an SPF check is replayed from its beginning and would never end if what
 * it has used could be lost on its way. */
struct hq_dns_cache;
struct hq_dns_cache *hq_dns_cache_new(void);
void hq_dns_cache_free(struct hq_dns_cache *cache);

/* The answer, or NULL: the question is noted for hq_dns_cache_take_question(). Borrowed until the
 * next put. NAME in any case, with or without final dot. A name that is not valid is NXDOMAIN and
 * never asked. */
const struct hq_dns_answer *hq_dns_cache_get(struct hq_dns_cache *cache, const char *name,
                                             enum hq_dns_type type);

/* The next question to ask, once each; false: none. NAME is owned by the cache and good until its
 * answer is put; lower case, no final dot, any bytes but NUL in its labels. */
bool hq_dns_cache_take_question(struct hq_dns_cache *cache, const char **name,
                                enum hq_dns_type *type);

/* An answer: PACKET is the DNS message (RFC 1035 section 4) as it came, parsed here with every
 * bound checked; CNAME chains inside it are followed. STATUS other than OK: no packet is needed
 * (NULL, 0); one that comes with NODATA or NXDOMAIN tells the TTL. */
void hq_dns_cache_put(struct hq_dns_cache *cache, const char *name, enum hq_dns_type type,
                      enum hq_dns_status status, const uint8_t *packet, size_t n);

/* No answer will come, WHY in words: every question not answered yet, and all to come, are
 * TEMPFAIL. */
void hq_dns_cache_close(struct hq_dns_cache *cache, const char *why);
bool hq_dns_cache_is_closed(const struct hq_dns_cache *cache);
const char *hq_dns_cache_why_closed(const struct hq_dns_cache *cache); /* NULL: it is not */
#define HQ_DNS_OFF "DNS is switched off"

#endif
