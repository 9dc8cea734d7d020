/* SPDX-License-Identifier: ISC */
/* IP addresses: strict parsing (inet_pton's forms only), classes, networks. */
#include "hopq/ip.h"
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

static int family_of(const struct hq_ip *ip)
{
    return ip->family == 4 ? AF_INET : AF_INET6;
}

/* ::ffff:a.b.c.d is a.b.c.d seen through a dual-stack socket (RFC 4291 section 2.5.5.2). */
static void unmap(struct hq_ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (ip->family != 6 || memcmp(ip->bytes, mapped, sizeof(mapped)) != 0)
        return;
    struct hq_ip v4 = {.family = 4};
    memcpy(v4.bytes, ip->bytes + sizeof(mapped), 4);
    *ip = v4;
}

/* Four decimal numbers without leading noughts. Most of what is asked is a host name, which ends
 * here at its first letter. */
static bool parse_v4(const char *s, size_t n, uint8_t bytes[4])
{
    unsigned value = 0;
    size_t digits = 0;
    size_t part = 0;

    for (size_t i = 0; i < n; i++) {
        if (s[i] == '.' && digits && part < 3) {
            bytes[part++] = (uint8_t)value;
            value = 0;
            digits = 0;
        } else if (g_ascii_isdigit(s[i]) && !(digits && value == 0)) {
            value = value * 10 + (unsigned)(s[i] - '0');
            digits++;
            if (value > 255)
                return false;
        } else {
            return false;
        }
    }
    bytes[3] = (uint8_t)value;
    return part == 3 && digits;
}

static bool parse_v6(const char *s, size_t n, uint8_t bytes[16])
{
    char text[INET6_ADDRSTRLEN];

    if (!memchr(s, ':', n) || memchr(s, '\0', n))
        return false;
    const char *zone = memchr(s, '%', n);
    if (zone == s + n - 1)
        return false;
    if (zone)
        n = (size_t)(zone - s);
    if (n >= sizeof(text))
        return false;
    memcpy(text, s, n);
    text[n] = '\0';
    return inet_pton(AF_INET6, text, bytes) == 1;
}

bool hq_ip_parse(const char *s, size_t n, struct hq_ip *ip)
{
    struct hq_ip found = {0};

    *ip = found;
    if (!s || !n || !(g_ascii_isxdigit(*s) || *s == ':'))
        return false;
    found.family = parse_v4(s, n, found.bytes) ? 4 : 6;
    if (found.family == 6 && !parse_v6(s, n, found.bytes))
        return false;
    unmap(&found);
    *ip = found;
    return true;
}

bool hq_ip_parse_str(const char *s, struct hq_ip *ip)
{
    return hq_ip_parse(s, s ? strlen(s) : 0, ip);
}

/* The longest run of at least two groups of nought, the first of equals (RFC 5952 section 4.2). */
static int longest_run(const uint16_t groups[8], int *length)
{
    int best = -1;

    *length = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && groups[i + n] == 0)
            n++;
        if (n > *length) {
            best = i;
            *length = n;
        }
        i += n;
    }
    return best;
}

static char *put_group(char *p, unsigned group)
{
    bool begun = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned nibble = group >> shift & 15;
        begun = begun || nibble || shift == 0;
        if (begun)
            *p++ = "0123456789abcdef"[nibble];
    }
    return p;
}

/* inet_ntop() does it with sprintf(), and hop chains are full of these. */
static void format_v6(const uint8_t bytes[16], char *p)
{
    uint16_t groups[8];
    int length;

    for (size_t i = 0; i < 8; i++)
        groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    int run = longest_run(groups, &length);
    for (int i = 0; i < 8; i++) {
        if (i == run) {
            *p++ = ':';
            i += length - 1;
            if (i == 7)
                *p++ = ':';
            continue;
        }
        if (i)
            *p++ = ':';
        p = put_group(p, groups[i]);
    }
    *p = '\0';
}

char *hq_ip_format(const struct hq_ip *ip, char buf[46])
{
    static const uint8_t compatible[12] = {0}; /* "::192.0.2.1" is left to the C library */

    buf[0] = '\0';
    if (ip->family == 6 && memcmp(ip->bytes, compatible, sizeof(compatible)) != 0)
        format_v6(ip->bytes, buf);
    else if (ip->family)
        inet_ntop(family_of(ip), ip->bytes, buf, 46);
    return buf;
}

