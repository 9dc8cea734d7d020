/* SPDX-License-Identifier: ISC */
/* What the destination of a queued message will see when we send it: SPF for our address and name,
 * and what that means where DMARC is honoured. Forwarding is where it goes wrong: the envelope
 * sender stays another's, whose record does not know us. */
#ifndef HOPQ_FORECAST_H
#define HOPQ_FORECAST_H

#include "hopq/context.h"
#include "hopq/detail.h"
#include "hopq/dkim.h"
#include "hopq/dns.h"

/* Fills FORECAST for MESSAGE, whose detail has its headers; DKIM may be NULL. All addresses that we
 * send from are tried and the worst is told: nobody knows which one the next try takes. Addresses
 * of a family that no host of the detail's MX list has are left out. Nothing is filled in for mail
 * that is not ours to send or is delivered here, or where nothing of ours is known. False: CACHE
 * lacks answers, or DKIM is not final. */
bool hq_forecast_judge(struct hq_dns_cache *cache, const struct hq_context *context,
                       const struct hq_message *message, const struct hq_dkim *dkim,
                       bool dkim_final, struct hq_forecast *forecast, struct hq_arena *arena);

/* The domain of the sender that SENDER was rewritten from (SRS0, SRS1); NULL: it was not. */
const char *hq_srs_domain(const char *sender, struct hq_arena *arena);

#endif
