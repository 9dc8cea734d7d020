/* SPDX-License-Identifier: ISC */
/* See egress.h. An address behind NAT is not public and tells nothing. */
#include "egress.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static bool take(const struct sockaddr *address, struct hq_ip *ip)
{
    *ip = (struct hq_ip){0};
    if (address->sa_family == AF_INET) {
        ip->family = 4;
        memcpy(ip->bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        ip->family = 6;
        memcpy(ip->bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    }
    return hq_ip_classify(ip) == HQ_IP_GLOBAL;
}

void hq_egress_find(struct hq_context *context)
{
    struct ifaddrs *list;
    struct hq_ip ip;
    char text[46];

    if (!context->hostname || context->egress->len > 0 || *hq_context_relay_host(context) ||
        getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
        if (one->ifa_addr && (one->ifa_flags & IFF_UP) && take(one->ifa_addr, &ip))
            hq_context_add_egress(context, hq_ip_format(&ip, text));
    }
    freeifaddrs(list);
}
