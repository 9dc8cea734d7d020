/* SPDX-License-Identifier: ISC */
/* Which fields tell of authentication, in which order, and whether their writer can be believed:
 * by the place among the Received fields and by name, both, and closed when in doubt. */
#include "hopq/auth.h"
#include "core/decode/gmime.h"
#include "hopq/org.h"
#include "hopq/trail.h"
#include "lex.h"
#include "receiver.h"
#include <string.h>

/* "i=1; authserv-id; …" (RFC 8617 section 4.1.1). */
static void read_arc_results(const GString *text, const struct auth_field *field)
{
    struct auth_lex lex = {.at = text->str, .end = text->str + text->len};
    struct auth_field numbered = *field;
    g_autoptr(GString) value = g_string_new(NULL);
    struct auth_span key;
    bool has_value;

    if (!hq_auth_item(&lex, &key, value, &has_value) || !hq_auth_is(key, "i") ||
        !hq_auth_take(&lex, ';'))
        return;
    numbered.instance = hq_auth_instance(value->str);

    g_autoptr(GString) rest = g_string_new_len(lex.at, lex.end - lex.at);

    hq_auth_read_results(rest, &numbered);
}

static const struct kind {
    const char *name;
    void (*read)(const GString *text, const struct auth_field *field);
    bool copied; /* the original's words, copied by somebody on the way who did not believe them */
} kinds[] = {
    {"Authentication-Results", hq_auth_read_results, false},
    {"Received-SPF", hq_auth_read_spf, false},
    {"ARC-Authentication-Results", read_arc_results, false},
    {"Authentication-Results-Original", hq_auth_read_results, true},
    {"X-Original-Authentication-Results", hq_auth_read_results, true},
    {"X-MS-Exchange-Authentication-Results", hq_auth_read_results, true},
};

#define KINDS     G_N_ELEMENTS(kinds)
#define SPOOFABLE 2 /* the first ones only: ARC fields may rightly come back to their sealer */

static size_t find_kind(const struct hq_field_span *span)
{
    size_t i = 0;

    while (i < KINDS && !hq_field_is(span, kinds[i].name))
        i++;
    return i;
}

/* Organisations whose habits are known from their mail: Google writes the results of a delivery
 * directly below its own Received field, always; Microsoft 365 writes no authserv-id. */
static const char below_writer[] = "google.com";
static const char nameless_writer[] = "outlook.com";

/* The state of the walk over the fields, newest first. */
struct reading {
    struct auth_receiver receiver;
    bool seen_below[KINDS]; /* the field of that kind directly below the boundary */
    bool run;               /* nothing but fields of our kinds since the boundary */
    bool reported;          /* one finding a message is enough */
};

/* Could the receiving side have put the field of KIND where it stands? */
static bool well_placed(struct reading *reading, const struct hq_field_span *span, size_t kind,
                        bool *above)
{
    *above = (int64_t)span->offset < reading->receiver.boundary->offset;
    if (*above)
        return true;
    if (!reading->run || reading->seen_below[kind])
        return false;
    reading->seen_below[kind] = true;
    return hq_auth_boundary_is(&reading->receiver, below_writer);
}

/* The rows from FIRST on come from the field SPAN. */
static void judge(struct reading *reading, const struct hq_field_span *span, size_t kind,
                  GArray *rows, guint first)
{
    const struct auth_receiver *receiver = &reading->receiver;
    bool above;

    if (!receiver->boundary || kinds[kind].copied || !well_placed(reading, span, kind, &above))
        return;
    for (guint i = first; i < rows->len; i++) {
        struct hq_auth *row = &g_array_index(rows, struct hq_auth, i);

        if (row->authserv ? hq_auth_is_receiver(receiver, row->authserv)
                          : above && hq_auth_boundary_is(receiver, nameless_writer))
            row->trusted = HQ_YES;
    }
}

static void report_spoof(struct reading *reading, const struct hq_field_span *span,
                         const char *authserv, const char *reason, struct hq_detail *detail,
                         struct hq_arena *arena)
{
    if (reading->reported)
        return;

    /* adding moves the findings, never the hops */
    struct hq_finding *finding =
        hq_finding_add(detail, arena, "ar-spoof", (int)(reading->receiver.boundary - detail->hops),
                       "%.*s of %s stands below the boundary%s", (int)span->name_length, span->name,
                       authserv, reason);

    finding->offset = (int64_t)span->offset;
    finding->length = (int64_t)span->length;
    reading->reported = true;
}

/* Does the host of HOP bear the name AUTHSERV? A host that writes no name is known by its habit. */
static bool is_by(const struct hq_hop *hop, const char *authserv)
{
    g_autofree char *by = hop->by.name ? g_ascii_strdown(hop->by.name, -1) : NULL;
    g_autofree char *name = authserv ? g_ascii_strdown(authserv, -1) : NULL;

    return by && (name ? hq_auth_same_name(by, name) : hq_org_same(by, nameless_writer));
}

