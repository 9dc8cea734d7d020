/* SPDX-License-Identifier: ISC */
/* DKIM signatures (RFC 6376, 8301, 8463) and ARC chains (RFC 8617) verified from a message's bytes
 * as they are stored. In two steps, because keys come from the DNS: reading hashes everything and
 * needs the message; verifying needs only the keys, and can be repeated. */
#ifndef HOPQ_DKIM_H
#define HOPQ_DKIM_H

#include "hopq/detail.h"
#include "hopq/dns.h"
#include "hopq/headers.h"

/* Signatures that are verified in one message; no honest signer writes more. */
#define HQ_DKIM_MAX 10

struct hq_dkim;

/* Reads and hashes the signatures of the message that HEADERS were scanned from; CONTENT is all of
 * it, N bytes, line ends LF or CRLF. WHOLE false: the body goes on behind it, so that nothing can
 * be verified. NULL: there is no signature. Everything is in ARENA; CONTENT is not kept. */
struct hq_dkim *hq_dkim_read(const struct hq_headers *headers, const char *content, size_t n,
                             bool whole, struct hq_arena *arena);

/* Verifies with the keys that the DNS has today; WHEN is the time for "x=". False: CACHE lacks a
 * key; the questions for all of them are noted. A closed cache: nothing is asked, and what can be
 * told without keys (a body that was changed) is told. Rows for "auth" of the detail are appended
 * to ROWS (struct hq_auth), only when true is returned. */
bool hq_dkim_verify(struct hq_dkim *dkim, struct hq_dns_cache *cache, int64_t when, GArray *rows,
                    struct hq_arena *arena);

/* The next signature that holds; its domain, lower case. I is 0 at first. NULL: no more. Only
 * after hq_dkim_verify() returned true. */
const char *hq_dkim_next_pass(const struct hq_dkim *dkim, unsigned *i);

/* A key could not be had this time. */
bool hq_dkim_has_temporary(const struct hq_dkim *dkim);

/* Like hq_dkim_next_pass(), but also signatures that could not be verified and may hold. */
const char *hq_dkim_next_possible(const struct hq_dkim *dkim, unsigned *i);

/* The same for ARC's chain: one row. False: CACHE lacks a key. */
struct hq_arc;
struct hq_arc *hq_arc_read(const struct hq_headers *headers, const char *content, size_t n,
                           bool whole, struct hq_arena *arena);
bool hq_arc_verify(struct hq_arc *arc, struct hq_dns_cache *cache, GArray *rows,
                   struct hq_arena *arena);

#endif
