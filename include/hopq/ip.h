/* SPDX-License-Identifier: ISC */
/* IP addresses: strict parsing (inet_pton's forms only), classes, networks. */
#ifndef HOPQ_IP_H
#define HOPQ_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hq_ip {
    uint8_t family; /* 4, 6; 0 is "none" */
    uint8_t bytes[16];
};

/* Where an address can be (IANA special-purpose registries, RFC 6890 and its updates). */
enum hq_ip_class {
    HQ_IP_INVALID, /* family 0; 0/8, 240/4, 255.255.255.255, ::, IPv6 never given to anybody */
    HQ_IP_GLOBAL,
    HQ_IP_PRIVATE,       /* RFC 1918, 198.18/15 (benchmarks), fc00::/7, fec0::/10 */
    HQ_IP_LOOPBACK,      /* 127/8, ::1 */
    HQ_IP_LINK_LOCAL,    /* 169.254/16, fe80::/10 */
    HQ_IP_CGNAT,         /* 100.64/10 */
    HQ_IP_DOCUMENTATION, /* 192.0.2/24, 198.51.100/24, 203.0.113/24, 2001:db8::/32, 3fff::/20 */
    HQ_IP_MULTICAST
};

/* N bytes of S. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) becomes its IPv4 address; a zone
 * ("%eth0") is dropped. False: no address. */
bool hq_ip_parse(const char *s, size_t n, struct hq_ip *ip);
bool hq_ip_parse_str(const char *s, struct hq_ip *ip); /* NULL is no address */
/* BUF of 46 bytes; family 0 gives "". RFC 5952 form. Returns BUF. */
char *hq_ip_format(const struct hq_ip *ip, char buf[46]);
bool hq_ip_equal(const struct hq_ip *a, const struct hq_ip *b);
enum hq_ip_class hq_ip_classify(const struct hq_ip *ip);
/* That strangers can see. Those for documentation are taken as such, or no example would work. */
bool hq_ip_is_public(const struct hq_ip *ip);
/* Of a network that the world does not reach: private, loopback, link-local or carrier-grade NAT.
 */
bool hq_ip_is_inner(const struct hq_ip *ip);

struct hq_cidr {
    struct hq_ip ip;
    uint8_t prefix;
};

/* "10.0.0.0/8", "2001:db8::/32", or an address alone; false when it is none. Bits behind the prefix
 * do not count. */
bool hq_cidr_parse(const char *s, struct hq_cidr *cidr);
bool hq_cidr_contains(const struct hq_cidr *cidr, const struct hq_ip *ip);

/* Reverse name: "4.3.2.1.in-addr.arpa" or the ip6.arpa form; family 0 gives "". BUF of 80. */
char *hq_ip_reverse(const struct hq_ip *ip, char buf[80]);

#endif