/* The hop whose host can have written SPAN: the one directly below, since fields are put on top
 * (RFC 8601 section 4), or directly above, where filters work before the MTA adds its own field.
 * NULL: none of the two bears the name. */
static const struct hq_hop *writer(const struct hq_detail *detail, const struct hq_field_span *span,
                                   const char *authserv)
{
    const struct hq_hop *end = detail->hops + detail->hop_count;
    const struct hq_hop *below = detail->hops;

    while (below < end && below->offset < (int64_t)span->offset)
        below++;
    if (below < end && is_by(below, authserv))
        return below;
    return below > detail->hops && is_by(below - 1, authserv) ? below - 1 : NULL;
}

/* Notes who can have written the rows from FIRST on. They come from the field SPAN, which may be
 * COPIED by somebody or a SPOOF. */
static void tell_provenance(const struct auth_receiver *receiver, const struct hq_field_span *span,
                            bool copied, bool spoof, GArray *rows, guint first)
{
    for (guint i = first; receiver->boundary && i < rows->len; i++) {
        struct hq_auth *row = &g_array_index(rows, struct hq_auth, i);
        bool behind = (int64_t)span->offset > receiver->boundary->offset;
        const struct hq_hop *by =
            behind && !copied ? writer(receiver->detail, span, row->authserv) : NULL;

        if (row->trusted == HQ_YES)
            row->provenance = HQ_PROVENANCE_RECEIVER;
        else if (spoof)
            row->provenance = HQ_PROVENANCE_SPOOF;
        else if (by && by > receiver->boundary)
            row->provenance = HQ_PROVENANCE_INNER;
        else
            row->provenance = HQ_PROVENANCE_CLAIM;
        if (row->hop == HQ_NONE && row->provenance == HQ_PROVENANCE_INNER)
            row->hop = by->n;
    }
}

/* Keeps RUN true from the boundary's Received field to the first field that is none of our
 * kinds. */
static void follow(struct reading *reading, const struct hq_field_span *span, size_t kind)
{
    const struct hq_hop *boundary = reading->receiver.boundary;

    if (boundary && (int64_t)span->offset == boundary->offset)
        reading->run = true;
    else if (kind == KINDS &&
             !(span->name_length > 4 && g_ascii_strncasecmp(span->name, "ARC-", 4) == 0))
        reading->run = false;
}

/* Sets the hop that each SPF result from FIRST on speaks of. */
static void pair_with_hops(const struct hq_detail *detail, const struct hq_field_span *span,
                           GArray *rows, guint first)
{
    for (guint i = first; i < rows->len; i++) {
        struct hq_auth *row = &g_array_index(rows, struct hq_auth, i);

        if (strcmp(row->method, "spf") == 0)
            row->hop = hq_trail_hop_of_spf(detail, row, (int64_t)span->offset);
    }
}

/* Reads the field SPAN of KIND and tells whose it is. */
static void read_field(struct reading *reading, const struct hq_field_span *span, size_t kind,
                       const struct auth_field *field, struct hq_detail *detail)
{
    GArray *rows = field->rows;
    guint before = rows->len;

    kinds[kind].read(hq_decode_c_string(hq_decode_unfolded(span)), field);
    judge(reading, span, kind, rows, before);
    pair_with_hops(detail, span, rows, before);
    if (rows->len == before)
        return;

    g_autoptr(GString) reason = g_string_new(NULL);
    bool spoof = reading->receiver.boundary && kind < SPOOFABLE &&
                 hq_auth_is_spoof(&reading->receiver, span, rows, before, reason);

    tell_provenance(&reading->receiver, span, kinds[kind].copied, spoof, rows, before);
    if (spoof)
        report_spoof(reading, span, g_array_index(rows, struct hq_auth, before).authserv,
                     reason->str, detail, field->arena);
}

void hq_auth_read(const struct hq_headers *headers, struct hq_detail *detail,
                  const struct hq_context *context, struct hq_arena *arena)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct hq_auth));
    struct auth_field field = {.rows = rows, .arena = arena};
    struct reading reading = {.run = false};

    hq_auth_receiver_init(&reading.receiver, headers, detail, context, arena);
    for (unsigned i = 0; i < headers->count && rows->len < HQ_AUTH_MAX; i++) {
        const struct hq_field_span *span = &headers->fields[i];
        size_t kind = find_kind(span);

        follow(&reading, span, kind);
        if (kind < KINDS)
            read_field(&reading, span, kind, &field, detail);
    }
    hq_auth_receiver_clear(&reading.receiver);
    hq_auth_read_chain(headers, &field);
    detail->auth = hq_arena_alloc(arena, rows->len * sizeof *detail->auth);
    detail->auth_count = rows->len;
    if (rows->len > 0)
        memcpy(detail->auth, rows->data, rows->len * sizeof *detail->auth);
}
