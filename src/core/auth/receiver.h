/* SPDX-License-Identifier: ISC */
/* The receiving side as it is known when authentication fields are judged (auth.c), and which of
 * the fields that bear its name cannot be its own (spoof.c). */
#ifndef HOPQ_CORE_AUTH_RECEIVER_H
#define HOPQ_CORE_AUTH_RECEIVER_H

#include "hopq/auth.h"

struct auth_receiver {
    const struct hq_detail *detail;
    const struct hq_context *context;
    const struct hq_hop *boundary; /* NULL: nothing can be believed */
    const char *return_path;       /* domain of the envelope's sender; NULL: not known */
    GHashTable *names;             /* lower-case names of its hosts, and their organisations */
    bool seen_before;              /* an older hop is one of its hosts: it had the mail before */
    int64_t authors_first, authors_last; /* offsets of the author's fields; HQ_NONE: none */
};

/* HEADERS, DETAIL and CONTEXT are borrowed. */
void hq_auth_receiver_init(struct auth_receiver *receiver, const struct hq_headers *headers,
                           const struct hq_detail *detail, const struct hq_context *context,
                           struct hq_arena *arena);
void hq_auth_receiver_clear(struct auth_receiver *receiver);

/* A and B are one name, or names of one organisation. */
bool hq_auth_same_name(const char *a, const char *b);
/* AUTHSERV is a name of the receiving side. */
bool hq_auth_is_receiver(const struct auth_receiver *receiver, const char *authserv);
bool hq_auth_boundary_is(const struct auth_receiver *receiver, const char *organisation);

/* True: the receiver cannot have written the field SPAN, which gave the rows from FIRST on, stands
 * at or below the boundary and may bear the receiver's name. Directly below the receiver's own
 * Received field its milters write, too; there it takes a reason, which REASON gets as " and …"
 * (else ""). */
bool hq_auth_is_spoof(const struct auth_receiver *receiver, const struct hq_field_span *span,
                      const GArray *rows, guint first, GString *reason);

#endif