bool hq_ip_equal(const struct hq_ip *a, const struct hq_ip *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

/* The IANA special-purpose registries for IPv4 and IPv6, and the IPv6 address space registry: what
 * is neither special nor in 2000::/3 has never been given to anybody. The first match counts. */
static const struct {
    struct hq_cidr net;
    enum hq_ip_class class;
} classes[] = {
#define V4(a, b, c, p, class)      \
    {                              \
        {{4, {a, b, c}}, p}, class \
    }
#define V6(a, b, p, class)                                        \
    {                                                             \
        {{6, {(a) >> 8, (a)&0xFF, (b) >> 8, (b)&0xFF}}, p}, class \
    }
    V4(0, 0, 0, 8, HQ_IP_INVALID),             /* RFC 791, "this network" */
    V4(10, 0, 0, 8, HQ_IP_PRIVATE),            /* RFC 1918 */
    V4(100, 64, 0, 10, HQ_IP_CGNAT),           /* RFC 6598 */
    V4(127, 0, 0, 8, HQ_IP_LOOPBACK),          /* RFC 1122 */
    V4(169, 254, 0, 16, HQ_IP_LINK_LOCAL),     /* RFC 3927 */
    V4(172, 16, 0, 12, HQ_IP_PRIVATE),         /* RFC 1918 */
    V4(192, 0, 2, 24, HQ_IP_DOCUMENTATION),    /* RFC 5737 */
    V4(192, 168, 0, 16, HQ_IP_PRIVATE),        /* RFC 1918 */
    V4(198, 18, 0, 15, HQ_IP_PRIVATE),         /* RFC 2544, benchmarks */
    V4(198, 51, 100, 24, HQ_IP_DOCUMENTATION), /* RFC 5737 */
    V4(203, 0, 113, 24, HQ_IP_DOCUMENTATION),  /* RFC 5737 */
    V4(224, 0, 0, 4, HQ_IP_MULTICAST),         /* RFC 5771 */
    V4(240, 0, 0, 4, HQ_IP_INVALID),           /* RFC 1112, and 255.255.255.255 */
    V4(0, 0, 0, 0, HQ_IP_GLOBAL),
    {{{6, {[15] = 1}}, 128}, HQ_IP_LOOPBACK},    /* RFC 4291 */
    V6(0x0064, 0xFF9B, 96, HQ_IP_GLOBAL),        /* RFC 6052, NAT64 */
    V6(0x2001, 0x0DB8, 32, HQ_IP_DOCUMENTATION), /* RFC 3849 */
    V6(0x3FFF, 0, 20, HQ_IP_DOCUMENTATION),      /* RFC 9637 */
    V6(0x2000, 0, 3, HQ_IP_GLOBAL),              /* RFC 4291, allocated unicast */
    V6(0xFC00, 0, 7, HQ_IP_PRIVATE),             /* RFC 4193 */
    V6(0xFE80, 0, 10, HQ_IP_LINK_LOCAL),         /* RFC 4291 */
    V6(0xFEC0, 0, 10, HQ_IP_PRIVATE),            /* RFC 3879, site local of old */
    V6(0xFF00, 0, 8, HQ_IP_MULTICAST),           /* RFC 4291 */
#undef V4
#undef V6
};

enum hq_ip_class hq_ip_classify(const struct hq_ip *ip)
{
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        if (hq_cidr_contains(&classes[i].net, ip))
            return classes[i].class;
    return HQ_IP_INVALID;
}

bool hq_ip_is_public(const struct hq_ip *ip)
{
    enum hq_ip_class class = hq_ip_classify(ip);

    return class == HQ_IP_GLOBAL || class == HQ_IP_DOCUMENTATION;
}

bool hq_ip_is_inner(const struct hq_ip *ip)
{
    static const unsigned inner =
        1u << HQ_IP_PRIVATE | 1u << HQ_IP_LOOPBACK | 1u << HQ_IP_LINK_LOCAL | 1u << HQ_IP_CGNAT;

    return inner >> hq_ip_classify(ip) & 1;
}

/* Digits only, no leading zero, at most MAX. */
static bool parse_prefix(const char *s, int max, uint8_t *prefix)
{
    int value = 0;
    size_t i = 0;
    for (; i < 3 && g_ascii_isdigit(s[i]); i++)
        value = value * 10 + (s[i] - '0');
    if (i == 0 || s[i] || value > max || (s[0] == '0' && i > 1))
        return false;
    *prefix = (uint8_t)value;
    return true;
}

bool hq_cidr_parse(const char *s, struct hq_cidr *cidr)
{
    *cidr = (struct hq_cidr){0};
    if (!s)
        return false;
    struct hq_cidr found;
    const char *slash = strchr(s, '/');
    size_t n = slash ? (size_t)(slash - s) : strlen(s);
    if (!hq_ip_parse(s, n, &found.ip))
        return false;
    uint8_t bits = found.ip.family == 4 ? 32 : 128;
    found.prefix = bits;
    if (slash) {
        /* A mapped network counts the 96 bits in front of the IPv4 address. */
        uint8_t front = bits == 32 && memchr(s, ':', n) ? 96 : 0;
        if (!parse_prefix(slash + 1, bits + front, &found.prefix) || found.prefix < front)
            return false;
        found.prefix = (uint8_t)(found.prefix - front);
    }
    *cidr = found;
    return true;
}

bool hq_cidr_contains(const struct hq_cidr *cidr, const struct hq_ip *ip)
{
    if (!ip->family || cidr->ip.family != ip->family)
        return false;
    size_t whole = cidr->prefix / 8;
    unsigned rest = cidr->prefix % 8;
    if (memcmp(cidr->ip.bytes, ip->bytes, whole) != 0)
        return false;
    return !rest || (cidr->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}

char *hq_ip_reverse(const struct hq_ip *ip, char buf[80])
{
    buf[0] = '\0';
    if (ip->family == 4) {
        g_snprintf(buf, 80, "%u.%u.%u.%u.in-addr.arpa", ip->bytes[3], ip->bytes[2], ip->bytes[1],
                   ip->bytes[0]);
    } else if (ip->family == 6) {
        char *p = buf;
        for (int i = 15; i >= 0; i--)
            for (int shift = 0; shift <= 4; shift += 4) {
                *p++ = "0123456789abcdef"[ip->bytes[i] >> shift & 15];
                *p++ = '.';
            }
        memcpy(p, "ip6.arpa", sizeof("ip6.arpa"));
    }
    return buf;
}
