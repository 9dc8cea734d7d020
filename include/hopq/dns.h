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
    char *text; /* MX PTR CNAME: name without final dot; TXT: all strings joined, N bytes */
    size_t length;
};

struct hq_dns_answer {
    enum hq_dns_status status;
    struct hq_dns_record *records;
    unsigned count;
    int64_t expires; /* microseconds of g_get_monotonic_time() */
};

struct hq_dns_cache;
struct hq_dns_cache *hq_dns_cache_new(void);
void hq_dns_cache_free(struct hq_dns_cache *cache);

/* The answer, or NULL: the question is noted for hq_dns_cache_take_question(). Borrowed until the
 * next put. NAME in any case, with or without final dot. */
const struct hq_dns_answer *hq_dns_cache_get(struct hq_dns_cache *cache, const char *name,
                                             enum hq_dns_type type);

/* The next question to ask, once each; false: none. NAME is owned by the cache. */
bool hq_dns_cache_take_question(struct hq_dns_cache *cache, const char **name,
                                enum hq_dns_type *type);

/* An answer: PACKET is the DNS message (RFC 1035 section 4) as it came, parsed here with every
 * bound checked; CNAME chains inside it are followed. STATUS other than OK: no packet. */
void hq_dns_cache_put(struct hq_dns_cache *cache, const char *name, enum hq_dns_type type,
                      enum hq_dns_status status, const uint8_t *packet, size_t n);

/* DNS is off or gone: every question not answered yet, and all to come, are TEMPFAIL. */
void hq_dns_cache_close(struct hq_dns_cache *cache);

#endif
