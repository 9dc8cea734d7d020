/* SPDX-License-Identifier: ISC */
/* DNS for a check: from the cache or not at all (replay), with the limits of RFC 7208 section
 * 4.6.4 counted over the whole check. libspf2 1.2.10 counts terms per include and voids never: one
 * hostile domain makes it ask two million questions. */
#include "check.h"
#include <stdarg.h>
#include <string.h>

#define MAX_VOIDS     2
#define MAX_PTR_NAMES 10

static const char *type_name(enum hq_dns_type type)
{
    static const struct {
        enum hq_dns_type type;
        const char *name;
    } names[] = {{HQ_DNS_A, "A"},
                 {HQ_DNS_PTR, "PTR"},
                 {HQ_DNS_MX, "MX"},
                 {HQ_DNS_TXT, "TXT"},
                 {HQ_DNS_AAAA, "AAAA"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].type == type)
            return names[i].name;
    g_assert_not_reached();
}

bool hq_spf_stop(struct hq_spf_check *check, enum hq_spf_stop stop, const char *format, ...)
{
    va_list arguments;
    if (check->stop != HQ_SPF_RUN)
        return false;
    check->stop = stop;
    va_start(arguments, format);
    g_string_vprintf(check->problem, format, arguments);
    va_end(arguments);
    return false;
}

static void note_question(struct hq_spf_check *check, const char *name, enum hq_dns_type type)
{
    char *question = g_strdup_printf("%s %s", type_name(type), name);
    if (g_ptr_array_find_with_equal_func(check->questions, question, g_str_equal, NULL))
        g_free(question);
    else
        g_ptr_array_add(check->questions, question);
}

const struct hq_dns_answer *hq_spf_ask(struct hq_spf_check *check, const char *name,
                                       enum hq_dns_type type)
{
    const struct hq_dns_answer *answer = hq_dns_cache_get(check->cache, name, type);
    if (hq_dns_name_valid(name))
        note_question(check, name, type);
    if (!answer)
        hq_spf_stop(check, HQ_SPF_PENDING, "waiting for %s %s", type_name(type), name);
    return answer;
}

static bool count_void(struct hq_spf_check *check, const char *name, enum hq_dns_type type,
                       const struct hq_dns_answer *answer)
{
    bool is_void = answer->status == HQ_DNS_NODATA || answer->status == HQ_DNS_NXDOMAIN;
    if (!is_void || !hq_dns_name_valid(name) || ++check->voids <= MAX_VOIDS)
        return true;
    return hq_spf_stop(check, HQ_SPF_PERMERROR,
                       "more than %d questions without an answer, the last one %s %s", MAX_VOIDS,
                       type_name(type), name);
}

bool hq_spf_unanswered(struct hq_spf_check *check, const char *name, enum hq_dns_type type)
{
    const char *why = hq_dns_cache_why_closed(check->cache);

    if (why)
        return hq_spf_stop(check, HQ_SPF_TEMPERROR, "%s", why);
    return hq_spf_stop(check, HQ_SPF_TEMPERROR, "DNS gave no answer to %s %s", type_name(type),
                       name);
}

const struct hq_dns_answer *hq_spf_lookup(struct hq_spf_check *check, const char *name,
                                          enum hq_dns_type type)
{
    const struct hq_dns_answer *answer = hq_spf_ask(check, name, type);
    if (!answer || !count_void(check, name, type, answer))
        return NULL;
    if (answer->status == HQ_DNS_TEMPFAIL) {
        hq_spf_unanswered(check, name, type);
        return NULL;
    }
    return answer;
}

enum hq_dns_type hq_spf_address_type(const struct hq_spf_check *check)
{
    return check->ip.family == 4 ? HQ_DNS_A : HQ_DNS_AAAA;
}

bool hq_spf_prefetch(struct hq_spf_check *check, const struct hq_dns_answer *hosts, unsigned count)
{
    bool all = true;
    for (unsigned i = 0; i < MIN(count, hosts->count); i++)
        if (!hq_spf_ask(check, hosts->records[i].text, hq_spf_address_type(check)))
            all = false;
    return all;
}

static bool has_client(const struct hq_spf_check *check, const struct hq_dns_answer *addresses)
{
    for (unsigned i = 0; i < addresses->count; i++)
        if (memcmp(addresses->records[i].address, check->ip.bytes,
                   check->ip.family == 4 ? 4 : 16) == 0)
            return true;
    return false;
}

static enum hq_spf_fit name_fit(const char *name, const char *domain)
{
    size_t n = strlen(name), d = strlen(domain);
    if (d > 0 && domain[d - 1] == '.')
        d--;
    if (d > n || d == 0 || g_ascii_strncasecmp(name + n - d, domain, d) != 0)
        return HQ_SPF_ANY_NAME;
    return d == n ? HQ_SPF_SAME : name[n - d - 1] == '.' ? HQ_SPF_SUBDOMAIN : HQ_SPF_ANY_NAME;
}

/* Section 5.5: failures are passed over, and so are all names but the first ten. */
enum hq_spf_fit hq_spf_client_name(struct hq_spf_check *check, const char *domain, bool limited,
                                   const char **name)
{
    char reverse[80];
    enum hq_spf_fit best = HQ_SPF_NO_NAME;
    enum hq_dns_type type = hq_spf_address_type(check);
    hq_ip_reverse(&check->ip, reverse);
    const struct hq_dns_answer *names = hq_spf_ask(check, reverse, HQ_DNS_PTR);
    if (!names || (limited && !count_void(check, reverse, HQ_DNS_PTR, names)) ||
        !hq_spf_prefetch(check, names, MAX_PTR_NAMES))
        return HQ_SPF_NO_NAME;
    for (unsigned i = 0; i < MIN(names->count, MAX_PTR_NAMES); i++) {
        const char *candidate = names->records[i].text;
        const struct hq_dns_answer *addresses = hq_dns_cache_get(check->cache, candidate, type);
        if (!addresses || (limited && !count_void(check, candidate, type, addresses)))
            return HQ_SPF_NO_NAME;
        enum hq_spf_fit fit = name_fit(candidate, domain);
        if (fit > best && has_client(check, addresses)) {
            best = fit;
            *name = candidate;
        }
    }
    return best;
}
