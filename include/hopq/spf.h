/* SPDX-License-Identifier: ISC */
/* SPF by RFC 7208: libspf2 interprets; record choice, grammar, limits over the whole check, macro
 * expansion of explanations and the DNS layer are ours.
 *
 * Replay: a check never waits. When an answer is missing it is given up and run again later. */
#ifndef HOPQ_SPF_H
#define HOPQ_SPF_H

#include "hopq/detail.h"
#include "hopq/dns.h"

/* Once a process: libspf2's handlers (they abort() by default). */
void hq_spf_init(void);

/* Checks SENDER (envelope; "" or NULL: the HELO identity) as sent by IP with HELO; strings may be
 * hostile. True: RESULT is final. False: the cache lacks an answer and has noted the question;
 * call again when something new is in. RECEIVER is our host name for the macro "r", or NULL. */
bool hq_spf_check(struct hq_dns_cache *cache, const char *ip, const char *helo, const char *sender,
                  const char *receiver, struct hq_spf *result, struct hq_arena *arena);

#endif
