/* SPDX-License-Identifier: ISC */
/* SPF as it is now, for the client that handed the message over: the envelope's where the MTA
 * stored one, else the one at the boundary of the trail. */
#include "hopq/spf.h"
#include "checks.h"
#include "hopq/trail.h"

static const char *client_ip(const struct hq_message *message)
{
    const struct hq_hop *edge = hq_trail_boundary(message->detail);

    return message->client.ip ? message->client.ip : edge ? edge->from.ip : NULL;
}

static const char *client_helo(const struct hq_message *message)
{
    const struct hq_hop *edge = hq_trail_boundary(message->detail);

    return message->client.helo ? message->client.helo : edge ? edge->from.helo : NULL;
}

/* SPF records are silent about addresses that are not routed on the Internet. */
static bool may_have_spf(const char *text)
{
    struct hq_ip ip;

    return hq_ip_parse_str(text, &ip) && hq_ip_is_public(&ip);
}

/* Why SPF says nothing about this message; NULL: it may. */
static const char *pointless(const struct hq_check_input *input)
{
    const struct hq_message *message = input->message;
    const char *client = client_ip(message);

    if (!client && hq_trail_has_envelope(message))
        return message->sender ? "no client address: it was made on this machine"
                               : "the envelope could not be read";
    if (!client)
        return "no hop shows the address of a client";
    if (message->client.auth)
        return "the client was authenticated: it is a submission";
    if (!may_have_spf(client))
        return "the client address is not a public one";
    if (!message->sender)
        return "the envelope sender is not known";
    return hq_dns_cache_why_closed(input->cache);
}

bool hq_check_spf(const struct hq_check_input *input, struct hq_detail *detail,
                  struct hq_arena *arena)
{
    const struct hq_message *message = input->message;
    const char *why_not = pointless(input);

    if (why_not) {
        hq_schema_init(&hq_spf_schema, &detail->spf);
        detail->spf.problem = hq_arena_strdup(arena, why_not);
        return true;
    }
    bool final = hq_spf_check(input->cache, client_ip(message), client_helo(message),
                              message->sender, input->context->hostname, &detail->spf, arena);
    detail->spf.pending = final ? HQ_NO : HQ_YES;
    return final;
}
