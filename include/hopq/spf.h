/* SPDX-License-Identifier: ISC */
/* SPF by RFC 7208: libspf2 judges each mechanism; record choice, grammar, order, limits over the
 * whole check, macros and the DNS are ours. No name or text from mail or DNS reaches the library.
 *
 * Replay: a check never waits. When an answer is missing it is given up and run again later. */
#ifndef HOPQ_SPF_H
#define HOPQ_SPF_H

#include "hopq/detail.h"
#include "hopq/dns.h"

/* Once in a process, before any sandbox: it asks for the host name, and replaces libspf2's
 * handlers, which abort(). Checks run one at a time: there is one engine in a process. */
void hq_spf_init(void);

/* Checks SENDER (envelope; "" or NULL: the HELO identity) as sent by IP with HELO; any string may
 * be NULL or hostile. True: RESULT is final. False: the cache lacks an answer and has noted the
 * question (the hosts of an MX or PTR together); call again when something new is in. RECEIVER is
 * our host name for the macro "r", or NULL.
 *
 * RESULT: the term is the mechanism that decided, as written; inside an include, that include;
 * after a redirect, the other record's. The record is the one that DOMAIN itself publishes. The
 * problem tells why a check ended in temperror or permerror, or why there was nothing to check (no
 * usable address: result UNKNOWN; no usable domain: NONE). The questions are those of this check,
 * also where the cache had the answer. */
bool hq_spf_check(struct hq_dns_cache *cache, const char *ip, const char *helo, const char *sender,
                  const char *receiver, struct hq_spf *result, struct hq_arena *arena);

#endif
