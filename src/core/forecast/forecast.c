/* SPDX-License-Identifier: ISC */
/* The forecast for a queued message: SPF for each address that we may send from, then what DKIM and
 * DMARC make of the worst of them. */
#include "hopq/forecast.h"
#include "hopq/org.h"
#include "hopq/spf.h"
#include "parts.h"
#include <string.h>

/* ---- is there anything to send? ---- */

/* Mail for domains that Postfix delivers to on this machine is sent to nobody. */
static bool is_delivered_here(const struct hq_context *context, const char *address)
{
    static const char *const settings[] = {"mydestination", "virtual_mailbox_domains"};
    size_t n = 0;
    const char *domain = address ? hq_address_domain(address, &n) : NULL;

    for (size_t i = 0; domain && i < G_N_ELEMENTS(settings); i++) {
        g_auto(GStrv) words =
            g_strsplit_set(hq_context_setting(context, settings[i], ""), ", \t", -1);

        for (unsigned w = 0; words[w]; w++)
            if (strlen(words[w]) == n && g_ascii_strncasecmp(words[w], domain, n) == 0)
                return true;
    }
    return false;
}

static bool is_waiting(const struct hq_context *context, const struct hq_message *message)
{
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        uint8_t state = recipient->state;

        if (state != HQ_STATE_DELIVERED && state != HQ_STATE_FAILED && state != HQ_STATE_EXPIRED &&
            !is_delivered_here(context, recipient->address))
            return true;
    }
    return message->recipient_count == 0;
}

/* ---- addresses of ours ---- */

static void add_address(GArray *addresses, const struct hq_ip *ip)
{
    for (guint i = 0; i < addresses->len; i++)
        if (hq_ip_equal(&g_array_index(addresses, struct hq_ip, i), ip))
            return;
    if (hq_ip_is_public(ip) && addresses->len < FORECAST_ADDRESSES_MAX)
        g_array_append_val(addresses, *ip);
}

/* False: the answer is missing. */
static bool resolve(struct hq_dns_cache *cache, const char *name, enum hq_dns_type type,
                    GArray *addresses)
{
    const struct hq_dns_answer *answer = hq_dns_cache_get(cache, name, type);

    for (unsigned i = 0; answer && i < answer->count; i++) {
        struct hq_ip ip = {.family = type == HQ_DNS_A ? 4 : 6};

        memcpy(ip.bytes, answer->records[i].address, type == HQ_DNS_A ? 4 : 16);
        add_address(addresses, &ip);
    }
    return answer != NULL;
}

/* The addresses that are set, or found on this machine, else those of our name. False: an answer is
 * missing. */
static bool find_addresses(struct hq_dns_cache *cache, const struct hq_context *context,
                           struct forecast *forecast, struct hq_arena *arena)
{
    bool all = true;

    for (guint i = 0; i < context->egress->len; i++)
        add_address(forecast->addresses, &g_array_index(context->egress, struct hq_ip, i));
    if (context->egress->len > 0) {
        if (forecast->addresses->len == 0)
            forecast->problem = "none of our sending addresses is a public one";
    } else if (*forecast->relay_host) {
        forecast->problem =
            hq_arena_printf(arena,
                            "%.80s sends our mail on: the destination sees its address, not "
                            "ours (--egress tells it)",
                            forecast->relay_host);
    } else if (context->hostname) {
        all = resolve(cache, context->hostname, HQ_DNS_A, forecast->addresses);
        all = resolve(cache, context->hostname, HQ_DNS_AAAA, forecast->addresses) && all;
        if (all && forecast->addresses->len == 0)
            forecast->problem = "our sending address is not known";
    }
    return all;
}

/* Does a host that takes the recipients' mail have an address of FAMILY? "Yes" where that is not
 * known. */
static bool is_reached_by(const struct hq_detail *detail, uint8_t family)
{
    bool any = false;
    struct hq_ip ip;

    for (uint32_t i = 0; i < detail->mx_count; i++) {
        const struct hq_mx *mx = &detail->mx[i];

        if (mx->host && mx->address_count == 0)
            return true;
        for (uint32_t k = 0; k < mx->address_count; k++) {
            any = true;
            if (hq_ip_parse_str(mx->addresses[k], &ip) && ip.family == family)
                return true;
        }
    }
    return !any;
}

