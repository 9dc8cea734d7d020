/* SPDX-License-Identifier: ISC */
/* Inside of the rules on hops: the functions that the table in hops.c names, one a row. Each says
 * in words what is wrong with HOP; NULL: nothing. */
#ifndef HOPQ_CORE_FINDING_PARTS_H
#define HOPQ_CORE_FINDING_PARTS_H

#include "core/trail/trail.h"
#include "hopq/arena.h"
#include "hopq/ip.h"

typedef const char *(*finding_rule_fn)(const struct trail *trail, const struct hq_hop *hop);

/* How one field is written: writing.c */
const char *hq_finding_unparseable(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_tail_junk(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_date_as_ip(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_ratware_date(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_proto_nonsense(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_impossible_ip(const struct trail *trail, const struct hq_hop *hop);
/* The writing habit of the MTA that it names: habit.c */
const char *hq_finding_id_habit(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_date_habit(const struct trail *trail, const struct hq_hop *hop);
/* Clocks: time.c */
const char *hq_finding_time_travel(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_wrong_weekday(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_tz_contradict(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_date_eq_hop(const struct trail *trail, const struct hq_hop *hop);
void hq_finding_date_far(struct trail *trail); /* of the message, no hop's */
/* Queue ids: id.c */
const char *hq_finding_id_reuse(const struct trail *trail, const struct hq_hop *hop);
/* Who the client says it is, and who it is: client.c */
const char *hq_finding_helo_big(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_helo_ip_ne(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_helo_is_me(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_rdns_none(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_rdns_localhost(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_rdns_dynamic(const struct trail *trail, const struct hq_hop *hop);
/* What a hop says against what the next newer one says: chain.c */
const char *hq_finding_gap(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_edge_copied(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_provider_false(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_same_ip_twice(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_backup_mx(const struct trail *trail, const struct hq_hop *hop);
/* Where the field stands in the header: order.c */
const char *hq_finding_below_headers(const struct trail *trail, const struct hq_hop *hop);
const char *hq_finding_mid_by_relay(const struct trail *trail, const struct hq_hop *hop);
/* The sender's own address: origin.c */
const char *hq_finding_origin_claimed(const struct trail *trail, const struct hq_hop *hop);

/* The piece of a hop's field that shows it: evidence.c */
enum hq_evidence {
    HQ_EVIDENCE_FIELD,
    HQ_EVIDENCE_MESSAGE_ID, /* that field */
    HQ_EVIDENCE_CLIENT,     /* all that is told of the client */
    HQ_EVIDENCE_IP,
    HQ_EVIDENCE_HELO,
    HQ_EVIDENCE_NAME,
    HQ_EVIDENCE_BY,
    HQ_EVIDENCE_WITH,
    HQ_EVIDENCE_ID,
    HQ_EVIDENCE_DATE /* to the field's end */
};
void hq_finding_show(const struct trail *trail, const struct hq_hop *hop, enum hq_evidence evidence,
                     struct hq_finding *finding);

/* ---- what the rules share ---- */

/* The hop that took the message from HOP; NULL: HOP is the newest. */
static inline const struct hq_hop *hq_finding_newer(const struct trail *trail,
                                                    const struct hq_hop *hop)
{
    return hop->n > 0 ? &trail->detail->hops[hop->n - 1] : NULL;
}

/* The text of a hop's date as it stands, folds and all; false when it has none. */
bool hq_finding_date_text(const struct hq_hop *hop, const char **s, size_t *n);
/* The client's address, when it is one of the public Internet or stands for such. */
bool hq_finding_public_client(const struct hq_hop *hop, struct hq_ip *ip);
/* The client proved who it is. */
bool hq_finding_is_authenticated(const struct trail *trail, const struct hq_hop *hop);
/* NAME is made from its address or has the words of a dial-up pool: dynamic.c */
bool hq_finding_looks_dynamic(const char *name, const struct hq_ip *ip);

#endif
