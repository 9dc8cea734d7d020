/* SPDX-License-Identifier: ISC */
/* The MX lists of the recipients' domains, looked up in one go, and what is wrong with them. How
 * the message came in by them is judged in backup.c and door.c. */
#include "parts.h"
#include <glib.h>
#include <string.h>

/* ---- looking up ---- */

/* Distinct domains of recipients, in lower case. */
static GPtrArray *domains_of(const struct hq_message *message)
{
    GPtrArray *domains = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < message->recipient_count && domains->len < HQ_MX_DOMAINS; i++) {
        size_t n;
        const char *s = message->recipients[i].address
                            ? hq_address_domain(message->recipients[i].address, &n)
                            : NULL;
        g_autofree char *domain = s ? g_ascii_strdown(s, (gssize)n) : NULL;

        if (domain && hq_dns_name_valid(domain) &&
            !g_ptr_array_find_with_equal_func(domains, domain, g_str_equal, NULL))
            g_ptr_array_add(domains, g_steal_pointer(&domain));
    }
    return domains;
}

static void add_addresses(struct mx_host *host, const struct hq_dns_answer *answer, uint8_t family)
{
    for (unsigned i = 0; answer->status == HQ_DNS_OK && i < answer->count; i++) {
        struct hq_ip ip = {.family = family};

        memcpy(ip.bytes, answer->records[i].address, family == 4 ? 4 : 16);
        g_array_append_val(host->addresses, ip);
    }
}

/* RFC 5321 section 5.1: an MX record names a host. Few senders take an address for one. */
static bool is_number(const struct mx_host *host)
{
    struct hq_ip ip;

    return hq_ip_parse_str(host->name, &ip);
}

/* Both questions are asked before either is waited for. */
bool hq_mx_find_addresses(struct hq_dns_cache *cache, struct mx_host *host)
{
    if (is_number(host))
        return true;

    const struct hq_dns_answer *a = hq_dns_cache_get(cache, host->name, HQ_DNS_A);
    bool asked = a != NULL;

    if (a)
        add_addresses(host, a, 4);
    host->unsure |= a && a->status == HQ_DNS_TEMPFAIL;
    const struct hq_dns_answer *aaaa = hq_dns_cache_get(cache, host->name, HQ_DNS_AAAA);
    if (aaaa)
        add_addresses(host, aaaa, 6);
    host->unsure |= aaaa && aaaa->status == HQ_DNS_TEMPFAIL;
    return asked && aaaa;
}

static void host_clear(gpointer data)
{
    struct mx_host *host = data;

    g_free(host->name);
    g_array_unref(host->addresses);
}

static void add_host(struct mx_list *list, int64_t preference, const char *name)
{
    struct mx_host host = {.preference = preference,
                           .name = g_strdup(name),
                           .addresses = g_array_new(FALSE, FALSE, sizeof(struct hq_ip))};

    g_array_append_val(list->hosts, host);
}

static int compare_hosts(gconstpointer a, gconstpointer b)
{
    const struct mx_host *x = a;
    const struct mx_host *y = b;

    if (x->preference != y->preference)
        return x->preference < y->preference ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* A domain without MX records takes mail itself (RFC 5321 section 5.1); a single MX of "." says
 * that it takes none (RFC 7505). */
static void take_answer(struct mx_list *list, const struct hq_dns_answer *answer)
{
    if (answer->status == HQ_DNS_NODATA)
        add_host(list, HQ_NONE, list->domain);
    if (answer->status != HQ_DNS_OK)
        return;
    list->null = answer->count == 1 && answer->records[0].text[0] == '\0';
    for (unsigned i = 0; i < answer->count; i++) {
        if (answer->records[i].text[0])
            add_host(list, answer->records[i].preference, answer->records[i].text);
    }
    g_array_sort(list->hosts, compare_hosts);
    if (list->hosts->len > HQ_MX_HOSTS)
        g_array_set_size(list->hosts, HQ_MX_HOSTS);
}

static void list_clear(gpointer data)
{
    struct mx_list *list = data;

    g_array_unref(list->hosts);
    host_clear(&list->door);
}

static bool look_up(struct hq_dns_cache *cache, const char *domain, GArray *lists)
{
    struct mx_list list = {.domain = domain,
                           .hosts = g_array_new(FALSE, FALSE, sizeof(struct mx_host)),
                           .door = {.addresses = g_array_new(FALSE, FALSE, sizeof(struct hq_ip))}};
    bool all = true;

    g_array_set_clear_func(list.hosts, host_clear);
    const struct hq_dns_answer *answer = hq_dns_cache_get(cache, domain, HQ_DNS_MX);
    if (answer)
        take_answer(&list, answer);
    for (guint i = 0; i < list.hosts->len; i++)
        all = hq_mx_find_addresses(cache, &g_array_index(list.hosts, struct mx_host, i)) && all;
    g_array_append_val(lists, list);
    return answer && all;
}

/* ---- judging ---- */

static bool is_our_address(const struct hq_context *context, const struct hq_ip *ip)
{
    if (hq_ip_classify(ip) == HQ_IP_LOOPBACK)
        return true;
    for (guint i = 0; i < context->egress->len; i++) {
        if (hq_ip_equal(&g_array_index(context->egress, struct hq_ip, i), ip))
            return true;
    }
    return false;
}

bool hq_mx_is_us(const struct hq_context *context, const struct mx_host *host)
{
    if (context->hostname && hq_trail_same_name(context->hostname, host->name))
        return true;
    for (guint i = 0; i < host->addresses->len; i++) {
        if (is_our_address(context, &g_array_index(host->addresses, struct hq_ip, i)))
            return true;
    }
    return false;
}

static bool is_unreachable(const struct mx_host *host)
{
    for (guint i = 0; i < host->addresses->len; i++)
        if (hq_ip_is_public(&g_array_index(host->addresses, struct hq_ip, i)))
            return false;
    return host->addresses->len > 0;
}

static const char *note_of(const struct hq_context *context, const struct mx_host *host)
{
    if (hq_mx_is_us(context, host))
        return "this host";
    if (is_number(host))
        return "an address, where a name belongs";
    if (is_unreachable(host))
        return "no address that the Internet reaches";
    if (host->addresses->len == 0)
        return host->unsure ? "the DNS gave no answer" : "has no address";
    return host->preference == HQ_NONE ? "no MX record: the domain itself" : NULL;
}

static bool waits(const struct hq_message *message, const char *domain)
{
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        size_t n;
        const char *s = recipient->address ? hq_address_domain(recipient->address, &n) : NULL;
        bool done = recipient->state == HQ_STATE_DELIVERED || recipient->state == HQ_STATE_FAILED ||
                    recipient->state == HQ_STATE_EXPIRED || recipient->state == HQ_STATE_UNKNOWN;

        if (s && !done && n == strlen(domain) && g_ascii_strncasecmp(s, domain, n) == 0)
            return true;
    }
    return false;
}

