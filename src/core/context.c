/* SPDX-License-Identifier: ISC */
/* What is known about this machine's own mail system. */
#include "hopq/context.h"
#include "hopq/time.h"
#include <string.h>

struct hq_context *hq_context_new(void)
{
    struct hq_context *context = g_new0(struct hq_context, 1);

    context->our = g_ptr_array_new_with_free_func(g_free);
    context->trust = g_array_new(FALSE, FALSE, sizeof(struct hq_network));
    context->egress = g_array_new(FALSE, FALSE, sizeof(struct hq_ip));
    context->mta = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    context->now = hq_time_now();
    return context;
}

void hq_context_free(struct hq_context *context)
{
    if (!context)
        return;
    g_ptr_array_unref(context->our);
    g_array_unref(context->trust);
    g_array_unref(context->egress);
    g_hash_table_unref(context->mta);
    g_free(context->hostname);
    g_free(context);
}

/* Labels of letters, digits, hyphens, underscores, and UTF-8 (RFC 6531), with dots between. */
static bool is_domain(const char *s, size_t n)
{
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool dot = s[i] == '.';

        if (dot && (i == 0 || i + 1 == n || s[i - 1] == '.'))
            return false;
        if (!dot && !g_ascii_isalnum(s[i]) && s[i] != '-' && s[i] != '_' && !(s[i] & 0x80))
            return false;
    }
    return true;
}

bool hq_context_add_our(struct hq_context *context, const char *domain)
{
    size_t n = strlen(domain);
    struct hq_ip ip;

    if (n && domain[n - 1] == '.')
        n--;
    if (!is_domain(domain, n) || hq_ip_parse(domain, n, &ip))
        return false;
    if (!hq_context_is_ours(context, domain, n))
        g_ptr_array_add(context->our, g_ascii_strdown(domain, (gssize)n));
    return true;
}

static const char *const network_words[] = {
    [HQ_NETWORK_TRUSTED] = "",
    [HQ_NETWORK_EXCLUDED] = "!",
    [HQ_NETWORK_SUBMISSION] = "msa:",
};

/* "10/8", "192.0.2/24": octets that the prefix does not reach may be left out. */
static bool parse_short(const char *text, struct hq_cidr *net)
{
    size_t n = strspn(text, "0123456789.");
    size_t dots = 0;

    for (size_t i = 0; i < n; i++)
        dots += text[i] == '.';
    if (text[n] != '/' || n == 0 || text[n - 1] == '.' || dots > 2)
        return false;
    g_autofree char *full =
        g_strdup_printf("%.*s%s%s", (int)n, text, &".0.0.0"[2 * dots], text + n);
    return hq_cidr_parse(full, net);
}

bool hq_network_parse(const char *text, struct hq_network *network)
{
    *network = (struct hq_network){.kind = HQ_NETWORK_TRUSTED};
    for (unsigned kind = HQ_NETWORK_EXCLUDED; kind <= HQ_NETWORK_SUBMISSION; kind++) {
        if (g_str_has_prefix(text, network_words[kind])) {
            network->kind = (uint8_t)kind;
            text += strlen(network_words[kind]);
            break;
        }
    }
    return hq_cidr_parse(text, &network->net) || parse_short(text, &network->net);
}

char *hq_network_format(const struct hq_network *network)
{
    char buf[46];

    return g_strdup_printf("%s%s/%u", network_words[network->kind],
                           hq_ip_format(&network->net.ip, buf), network->net.prefix);
}

bool hq_context_add_trust(struct hq_context *context, const char *text)
{
    struct hq_network network;

    if (!hq_network_parse(text, &network))
        return false;
    g_array_append_val(context->trust, network);
    return true;
}

bool hq_context_add_egress(struct hq_context *context, const char *ip)
{
    struct hq_ip address;

    if (!hq_ip_parse_str(ip, &address))
        return false;
    g_array_append_val(context->egress, address);
    return true;
}

bool hq_context_is_ours(const struct hq_context *context, const char *domain, size_t n)
{
    while (n && domain[n - 1] == '.')
        n--;
    for (guint i = 0; i < context->our->len; i++) {
        const char *our = g_ptr_array_index(context->our, i);
        size_t length = strlen(our);

        if (n >= length && g_ascii_strncasecmp(domain + n - length, our, length) == 0 &&
            (n == length || domain[n - length - 1] == '.'))
            return true;
    }
    return false;
}

/* The first network that IP is in; NULL: none. */
static const struct hq_network *find_network(const struct hq_context *context,
                                             const struct hq_ip *ip)
{
    for (guint i = 0; i < context->trust->len; i++) {
        const struct hq_network *network = &g_array_index(context->trust, struct hq_network, i);

        if (hq_cidr_contains(&network->net, ip))
            return network;
    }
    return NULL;
}

bool hq_context_is_trusted(const struct hq_context *context, const struct hq_ip *ip)
{
    const struct hq_network *network = find_network(context, ip);

    return network && network->kind != HQ_NETWORK_EXCLUDED;
}

bool hq_context_is_submission(const struct hq_context *context, const struct hq_ip *ip)
{
    const struct hq_network *network = find_network(context, ip);

    return network && network->kind == HQ_NETWORK_SUBMISSION;
}

const char *hq_context_setting(const struct hq_context *context, const char *name,
                               const char *fallback)
{
    const char *value = g_hash_table_lookup(context->mta, name);

    return value ? value : fallback;
}

#define RELAY_HOST "hopq_relay_host"

void hq_context_set_relay_host(struct hq_context *context, const char *host)
{
    g_hash_table_replace(context->mta, g_strdup(RELAY_HOST), g_strdup(host));
}

const char *hq_context_relay_host(const struct hq_context *context)
{
    return hq_context_setting(context, RELAY_HOST, "");
}

static int64_t unit_of(char c)
{
    switch (c) {
    case 's':
        return HQ_SECOND;
    case 'm':
        return HQ_MINUTE;
    case 'h':
        return HQ_HOUR;
    case 'd':
        return HQ_DAY;
    case 'w':
        return 7 * HQ_DAY;
    default:
        return 0;
    }
}

/* Numbers with a unit each ("4h30m", Exim and Sendmail join them); a bare one counts in UNIT. */
int64_t hq_context_span(const struct hq_context *context, const char *name, int64_t unit,
                        int64_t fallback)
{
    const char *s = g_hash_table_lookup(context->mta, name);
    int64_t sum = 0;

    if (!s || !*s)
        return fallback;
    while (*s) {
        char *end;
        guint64 value = g_ascii_strtoull(s, &end, 10);
        int64_t factor = *end ? unit_of(g_ascii_tolower(*end)) : unit;
        int64_t part;

        if (end == s || !g_ascii_isdigit(*s) || factor == 0 || value > INT64_MAX ||
            __builtin_mul_overflow((int64_t)value, factor, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return fallback;
        s = *end ? end + 1 : end;
    }
    return sum;
}
