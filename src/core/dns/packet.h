/* SPDX-License-Identifier: ISC */
/* Reading DNS messages (RFC 1035 section 4): bytes from strangers, every bound checked. */
#ifndef HOPQ_CORE_DNS_PACKET_H
#define HOPQ_CORE_DNS_PACKET_H

#include "hopq/dns.h"

/* A name as text and its NUL: 253 bytes at most (RFC 1035 section 2.3.4 less lengths and root). */
#define HQ_DNS_NAME_SIZE 254

/* NAME as the cache keys it: lower case, no final dot. False: not valid (hq_dns_name_valid). */
bool hq_dns_name_normalise(const char *name, char out[HQ_DNS_NAME_SIZE]);

/* Reads the answer to the question NAME (normalised), TYPE from the N bytes of PACKET. False:
 * garbage, or a return code other than NOERROR and NXDOMAIN. Fills status, records, count of ANSWER
 * (hq_dns_answer_clear frees them) and TTL in seconds: the least of the records used, or by
 * RFC 2308 section 5; -1 when the message does not tell. */
bool hq_dns_packet_read(const uint8_t *packet, size_t n, const char *name, enum hq_dns_type type,
                        struct hq_dns_answer *answer, int64_t *ttl);

void hq_dns_answer_clear(struct hq_dns_answer *answer);

#endif
