/* SPDX-License-Identifier: ISC */
/* Any bytes as the answer to a DNS question. The first byte chooses the type; the question is
 * "a.example", or what the packet itself says it was. */
#include "core/dns/packet.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The question of a packet without compression. */
static void read_question(const uint8_t *packet, size_t n, char name[256])
{
    size_t used = 0;
    for (size_t at = 12; at < n && packet[at] > 0 && packet[at] < 64; at += packet[at] + 1U) {
        if (at + packet[at] >= n || used + packet[at] + 2 > 256)
            break;
        memcpy(name + used, packet + at + 1, packet[at]);
        used += packet[at];
        name[used++] = '.';
    }
    name[used > 0 ? used - 1 : 0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const enum hq_dns_type types[] = {HQ_DNS_A,  HQ_DNS_CNAME, HQ_DNS_PTR,
                                             HQ_DNS_MX, HQ_DNS_TXT,   HQ_DNS_AAAA};
    char name[256] = "a.example";
    if (n == 0)
        return 0;
    enum hq_dns_type type = types[data[0] % G_N_ELEMENTS(types)];
    if (data[0] & 0x80)
        read_question(data + 1, n - 1, name);
    struct hq_dns_cache *cache = hq_dns_cache_new();
    hq_dns_cache_get(cache, name, type);
    hq_dns_cache_put(cache, name, type, data[0] & 0x40 ? HQ_DNS_NXDOMAIN : HQ_DNS_OK, data + 1,
                     n - 1);
    const struct hq_dns_answer *answer = hq_dns_cache_get(cache, name, type);
    g_assert(answer);
    g_assert((answer->status == HQ_DNS_OK) == (answer->count > 0));
    size_t total = 0;
    for (unsigned i = 0; i < answer->count; i++) {
        const struct hq_dns_record *record = &answer->records[i];
        if (!record->text)
            continue;
        total += record->length;
        g_assert(record->text[record->length] == '\0');
        g_assert(type == HQ_DNS_TXT || record->length < HQ_DNS_NAME_SIZE);
    }
    g_assert(type != HQ_DNS_TXT || total < n);
    hq_dns_cache_free(cache);
    return 0;
}