/* Our IPv6 addresses do not matter to hosts that have IPv4 only. */
static void drop_useless(const struct hq_detail *detail, GArray *addresses)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        guint kept = 0;

        if (is_reached_by(detail, family))
            continue;
        for (guint i = 0; i < addresses->len; i++)
            kept += g_array_index(addresses, struct hq_ip, i).family != family;
        for (guint i = addresses->len; kept && i-- > 0;)
            if (g_array_index(addresses, struct hq_ip, i).family == family)
                g_array_remove_index(addresses, i);
    }
}

/* ---- SPF ---- */

/* From good to bad. */
static int rank(uint8_t result)
{
    static const uint8_t order[] = {HQ_RESULT_PASS,      HQ_RESULT_NONE,      HQ_RESULT_NEUTRAL,
                                    HQ_RESULT_TEMPERROR, HQ_RESULT_PERMERROR, HQ_RESULT_SOFTFAIL,
                                    HQ_RESULT_FAIL};
    int i = 0;

    while (i < (int)G_N_ELEMENTS(order) && order[i] != result)
        i++;
    return i;
}

/* Tries every address; the worst one stays. False: an answer is missing. */
static bool try_addresses(struct hq_dns_cache *cache, const struct hq_context *context,
                          const struct hq_message *message, struct forecast *forecast,
                          struct hq_arena *arena)
{
    const char *name = hq_context_setting(context, "smtp_helo_name", "");
    const char *helo = *name && !strchr(name, '$') ? name : context->hostname;
    bool all = true;

    for (guint i = 0; i < forecast->addresses->len; i++) {
        char ip[46];
        struct hq_spf spf;

        hq_ip_format(&g_array_index(forecast->addresses, struct hq_ip, i), ip);
        if (!hq_spf_check(cache, ip, helo, message->sender, NULL, &spf, arena)) {
            all = false;
            continue;
        }
        forecast->differ |= i > 0 && spf.result != forecast->spf.result;
        if (i == 0 || rank(spf.result) > rank(forecast->spf.result))
            forecast->spf = spf;
    }
    return all;
}

/* ---- DMARC ---- */

/* DOMAIN belongs to the author's: as its policy asks for, else by the public suffix list. False: an
 * answer is missing. */
static bool is_aligned(struct hq_dns_cache *cache, const struct hq_dmarc *dmarc, const char *domain,
                       bool strict, bool *aligned)
{
    char a[256], b[256];

    if (dmarc->record)
        return hq_dmarc_align(cache, dmarc, domain, strict, aligned);
    *aligned = g_ascii_strcasecmp(domain, dmarc->domain) == 0 ||
               (*hq_org_listed(domain, a) && strcmp(a, hq_org_listed(dmarc->domain, b)) == 0);
    return true;
}

static bool find_dkim(struct hq_dns_cache *cache, const struct hq_dkim *dkim,
                      struct forecast *forecast)
{
    const char *domain;
    unsigned i = 0;
    bool aligned;
    bool all = true;

    while ((domain = hq_dkim_next_pass(dkim, &i)) && all) {
        all =
            is_aligned(cache, &forecast->dmarc, domain, forecast->dmarc.tags.strict_dkim, &aligned);
        if (all && aligned) {
            forecast->signer = domain;
            forecast->signature_holds = true;
            return true;
        }
    }
    for (i = 0; all && (domain = hq_dkim_next_possible(dkim, &i));) {
        all =
            is_aligned(cache, &forecast->dmarc, domain, forecast->dmarc.tags.strict_dkim, &aligned);
        if (all && aligned)
            forecast->signer = domain;
    }
    return all;
}

