/* SPDX-License-Identifier: ISC */
/* Did the message come in through a backup MX? A host's name can only suggest that it is one; an MX
 * record proves it, and the address that handed the message to us proves that it came that way. */
#include "parts.h"
#include <string.h>

bool hq_mx_has_address(const struct mx_host *host, const char *text)
{
    struct hq_ip ip;

    if (!hq_ip_parse_str(text, &ip))
        return false;
    for (guint i = 0; i < host->addresses->len; i++) {
        if (hq_ip_equal(&g_array_index(host->addresses, struct hq_ip, i), &ip))
            return true;
    }
    return false;
}

const struct hq_hop *hq_mx_find_hop(const struct hq_detail *detail, const struct mx_host *host)
{
    for (uint32_t i = 0; i < detail->hop_count; i++) {
        const struct hq_hop *hop = &detail->hops[i];

        if (i > 0 && detail->hops[i - 1].trust != HQ_TRUST_CLAIMED &&
            hq_mx_has_address(host, detail->hops[i - 1].from.ip))
            return hop;
        if (hop->trust != HQ_TRUST_CLAIMED && hq_trail_same_name(hop->by.name, host->name))
            return hop;
    }
    return NULL;
}

static struct hq_finding *find_guess(struct hq_detail *detail)
{
    for (uint32_t i = 0; i < detail->finding_count; i++) {
        if (strcmp(detail->findings[i].id, "backup-mx") == 0)
            return &detail->findings[i];
    }
    return NULL;
}

static void drop(struct hq_detail *detail, struct hq_finding *finding)
{
    size_t behind = (size_t)(detail->findings + detail->finding_count - (finding + 1));

    memmove(finding, finding + 1, behind * sizeof *finding);
    detail->finding_count--;
}

/* The backup was the client of the boundary, so what it wrote is below the line. */
static const char *way_out(const struct hq_hop *hop)
{
    return hop->trust == HQ_TRUST_CLAIMED
               ? "; if it is yours, --trust its address to look behind it"
               : "";
}

static void report(const struct mx_check *check, const struct mx_list *list,
                   const struct mx_host *host, const struct hq_hop *hop)
{
    const struct mx_host *best = &g_array_index(list->hosts, struct mx_host, 0);
    struct hq_finding *guess = find_guess(check->detail);

    if (guess)
        drop(check->detail, guess);
    struct hq_finding *finding = hq_finding_add(
        check->detail, check->arena, "backup-mx", (int)hop->n,
        "came in through %.80s, MX %d of %.80s; the best is %.80s (%d), which was not used%s",
        host->name, (int)host->preference, list->domain, best->name, (int)best->preference,
        way_out(hop));
    finding->confidence = HQ_LEVEL_HIGH;
}

/* Takes back what was suspected because of a name, where the list shows that the host is no
 * backup. */
static void correct_guess(const struct mx_check *check, const struct mx_list *list)
{
    struct hq_finding *guess = find_guess(check->detail);

    if (!guess || guess->hop == HQ_NONE || guess->confidence == HQ_LEVEL_HIGH)
        return;
    const struct mx_host *best = &g_array_index(list->hosts, struct mx_host, 0);
    const char *by = check->detail->hops[guess->hop].by.name;
    for (guint i = 0; i < list->hosts->len; i++) {
        const struct mx_host *host = &g_array_index(list->hosts, struct mx_host, i);

        if (host->preference == best->preference && hq_trail_same_name(by, host->name)) {
            drop(check->detail, guess);
            return;
        }
    }
}

void hq_mx_judge_trail(const struct mx_check *check, const struct mx_list *list)
{
    if (list->hosts->len == 0)
        return;
    const struct mx_host *best = &g_array_index(list->hosts, struct mx_host, 0);
    for (guint i = 1; i < list->hosts->len; i++) {
        const struct mx_host *host = &g_array_index(list->hosts, struct mx_host, i);
        const struct hq_hop *hop =
            host->preference > best->preference ? hq_mx_find_hop(check->detail, host) : NULL;

        if (hop) {
            report(check, list, host, hop);
            return;
        }
    }
    correct_guess(check, list);
}
