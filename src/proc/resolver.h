/* SPDX-License-Identifier: ISC */
/* The DNS client of the [dns] process: c-ares in the default GLib main context. It hands answers on
 * as they came and looks into none of them. */
#ifndef HOPQ_PROC_RESOLVER_H
#define HOPQ_PROC_RESOLVER_H

#include "hopq/dns.h"

struct hq_resolver;

/* An answer. PACKET (N bytes) is the DNS message; NULL and 0 where none came. A packet comes with
 * OK always, with NODATA and NXDOMAIN mostly. NAME as it was asked. All borrowed. May ask more,
 * must not free the resolver. */
typedef void (*hq_resolver_fn)(const char *name, enum hq_dns_type type, enum hq_dns_status status,
                               const uint8_t *packet, size_t n, void *data);

/* SERVER is "system" (/etc/resolv.conf, read here and never again: call before the sandbox) or
 * ADDR[:PORT], [ADDR]:PORT for IPv6. TIMEOUT in milliseconds for the first of TRIES, doubling.
 * NULL with ERROR (HQ_EXIT_USAGE) when SERVER is no such thing, (HQ_EXIT_INTERNAL) when c-ares
 * cannot start. */
struct hq_resolver *hq_resolver_new(const char *server, int timeout, int tries,
                                    hq_resolver_fn callback, void *data, GError **error);
/* What is not answered yet never will be: no callback comes from here. NULL is fine. */
void hq_resolver_free(struct hq_resolver *resolver);

/* SERVER is what hq_resolver_new() takes. */
bool hq_resolver_is_server(const char *server);

/* Asks; any number of times. 256 questions are under way at most, the others wait. The callback
 * comes once for each, perhaps before this returns. */
void hq_resolver_ask(struct hq_resolver *resolver, const char *name, enum hq_dns_type type);

#endif