/* Mail for a domain whose best MX is this host, in a queue of this host: it can only come back. */
static void judge_list(const struct mx_check *check, const struct mx_list *list)
{
    struct hq_detail *detail = check->detail;
    bool reachable = false;

    if (!waits(check->message, list->domain))
        return;
    if (list->null) {
        hq_finding_add(detail, check->arena, "null-mx", -1,
                       "%.100s takes no mail at all: its MX record says so (RFC 7505)",
                       list->domain);
        return;
    }
    for (guint i = 0; i < list->hosts->len; i++) {
        const struct mx_host *host = &g_array_index(list->hosts, struct mx_host, i);

        if (i == 0 && hq_mx_is_us(check->context, host) &&
            !hq_context_is_ours(check->context, list->domain, strlen(list->domain)))
            hq_finding_add(detail, check->arena, "mx-loop", -1,
                           "the best MX of %.100s is this host, which does not take %.100s for its "
                           "own: the mail would come back",
                           list->domain, list->domain);
        reachable |= host->addresses->len > 0 || host->unsure;
    }
    if (list->hosts->len && !reachable)
        hq_finding_add(detail, check->arena, "mx-no-address", -1,
                       "no MX of %.100s has an address: mail for it cannot be delivered",
                       list->domain);
}

/* ---- showing ---- */

static void fill_row(const struct mx_check *check, const struct mx_list *list,
                     const struct mx_host *host, struct hq_mx *row)
{
    const char **addresses = hq_arena_alloc(check->arena, host->addresses->len * sizeof *addresses);
    char buf[46];

    for (guint i = 0; i < host->addresses->len; i++)
        addresses[i] = hq_arena_strdup(
            check->arena, hq_ip_format(&g_array_index(host->addresses, struct hq_ip, i), buf));
    *row = (struct hq_mx){
        .domain = hq_arena_strdup(check->arena, list->domain),
        .preference = host->preference,
        .host = hq_arena_strdup(check->arena, host->name),
        .addresses = addresses,
        .address_count = host->addresses->len,
        .note = note_of(check->context, host),
    };
}

static void fill_rows(const struct mx_check *check)
{
    enum { MOST = HQ_MX_DOMAINS * HQ_MX_HOSTS };
    struct hq_detail *detail = check->detail;

    detail->mx = hq_arena_alloc(check->arena, MOST * sizeof *detail->mx);
    detail->mx_count = 0;
    for (guint i = 0; i < check->lists->len; i++) {
        const struct mx_list *list = &g_array_index(check->lists, struct mx_list, i);

        if (list->null)
            detail->mx[detail->mx_count++] =
                (struct hq_mx){.domain = hq_arena_strdup(check->arena, list->domain),
                               .preference = 0,
                               .note = "null MX: it takes no mail"};
        for (guint k = 0; k < list->hosts->len; k++)
            fill_row(check, list, &g_array_index(list->hosts, struct mx_host, k),
                     &detail->mx[detail->mx_count++]);
    }
}

bool hq_mx_check(struct hq_dns_cache *cache, const struct hq_context *context,
                 const struct hq_message *message, struct hq_detail *detail, struct hq_arena *arena)
{
    if (hq_dns_cache_is_closed(cache))
        return true;

    g_autoptr(GPtrArray) domains = domains_of(message);
    g_autoptr(GArray) lists = g_array_new(FALSE, FALSE, sizeof(struct mx_list));
    struct mx_check check = {context, message, detail, arena, lists};
    bool all = true;

    g_array_set_clear_func(lists, list_clear);
    for (guint i = 0; i < domains->len; i++)
        all = look_up(cache, domains->pdata[i], lists) && all;
    for (guint i = 0; all && i < lists->len; i++)
        all = hq_mx_look_up_door(&check, &g_array_index(lists, struct mx_list, i), cache);
    if (!all)
        return false;
    fill_rows(&check);
    for (guint i = 0; i < lists->len; i++) {
        judge_list(&check, &g_array_index(lists, struct mx_list, i));
        hq_mx_judge_trail(&check, &g_array_index(lists, struct mx_list, i));
        hq_mx_judge_door(&check, &g_array_index(lists, struct mx_list, i));
    }
    return true;
}