/* What the author's domain publishes, and what of this message belongs to it. */
static bool find_dmarc(struct hq_dns_cache *cache, const struct hq_message *message,
                       const struct hq_dkim *dkim, struct forecast *forecast,
                       struct hq_arena *arena)
{
    const char *problem;
    const char *author = hq_dmarc_author(message->detail, &problem, arena);
    const struct hq_spf *spf = &forecast->spf;

    if (!author)
        return true;
    if (!hq_dmarc_find(cache, author, &forecast->dmarc, arena))
        return false;
    forecast->has_author = true;
    if (spf->domain && *spf->domain &&
        !is_aligned(cache, &forecast->dmarc, spf->domain, forecast->dmarc.tags.strict_spf,
                    &forecast->spf_aligned))
        return false;
    return find_dkim(cache, dkim, forecast);
}

static bool has_teeth(const struct forecast *forecast)
{
    return forecast->has_author && forecast->dmarc.record && !forecast->dmarc.tags.unusable &&
           forecast->dmarc.policy != HQ_DMARC_NONE;
}

static enum hq_outlook outlook(const struct forecast *forecast)
{
    uint8_t result = forecast->spf.result;

    if (result == HQ_RESULT_UNKNOWN)
        return HQ_OUTLOOK_UNKNOWN;
    bool proven = forecast->spf_aligned || forecast->signature_holds;
    bool policy_known = !forecast->dmarc.failed;

    if (result == HQ_RESULT_PASS && (proven || (policy_known && !has_teeth(forecast))))
        return HQ_OUTLOOK_PASSES;
    if (forecast->signer)
        return HQ_OUTLOOK_MAY_PASS_BY_DKIM;
    if (result == HQ_RESULT_TEMPERROR || (result == HQ_RESULT_PASS && !policy_known))
        return HQ_OUTLOOK_UNKNOWN;
    if (result == HQ_RESULT_NONE || result == HQ_RESULT_NEUTRAL)
        return has_teeth(forecast) ? HQ_OUTLOOK_FAILS : HQ_OUTLOOK_UNKNOWN;
    return HQ_OUTLOOK_FAILS;
}

/* ---- all of it ---- */

static void fill(struct hq_forecast *out, struct forecast *forecast,
                 const struct hq_message *message, struct hq_arena *arena)
{
    forecast->outlook = outlook(forecast);
    out->result = forecast->spf.result;
    out->egress = forecast->spf.ip;
    out->domain = forecast->spf.domain;
    out->identity = forecast->spf.identity;
    out->term = forecast->spf.term;
    out->record = forecast->spf.record;
    out->outlook = (uint8_t)forecast->outlook;
    out->words = hq_forecast_words(forecast, hq_srs_domain(message->sender, arena), arena);
}

static bool run(struct hq_dns_cache *cache, const struct hq_context *context,
                const struct hq_message *message, const struct hq_dkim *dkim, bool dkim_final,
                struct forecast *forecast, struct hq_arena *arena)
{
    bool all = find_addresses(cache, context, forecast, arena);

    if (!all || forecast->problem || forecast->addresses->len == 0)
        return all;
    if (!*forecast->relay_host)
        drop_useless(message->detail, forecast->addresses);
    all = try_addresses(cache, context, message, forecast, arena);
    return find_dmarc(cache, message, dkim, forecast, arena) && all && dkim_final;
}

bool hq_forecast_judge(struct hq_dns_cache *cache, const struct hq_context *context,
                       const struct hq_message *message, const struct hq_dkim *dkim,
                       bool dkim_final, struct hq_forecast *out, struct hq_arena *arena)
{
    g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(struct hq_ip));
    struct forecast forecast = {.addresses = addresses,
                                .relay_host = hq_context_relay_host(context)};

    *out = (struct hq_forecast){.outlook = HQ_OUTLOOK_UNKNOWN};
    if (!message->sender || !is_waiting(context, message) || hq_dns_cache_is_closed(cache))
        return true;
    if (!run(cache, context, message, dkim, dkim_final, &forecast, arena))
        return false;
    if (forecast.problem)
        out->words = forecast.problem;
    else if (addresses->len > 0)
        fill(out, &forecast, message, arena);
    return true;
}
