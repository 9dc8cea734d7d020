/* SPDX-License-Identifier: ISC */
/* Writing habits: MTAs write their Received field with one format string, so a field that names an
 * MTA and breaks its format was not written by it. Each row was counted against real mail of that
 * MTA before it came in here. */
#include "core/date_words.h"
#include "hopq/date.h"
#include "hopq/org.h"
#include "parts.h"
#include <glib.h>
#include <string.h>

/* Case counts: "(postfix)" is somebody's imitation with habits of its own. */
static bool has_prefix(const char *s, const char *prefix)
{
    return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool only(const char *s, size_t n, const char *set)
{
    return strspn(s, set) >= n;
}

#define HEX_CAPITALS "0123456789ABCDEF"
/* Postfix src/global/mail_queue.h: the long queue ids of enable_long_queue_ids */
#define NO_VOWELS "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
#define DIGITS    "0123456789"

static bool is_postfix_id(const char *id)
{
    size_t n = strlen(id);

    return (n >= 5 && n <= 15 && only(id, n, HEX_CAPITALS)) ||
           (n >= 10 && n <= 20 && only(id, n, NO_VOWELS));
}

/* Exim's message ids: 6-6-2, since 4.97 6-11-4, base 62 (Exim specification, "Message ids"). */
static bool is_exim_id(const char *id)
{
    size_t n = strlen(id);

    if (n != 16 && n != 23)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool hyphen = i == 6 || i == (n == 16 ? 13 : 18);

        if (hyphen ? id[i] != '-' : !g_ascii_isalnum(id[i]))
            return false;
    }
    /* the first part is the time in base 62: since 2001 it is 1 followed by a letter or figure */
    return id[0] == '0' || id[0] == '1' || id[0] == '2';
}

/* "+0100", blanks and folds behind it. */
static bool ends_in_offset(const char *s, size_t n)
{
    while (n && g_ascii_isspace(s[n - 1]))
        n--;
    return n > 5 && (s[n - 5] == '+' || s[n - 5] == '-') && only(s + n - 4, 4, DIGITS);
}

/* "+0100 (CET)" at the end, blanks and folds before the comment. */
static bool ends_in_named_offset(const char *s, size_t n)
{
    while (n && g_ascii_isspace(s[n - 1]))
        n--;
    const char *open = memrchr(s, '(', n);

    return open && s[n - 1] == ')' && ends_in_offset(s, (size_t)(open - s));
}

static const char *postfix_id(const struct hq_hop *hop)
{
    return is_postfix_id(hop->id) ? NULL : "Postfix never makes such a queue id";
}

/* "Tue, 10 …" */
static bool begins_with_weekday(const char *s, size_t n)
{
    while (n && g_ascii_isspace(*s))
        s++, n--;
    return n > 4 && hq_date_weekday(s, 3) >= 0 && s[3] == ',';
}

static const char *postfix_date(const struct hq_hop *hop)
{
    const char *s;
    size_t n;

    if (!hq_finding_date_text(hop, &s, &n))
        return NULL;
    if (!ends_in_named_offset(s, n))
        return "Postfix always writes the offset and then the zone's name in brackets";
    return begins_with_weekday(s, n) ? NULL : "Postfix always writes the day of the week";
}

static const char *exim_id(const struct hq_hop *hop)
{
    return is_exim_id(hop->id) ? NULL : "Exim never makes such a message id";
}

/* Exim src/tod.c tod_full: "%a, %d %b %Y %T %z" */
static const char *exim_date(const struct hq_hop *hop)
{
    const char *s;
    size_t n;

    if (!hq_finding_date_text(hop, &s, &n))
        return NULL;
    if (memchr(s, '(', n))
        return "Exim writes no zone name behind the offset";
    return ends_in_offset(s, n) ? NULL : "Exim always writes the offset in figures";
}

static const char *sendmail_id(const struct hq_hop *hop)
{
    size_t n = strlen(hop->id);

    return n >= 16 && only(hop->id, n, DIGITS) ? "Sendmail never makes a queue id of figures only"
                                               : NULL;
}

