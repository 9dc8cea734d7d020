/* SPDX-License-Identifier: ISC */
/* What others wrote down about a message's authenticity: Authentication-Results (RFC 8601 and the
 * forms of vendors), Received-SPF (RFC 7208 section 9.1, Google's and Outlook's free text), ARC
 * (RFC 8617). Nothing is verified here; each row says whether its writer can be believed. */
#ifndef HOPQ_AUTH_H
#define HOPQ_AUTH_H

#include "hopq/context.h"
#include "hopq/detail.h"
#include "hopq/headers.h"
#include <glib.h>

/* Fills auth of DETAIL, in the order of the header, HQ_AUTH_CLAIMED all of them; call it when
 * hq_trail_build() has filled the hops. At most HQ_AUTH_MAX rows.
 *
 * METHOD and RESULT in lower case, otherwise as written. DOMAIN is the one that was checked. DETAIL
 * is the rest of the statement as written; of a Received-SPF first its properties
 * ("client-ip=… envelope-from=… helo=… receiver=…", those of the free text among them). Rows of an
 * ARC-Authentication-Results begin with "arc-instance=N"; one row "arc" tells of the whole chain
 * (structure only: complete, no gap, cv as RFC 8617 section 5.2 wants it).
 *
 * trusted is HQ_YES only for a field above the boundary's Received field whose authserv-id belongs
 * to the organisation of a host there or to us. Google writes its results directly below its own
 * Received field and is believed there (the first of each kind); Microsoft 365 gives no authserv-id
 * and is believed above the boundary. Anything else, and all without a boundary, is HQ_NO: a
 * milter's results below its own MTA's Received field look the same as a forgery.
 *
 * The provenance tells who can have written an untrusted one: a hop on the way whose host bears the
 * name and whose Received field is next to it (INNER), anybody (CLAIM), somebody who took the
 * receiver's name (SPOOF): below the hop that is next to the boundary; directly below the boundary
 * where it contradicts what the receiver wrote above, the client, the envelope's sender, or stands
 * among the author's fields.
 *
 * Adds the finding "ar-spoof" for the first field that is such a SPOOF. */
#define HQ_AUTH_MAX 1000
void hq_auth_read(const struct hq_headers *headers, struct hq_detail *detail,
                  const struct hq_context *context, struct hq_arena *arena);

/* A row of METHOD (static text) that we found out ourselves; the rest is unknown. */
struct hq_auth hq_auth_computed(const char *method);

/* Inserts ROWS (struct hq_auth, computed) behind the claimed ones, and among the computed ones in a
 * fixed order of their methods, whatever came first: DNS answers come as they like. */
void hq_auth_add_computed(struct hq_detail *detail, const GArray *rows, struct hq_arena *arena);

/* Sets VALUE to the property KEY ("client-ip", "smtp.mailfrom", …) in the row's detail; false when
 * it has none. Text in comments and quotes is never taken for a property. */
bool hq_auth_property(const struct hq_auth *auth, const char *key, GString *value);

#endif
