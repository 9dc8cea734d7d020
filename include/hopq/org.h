/* SPDX-License-Identifier: ISC */
/* Organisations: which names belong to one operator. Public suffix list and an alias table
 * (src/core/org_aliases.def). */
#ifndef HOPQ_ORG_H
#define HOPQ_ORG_H

#include <stdbool.h>
#include <stddef.h>

/* Loads the public suffix list: once a process, before any sandbox. */
void hq_org_init(void);

/* Organisational domain of a host name in lower case ("example.co.uk" of "mx1.example.co.uk."),
 * after aliases ("outlook.com" for "x.prod.office365.com"). BUF of 256; "" when it has none (a
 * single label, an address literal, too long). Returns BUF. */
char *hq_org_domain(const char *host, char buf[256]);
/* The same by the public suffix list alone: what DMARC of RFC 7489 calls so. */
char *hq_org_listed(const char *host, char buf[256]);
/* DOMAIN (N bytes) is PARENT or below it; both lower case. */
bool hq_domain_is_below(const char *domain, size_t n, const char *parent);
bool hq_org_same(const char *host_a, const char *host_b);

#endif