/* Exchange puts its version there: 8 is 2007, 14 is 2010, 15 all since. */
static const char *exchange_id(const struct hq_hop *hop)
{
    char *end;
    guint64 version = g_ascii_strtoull(hop->id, &end, 10);
    bool known = version == 8 || (version >= 14 && version < 20);

    return known && *end == '.' && only(end, strlen(end), DIGITS ".")
               ? NULL
               : "no version of Exchange has this number";
}

/* OpenSMTPD usr.sbin/smtpd/smtp_session.c: "id %08x", the date by time_to_text(). */
static const char *opensmtpd_id(const struct hq_hop *hop)
{
    size_t n = strlen(hop->id);

    return n == 8 && only(hop->id, n, "0123456789abcdef") ? NULL
                                                          : "OpenSMTPD never makes such an id";
}

static const char *opensmtpd_date(const struct hq_hop *hop)
{
    const char *s;
    size_t n;

    return hq_finding_date_text(hop, &s, &n) && !ends_in_named_offset(s, n)
               ? "OpenSMTPD always writes the offset and then the zone's name in brackets"
               : NULL;
}

/* Google's servers run on Pacific time. */
static const char *google_date(const struct hq_hop *hop)
{
    return hop->zone == -420 || hop->zone == -480 ? NULL
                                                  : "Google's mail servers write Pacific time";
}

static const char *outlook_date(const struct hq_hop *hop)
{
    return hop->zone == 0 ? NULL : "outlook.com's servers write +0000";
}

static bool is_google_mx(const struct hq_hop *hop)
{
    return hop->by.name && (g_ascii_strcasecmp(hop->by.name, "mx.google.com") == 0 ||
                            g_ascii_strcasecmp(hop->by.name, "smtp.google.com") == 0);
}

static bool is_outlook(const struct hq_hop *hop)
{
    size_t n = hop->by.name ? strlen(hop->by.name) : 0;

    return n > 12 && g_ascii_strcasecmp(hop->by.name + n - 12, ".outlook.com") == 0;
}

static bool is_postfix(const struct hq_hop *hop)
{
    return has_prefix(hop->software, "Postfix");
}

static bool is_exim(const struct hq_hop *hop)
{
    return has_prefix(hop->software, "Exim ");
}

static bool is_sendmail(const struct hq_hop *hop)
{
    return has_prefix(hop->software, "Sendmail ");
}

static bool is_exchange(const struct hq_hop *hop)
{
    return hop->with && strcmp(hop->with, "Microsoft SMTP Server") == 0;
}

static bool is_opensmtpd(const struct hq_hop *hop)
{
    return has_prefix(hop->software, "OpenSMTPD");
}

static const struct {
    bool (*claims)(const struct hq_hop *hop);
    const char *(*id)(const struct hq_hop *hop);   /* of a hop that has one; NULL: any will do */
    const char *(*date)(const struct hq_hop *hop); /* the same */
} habits[] = {
    {is_postfix, postfix_id, postfix_date},
    {is_exim, exim_id, exim_date},
    {is_sendmail, sendmail_id, NULL},
    {is_google_mx, NULL, google_date},
    {is_outlook, NULL, outlook_date},
    {is_exchange, exchange_id, NULL},
    {is_opensmtpd, opensmtpd_id, opensmtpd_date},
};

const char *hq_finding_id_habit(const struct trail *trail, const struct hq_hop *hop)
{
    const char *broken = NULL;

    (void)trail;
    for (size_t i = 0; hop->id && !broken && i < G_N_ELEMENTS(habits); i++)
        broken = habits[i].id && habits[i].claims(hop) ? habits[i].id(hop) : NULL;
    return broken;
}

/* A hop with a wrong id is one sign, whatever its date. */
const char *hq_finding_date_habit(const struct trail *trail, const struct hq_hop *hop)
{
    const char *broken = NULL;

    if (hop->date == HQ_NONE || hq_finding_id_habit(trail, hop))
        return NULL;
    for (size_t i = 0; !broken && i < G_N_ELEMENTS(habits); i++)
        broken = habits[i].date && habits[i].claims(hop) ? habits[i].date(hop) : NULL;
    return broken;
}
