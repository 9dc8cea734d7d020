/* SPDX-License-Identifier: ISC */
/* DMARC policy records, RFC 9989 section 4.7 and 4.8. */
#include "hopq/dmarc.h"
#include <string.h>

const char *const hq_dmarc_policy_names[HQ_DMARC_UNSET] = {"none", "quarantine", "reject"};

struct text {
    const char *s;
    size_t n;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct text trim(const char *s, size_t n)
{
    while (n > 0 && is_blank(*s))
        s++, n--;
    while (n > 0 && is_blank(s[n - 1]))
        n--;
    return (struct text){s, n};
}

static bool equals(struct text text, const char *word)
{
    return text.n == strlen(word) && g_ascii_strncasecmp(text.s, word, text.n) == 0;
}

/* The next piece up to a ";". */
static bool next_piece(struct text *rest, struct text *piece)
{
    const char *end = rest->n > 0 ? memchr(rest->s, ';', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->s) : rest->n;

    if (rest->n == 0)
        return false;
    *piece = trim(rest->s, n);
    rest->s += end ? n + 1 : n;
    rest->n -= end ? n + 1 : n;
    return true;
}

static bool split(struct text piece, struct text *name, struct text *value)
{
    const char *equal = piece.n > 0 ? memchr(piece.s, '=', piece.n) : NULL;

    if (!equal)
        return false;
    *name = trim(piece.s, (size_t)(equal - piece.s));
    *value = trim(equal + 1, piece.n - (size_t)(equal - piece.s) - 1);
    return name->n > 0 && value->n > 0;
}

/* UNSET: none of them. */
static enum hq_dmarc_policy read_policy(struct text value)
{
    int i = 0;

    while (i < HQ_DMARC_UNSET && !equals(value, hq_dmarc_policy_names[i]))
        i++;
    return (enum hq_dmarc_policy)i;
}

/* What a record's tags are read into before they are judged together. */
struct reading {
    struct hq_dmarc_record *record;
    bool wrong;  /* a policy that is none */
    bool wanted; /* an address for reports */
};

static void read_psd(struct reading *reading, struct text value)
{
    if (equals(value, "y") || equals(value, "n"))
        reading->record->psd = g_ascii_tolower(*value.s);
}

/* A URI is a scheme and something behind it; mailto is the only one in use. */
static void read_reports(struct reading *reading, struct text value)
{
    static const char scheme[] = "mailto:";

    for (size_t i = 0; i + strlen(scheme) < value.n; i++)
        if (g_ascii_strncasecmp(value.s + i, scheme, strlen(scheme)) == 0)
            reading->wanted = true;
}

static void read_tag(struct reading *reading, struct text name, struct text value)
{
    struct hq_dmarc_record *record = reading->record;
    const struct {
        const char *name;
        enum hq_dmarc_policy *policy;
    } policies[] = {{"p", &record->policy}, {"sp", &record->below}, {"np", &record->absent}};

    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        if (!equals(name, policies[i].name) || *policies[i].policy != HQ_DMARC_UNSET)
            continue;
        *policies[i].policy = read_policy(value);
        reading->wrong |= *policies[i].policy == HQ_DMARC_UNSET;
    }
    if (equals(name, "adkim"))
        record->strict_dkim = equals(value, "s");
    else if (equals(name, "aspf"))
        record->strict_spf = equals(value, "s");
    else if (equals(name, "t"))
        record->testing = equals(value, "y");
    else if (equals(name, "psd"))
        read_psd(reading, value);
    else if (equals(name, "rua"))
        read_reports(reading, value);
}

/* "v=DMARC1" first, its value in capitals. */
static bool is_version(struct text piece)
{
    struct text name, value;

    return split(piece, &name, &value) && equals(name, "v") && value.n == strlen("DMARC1") &&
           memcmp(value.s, "DMARC1", value.n) == 0;
}

bool hq_dmarc_record_read(const char *s, size_t n, struct hq_dmarc_record *record)
{
    struct text rest = {s, n};
    struct text piece, name, value;
    struct reading reading = {.record = record};

    *record = (struct hq_dmarc_record){
        .policy = HQ_DMARC_UNSET, .below = HQ_DMARC_UNSET, .absent = HQ_DMARC_UNSET, .psd = 'u'};
    if (!next_piece(&rest, &piece) || !is_version(piece))
        return false;
    while (next_piece(&rest, &piece))
        if (split(piece, &name, &value))
            read_tag(&reading, name, value);
    if (reading.wrong || record->policy == HQ_DMARC_UNSET) {
        record->policy = HQ_DMARC_NONE;
        record->below = record->absent = HQ_DMARC_UNSET;
        record->unusable = !reading.wanted;
    }
    return true;
}
