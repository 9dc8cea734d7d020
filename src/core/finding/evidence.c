/* SPDX-License-Identifier: ISC */
/* Which bytes of a hop's field are a rule's evidence: the raw header shows them marked. Where they
 * are not found as they were read (folded, an address in another spelling) it is the clause, else
 * the whole field. */
#include "parts.h"
#include <glib.h>
#include <string.h>

struct piece {
    const char *s;
    size_t n;
};

static const struct hq_field_span *field_of(const struct trail *trail, const struct hq_hop *hop)
{
    for (unsigned i = 0; i < trail->headers->count; i++)
        if ((int64_t)trail->headers->fields[i].offset == hop->offset)
            return &trail->headers->fields[i];
    return NULL;
}

static bool in_word(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* Finds WORD, not as a part of another word, at or behind FROM. */
static bool find_word(struct piece text, size_t from, const char *word, struct piece *found)
{
    size_t n = word ? strlen(word) : 0;
    const char *end = text.s + text.n, *p = text.s + from;

    for (; n && (p = memmem(p, (size_t)(end - p), word, n)); p++) {
        if ((p > text.s && in_word(p[-1])) || (p + n < end && in_word(p[n])))
            continue;
        *found = (struct piece){p, n};
        return true;
    }
    return false;
}

/* The offset behind the clause word, whatever its case; 0: there is none. */
static size_t behind_clause(struct piece text, const char *clause)
{
    size_t n = strlen(clause);

    for (size_t i = 0; i + n < text.n; i++)
        if ((i == 0 || g_ascii_isspace(text.s[i - 1]) || text.s[i - 1] == ')') &&
            g_ascii_isspace(text.s[i + n]) && g_ascii_strncasecmp(text.s + i, clause, n) == 0)
            return i + n;
    return 0;
}

/* From the beginning of the field to its "by". */
static bool find_client(struct piece text, struct piece *found)
{
    size_t by = behind_clause(text, "by");

    if (by <= 2)
        return false;
    for (by -= 2; by && g_ascii_isspace(text.s[by - 1]);)
        by--;
    *found = (struct piece){text.s, by};
    return by > 0;
}

static bool find_date(struct piece text, struct piece *found)
{
    const char *semicolon = memrchr(text.s, ';', text.n), *end = text.s + text.n;

    if (!semicolon)
        return false;
    do
        semicolon++;
    while (semicolon < end && g_ascii_isspace(*semicolon));
    *found = (struct piece){semicolon, (size_t)(end - semicolon)};
    return semicolon < end;
}

static bool find_evidence(struct piece text, const struct hq_hop *hop, enum hq_evidence evidence,
                          struct piece *found)
{
    switch (evidence) {
    case HQ_EVIDENCE_CLIENT:
        return find_client(text, found);
    case HQ_EVIDENCE_IP:
        return find_word(text, 0, hop->from.ip, found) || find_client(text, found);
    case HQ_EVIDENCE_HELO:
        return find_word(text, 0, hop->from.helo, found) || find_client(text, found);
    case HQ_EVIDENCE_NAME:
        return find_word(text, 0, hop->from.name, found) || find_client(text, found);
    case HQ_EVIDENCE_BY:
        return find_word(text, behind_clause(text, "by"), hop->by.name, found);
    case HQ_EVIDENCE_WITH:
        return find_word(text, behind_clause(text, "with"), hop->with, found);
    case HQ_EVIDENCE_ID:
        return find_word(text, behind_clause(text, "id"), hop->id, found);
    case HQ_EVIDENCE_DATE:
        return find_date(text, found);
    default:
        return false;
    }
}

void hq_finding_show(const struct trail *trail, const struct hq_hop *hop, enum hq_evidence evidence,
                     struct hq_finding *finding)
{
    const struct hq_field_span *field = evidence == HQ_EVIDENCE_MESSAGE_ID
                                            ? hq_headers_find(trail->headers, "Message-ID", 0)
                                            : field_of(trail, hop);
    struct piece found;

    if (field && evidence == HQ_EVIDENCE_MESSAGE_ID) {
        finding->offset = (int64_t)field->offset;
        finding->length = (int64_t)field->length;
        return;
    }
    if (!field ||
        !find_evidence((struct piece){field->value, field->value_length}, hop, evidence, &found))
        return;
    finding->offset = found.s - trail->headers->block;
    finding->length = (int64_t)found.n;
}
