/* SPDX-License-Identifier: ISC */
/* Inside of the check of MX records. */
#ifndef HOPQ_CORE_MX_CHECK_PARTS_H
#define HOPQ_CORE_MX_CHECK_PARTS_H

#include "core/trail/trail.h"
#include "hopq/mx_check.h"

struct mx_host {
    int64_t preference; /* HQ_NONE: the domain has no MX record and is asked itself */
    char *name;
    GArray *addresses; /* struct hq_ip */
    bool unsure;       /* the DNS did not answer */
};

struct mx_list {
    const char *domain;
    GArray *hosts;       /* struct mx_host, the best first */
    bool null;           /* RFC 7505 */
    struct mx_host door; /* where the message came in, when that may be none of HOSTS */
};

struct mx_check {
    const struct hq_context *context;
    const struct hq_message *message;
    struct hq_detail *detail;
    struct hq_arena *arena;
    GArray *lists; /* struct mx_list */
};

/* Did the message come in through an MX of LIST that is not the best one? */
void hq_mx_judge_trail(const struct mx_check *check, const struct mx_list *list);
/* Did it come in past all MX of LIST? First asks for the addresses that this takes; false: an
 * answer is missing. */
bool hq_mx_look_up_door(const struct mx_check *check, struct mx_list *list,
                        struct hq_dns_cache *cache);
void hq_mx_judge_door(const struct mx_check *check, const struct mx_list *list);

/* Asks for A and AAAA of HOST; false: an answer is missing. */
bool hq_mx_find_addresses(struct hq_dns_cache *cache, struct mx_host *host);
/* HOST is this one: it bears our name or an address that we send from. */
bool hq_mx_is_us(const struct hq_context *context, const struct mx_host *host);
bool hq_mx_has_address(const struct mx_host *host, const char *ip);
/* The hop that HOST wrote, as far as that is sure: it is above the line, or the next newer one's
 * client has the host's address. */
const struct hq_hop *hq_mx_find_hop(const struct hq_detail *detail, const struct mx_host *host);

#endif
