/* SPDX-License-Identifier: ISC */
/* A DNS zone in memory for tests: answers the questions of a cache with real DNS packets, CNAMEs
 * chained, an SOA in negative answers, names compressed. */
#ifndef HOPQ_TESTS_DNS_FIXTURE_H
#define HOPQ_TESTS_DNS_FIXTURE_H

#include "hopq/dns.h"
#include <arpa/inet.h>
#include <string.h>

#define ZONE_ANY 255 /* a failure of every type that has no record of its own */

struct zone_rr {
    char *owner; /* lower case, no final dot */
    int type;
    GByteArray *data; /* record data; NULL: this question fails */
};

struct zone {
    GPtrArray *rrs;
    unsigned asked;      /* questions answered so far */
    const char *failing; /* names that begin with this fail when they are not there */
    GString *log;        /* "A host.example " of each */
};

static inline void zone_rr_free(gpointer data)
{
    struct zone_rr *rr = data;
    g_free(rr->owner);
    if (rr->data)
        g_byte_array_free(rr->data, TRUE);
    g_free(rr);
}

static inline struct zone *zone_new(void)
{
    struct zone *zone = g_new0(struct zone, 1);
    zone->rrs = g_ptr_array_new_with_free_func(zone_rr_free);
    zone->log = g_string_new(NULL);
    return zone;
}

static inline void zone_free(struct zone *zone)
{
    g_ptr_array_free(zone->rrs, TRUE);
    g_string_free(zone->log, TRUE);
    g_free(zone);
}

/* ---- packets ---- */

static inline void put16(GByteArray *out, unsigned value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    g_byte_array_append(out, bytes, 2);
}

static inline void put_name(GByteArray *out, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        uint8_t length = (uint8_t)n;
        g_assert(n < 64);
        if (n > 0) {
            g_byte_array_append(out, &length, 1);
            g_byte_array_append(out, (const uint8_t *)name, (guint)n);
        }
        name += n + (name[n] == '.');
    }
    g_byte_array_append(out, (const uint8_t *)"", 1);
}

/* Header and question; bytes 6 to 9 count answers and authorities. */
static inline GByteArray *packet_new(const char *name, int type, unsigned rcode)
{
    GByteArray *packet = g_byte_array_new();
    put16(packet, 0x1234);
    put16(packet, 0x8180 | rcode);
    put16(packet, 1);
    for (int i = 0; i < 3; i++)
        put16(packet, 0);
    put_name(packet, name);
    put16(packet, (unsigned)type);
    put16(packet, 1);
    return packet;
}

/* Appends a record; OWNER NULL is the question's name, as a compression pointer. SECTION 0 is the
 * answer, 1 the authority. */
static inline void packet_add(GByteArray *packet, int section, const char *owner, int type,
                              unsigned ttl, const uint8_t *data, size_t n)
{
    packet->data[7 + 2 * section]++;
    if (packet->data[7 + 2 * section] == 0)
        packet->data[6 + 2 * section]++;
    if (owner)
        put_name(packet, owner);
    else
        put16(packet, 0xC00C);
    put16(packet, (unsigned)type);
    put16(packet, 1);
    put16(packet, ttl >> 16);
    put16(packet, ttl & 0xFFFF);
    put16(packet, (unsigned)n);
    g_byte_array_append(packet, data, (guint)n);
}

/* ---- records ---- */

static inline void zone_add(struct zone *zone, const char *owner, int type, GByteArray *data)
{
    struct zone_rr *rr = g_new0(struct zone_rr, 1);
    rr->owner = g_ascii_strdown(owner, -1);
    if (g_str_has_suffix(rr->owner, "."))
        rr->owner[strlen(rr->owner) - 1] = '\0';
    rr->type = type;
    rr->data = data;
    g_ptr_array_add(zone->rrs, rr);
}

static inline void zone_txt_string(GByteArray *data, const char *s, size_t n)
{
    do {
        uint8_t length = (uint8_t)MIN(n, 255);
        g_byte_array_append(data, &length, 1);
        g_byte_array_append(data, (const uint8_t *)s, length);
        s += length;
        n -= length;
    } while (n > 0);
}

static inline void zone_address(struct zone *zone, const char *owner, const char *address)
{
    uint8_t bytes[16];
    bool six = strchr(address, ':') != NULL;
    GByteArray *data = g_byte_array_new();
    g_assert_cmpint(inet_pton(six ? AF_INET6 : AF_INET, address, bytes), ==, 1);
    g_byte_array_append(data, bytes, six ? 16 : 4);
    zone_add(zone, owner, six ? HQ_DNS_AAAA : HQ_DNS_A, data);
}

static inline void zone_name(struct zone *zone, const char *owner, int type, unsigned preference,
                             const char *target)
{
    GByteArray *data = g_byte_array_new();
    if (type == HQ_DNS_MX)
        put16(data, preference);
    put_name(data, target);
    zone_add(zone, owner, type, data);
}

