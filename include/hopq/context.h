/* SPDX-License-Identifier: ISC */
/* What is known about this machine's own mail system, from the command line, the configuration and
 * the MTA's settings: whose domains are ours, which relays, which sending addresses. */
#ifndef HOPQ_CONTEXT_H
#define HOPQ_CONTEXT_H

#include "hopq/ip.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum hq_network_kind {
    HQ_NETWORK_TRUSTED,
    HQ_NETWORK_EXCLUDED,  /* "!192.0.2.7": an exception from a network behind it */
    HQ_NETWORK_SUBMISSION /* "msa:192.0.2.9": trusted, and so are its clients: they log in there */
};

struct hq_network {
    struct hq_cidr net;
    uint8_t kind; /* enum hq_network_kind */
};

/* An address or a network ("192.0.2.0/24", "10/8" for short), with one of the words above before it
 * or none. */
bool hq_network_parse(const char *text, struct hq_network *network);
/* The form that hq_network_parse() reads. Caller frees. */
char *hq_network_format(const struct hq_network *network);

struct hq_context {
    GPtrArray *our;  /* char *: domains that are ours, lower case */
    GArray *trust;   /* struct hq_network: our own relays; the first that an address is in counts */
    GArray *egress;  /* struct hq_ip: addresses we send from */
    char *hostname;  /* our name in Received and HELO, NULL: not known */
    GHashTable *mta; /* char * to char *: settings of the MTA by its own names; never NULL */
    int64_t now;     /* microseconds */
};

struct hq_context *hq_context_new(void);
void hq_context_free(struct hq_context *context);
/* Adds what a user or an MTA wrote; false when it is no domain, CIDR or address. */
bool hq_context_add_our(struct hq_context *context, const char *domain);
bool hq_context_add_trust(struct hq_context *context, const char *network);
bool hq_context_add_egress(struct hq_context *context, const char *ip);
/* DOMAIN (N bytes) or one of its parents is ours. */
bool hq_context_is_ours(const struct hq_context *context, const char *domain, size_t n);
bool hq_context_is_trusted(const struct hq_context *context, const struct hq_ip *ip);
/* A submission host of ours: trusted, and what its clients hand in is ours. */
bool hq_context_is_submission(const struct hq_context *context, const struct hq_ip *ip);
/* A setting of the MTA, or FALLBACK. */
const char *hq_context_setting(const struct hq_context *context, const char *name,
                               const char *fallback);
/* HOST delivers all our mail ("smart host"): destinations see its address. */
void hq_context_set_relay_host(struct hq_context *context, const char *host);
/* "": there is none. */
const char *hq_context_relay_host(const struct hq_context *context);
/* A setting that is a time with the MTA's unit letter ("5d", "300s", "4000"); UNIT is the factor
 * of a bare number. */
int64_t hq_context_span(const struct hq_context *context, const char *name, int64_t unit,
                        int64_t fallback);

#endif
