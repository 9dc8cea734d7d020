/* SPDX-License-Identifier: ISC */
/* What the MX records of a message's recipients say: where it goes, whether that can work, and
 * whether it came in through a backup MX or past all of them. RFC 5321 section 5.1, RFC 7505. */
#ifndef HOPQ_MX_CHECK_H
#define HOPQ_MX_CHECK_H

#include "hopq/context.h"
#include "hopq/detail.h"
#include "hopq/dns.h"

/* Fills mx of the message's DETAIL (HQ_MX_DOMAINS domains at most, HQ_MX_HOSTS hosts of each) and
 * adds the findings "null-mx", "mx-no-address", "mx-loop", "backup-mx", "side-door". False: an
 * answer is missing and was noted; nothing is changed then. */
#define HQ_MX_DOMAINS 3
#define HQ_MX_HOSTS   8
bool hq_mx_check(struct hq_dns_cache *cache, const struct hq_context *context,
                 const struct hq_message *message, struct hq_detail *detail,
                 struct hq_arena *arena);

#endif