static inline void zone_txt(struct zone *zone, const char *owner, const char *text)
{
    GByteArray *data = g_byte_array_new();
    zone_txt_string(data, text, strlen(text));
    zone_add(zone, owner, HQ_DNS_TXT, data);
}

/* "owner TYPE value": A AAAA MX PTR CNAME TXT, and FAIL for a name whose questions fail. */
static inline void zone_line(struct zone *zone, const char *line)
{
    g_auto(GStrv) word = g_strsplit(line, " ", 3);
    g_assert(word[0] && word[1]);
    if (!strcmp(word[1], "A") || !strcmp(word[1], "AAAA"))
        zone_address(zone, word[0], word[2]);
    else if (!strcmp(word[1], "TXT"))
        zone_txt(zone, word[0], word[2]);
    else if (!strcmp(word[1], "MX"))
        zone_name(zone, word[0], HQ_DNS_MX, 10, word[2]);
    else if (!strcmp(word[1], "PTR"))
        zone_name(zone, word[0], HQ_DNS_PTR, 0, word[2]);
    else if (!strcmp(word[1], "CNAME"))
        zone_name(zone, word[0], HQ_DNS_CNAME, 0, word[2]);
    else if (!strcmp(word[1], "FAIL"))
        zone_add(zone, word[0], ZONE_ANY, NULL);
    else
        g_error("zone line: %s", line);
}

/* ---- answers ---- */

static inline const struct zone_rr *zone_find(const struct zone *zone, const char *owner, int type,
                                              bool *exists)
{
    const struct zone_rr *found = NULL;
    for (guint i = 0; i < zone->rrs->len; i++) {
        const struct zone_rr *rr = g_ptr_array_index(zone->rrs, i);
        if (strcmp(rr->owner, owner) != 0)
            continue;
        *exists = true;
        if (!found && rr->type == type)
            found = rr;
    }
    return found;
}

static inline unsigned zone_fill(const struct zone *zone, GByteArray *packet, const char *owner,
                                 bool first, int type)
{
    unsigned count = 0;
    for (guint i = 0; i < zone->rrs->len; i++) {
        const struct zone_rr *rr = g_ptr_array_index(zone->rrs, i);
        if (strcmp(rr->owner, owner) != 0 || rr->type != type || !rr->data)
            continue;
        packet_add(packet, 0, first ? NULL : owner, type, 300, rr->data->data, rr->data->len);
        count++;
    }
    return count;
}

static inline void read_target(const GByteArray *data, char out[256])
{
    size_t used = 0;
    for (guint i = 0; data->data[i]; i += data->data[i] + 1U) {
        memcpy(out + used, data->data + i + 1, data->data[i]);
        used += data->data[i];
        out[used++] = '.';
    }
    out[used > 0 ? used - 1 : 0] = '\0';
}

/* Puts the zone's answer to one question. */
static inline void zone_answer(struct zone *zone, struct hq_dns_cache *cache, const char *name,
                               enum hq_dns_type type)
{
    static const uint8_t soa[] = "\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x3c";
    char owner[256];
    bool exists = false, failed = false;
    GByteArray *packet = packet_new(name, type, 0);
    const struct zone_rr *alias = NULL;
    g_strlcpy(owner, name, sizeof owner);
    for (int hops = 0; hops < 8; hops++) {
        exists = false;
        if (zone_find(zone, owner, type, &exists) ||
            !(alias = zone_find(zone, owner, HQ_DNS_CNAME, &exists)))
            break;
        packet_add(packet, 0, hops == 0 ? NULL : owner, HQ_DNS_CNAME, 300, alias->data->data,
                   alias->data->len);
        read_target(alias->data, owner);
        for (char *c = owner; *c; c++)
            *c = g_ascii_tolower(*c);
    }
    const struct zone_rr *own = zone_find(zone, owner, type, &exists);
    if (own)
        failed = !own->data;
    else if (zone_find(zone, owner, ZONE_ANY, &exists))
        failed = true;
    else if (!exists && zone->failing && g_str_has_prefix(owner, zone->failing))
        failed = true;
    if (zone_fill(zone, packet, owner, !alias, type) == 0) {
        packet->data[3] = exists ? 0x80 : 0x83;
        packet_add(packet, 1, "", 6, 60, soa, 22);
    }
    zone->asked++;
    g_string_append_printf(zone->log, "%d %s ", type, name);
    hq_dns_cache_put(cache, name, type, failed ? HQ_DNS_TEMPFAIL : HQ_DNS_OK,
                     failed ? NULL : packet->data, failed ? 0 : packet->len);
    g_byte_array_free(packet, TRUE);
}

/* Answers everything that CACHE wants to know; how many questions. */
static inline unsigned zone_serve(struct zone *zone, struct hq_dns_cache *cache)
{
    const char *name;
    enum hq_dns_type type;
    unsigned before = zone->asked;
    while (hq_dns_cache_take_question(cache, &name, &type)) {
        char copy[256]; /* the cache's name need not outlive the put */
        g_strlcpy(copy, name, sizeof copy);
        zone_answer(zone, cache, copy, type);
    }
    return zone->asked - before;
}

#endif
