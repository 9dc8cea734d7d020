/* SPDX-License-Identifier: ISC */
/* Inside of the check of MX records. Only src/core/mx_check*.c include this. */
#ifndef HOPQ_MX_CHECK_PARTS_H
#define HOPQ_MX_CHECK_PARTS_H

#include "hopq/mx_check.h"
#include "trail_parts.h"

struct mx_host {
    int64_t preference; /* HQ_NONE: the domain has no MX record and is asked itself */
    char *name;
    GArray *addresses; /* struct hq_ip */
    bool unsure;       /* the DNS did not answer */
};

struct mx_list {
    const char *domain;
    GArray *hosts; /* struct mx_host, the best first */
    bool null;     /* RFC 7505 */
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

#endif
