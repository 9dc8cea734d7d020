/* SPDX-License-Identifier: ISC */
/* The verdict about the name in From: see hopq/identity.h. */
#include "hopq/identity.h"
#include "hopq/arena.h"
#include "hopq/dmarc.h"
#include "hopq/org.h"
#include <string.h>

struct identity {
    const struct hq_message *message;
    const struct hq_context *context;
    const struct hq_detail *detail;
    const char *author; /* domain in From */
    enum hq_identity_verdict verdict;
    GString *words;
};

static bool conclude(struct identity *identity, enum hq_identity_verdict verdict,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Decides, unless that was done already. Always returns true. */
static bool conclude(struct identity *identity, enum hq_identity_verdict verdict,
                     const char *format, ...)
{
    va_list arguments;

    identity->verdict = verdict;
    va_start(arguments, format);
    g_string_append_vprintf(identity->words, format, arguments);
    va_end(arguments);
    return true;
}

/* ---- what is proven ---- */

static bool belongs(const struct identity *identity, const char *domain)
{
    char a[256], b[256];

    if (!domain)
        return false;
    return g_ascii_strcasecmp(domain, identity->author) == 0 ||
           (*hq_org_listed(domain, a) && strcmp(a, hq_org_listed(identity->author, b)) == 0);
}

static bool is_result(const struct hq_auth *row, const char *method, const char *result)
{
    return strcmp(row->method, method) == 0 && g_strcmp0(row->result, result) == 0;
}

/* A row of METHOD with RESULT that is ours (COMPUTED) or the receiving side's, about the author's
 * domain or one of its organisation. */
static const struct hq_auth *find(const struct identity *identity, bool computed,
                                  const char *method, const char *result)
{
    for (uint32_t i = 0; i < identity->detail->auth_count; i++) {
        const struct hq_auth *row = &identity->detail->auth[i];

        if ((row->source == HQ_AUTH_COMPUTED) == computed && row->trusted == HQ_YES &&
            is_result(row, method, result) && belongs(identity, row->domain))
            return row;
    }
    return NULL;
}

static bool computed_here(const struct identity *identity, const char *method)
{
    for (uint32_t i = 0; i < identity->detail->auth_count; i++) {
        const struct hq_auth *row = &identity->detail->auth[i];

        if (row->source == HQ_AUTH_COMPUTED && row->result && strcmp(row->method, method) == 0)
            return true;
    }
    return false;
}

static bool by_submission(struct identity *identity)
{
    const struct hq_message *message = identity->message;
    const char *author = identity->author;

    if (!message->client.auth || !hq_context_is_ours(identity->context, author, strlen(author)))
        return false;
    return conclude(identity, HQ_IDENTITY_YES, "%s handed it in, logged in here, and %s is ours",
                    message->client.auth, author);
}

static bool by_our_dmarc(struct identity *identity)
{
    const struct hq_auth *pass = find(identity, true, "dmarc", "pass");
    const struct hq_auth *fail = find(identity, true, "dmarc", "fail");

    if (pass)
        return conclude(identity, HQ_IDENTITY_YES, "DMARC passes for %s now: %s", identity->author,
                        pass->detail);
    if (fail && !strstr(fail->detail, "policy none"))
        return conclude(identity, HQ_IDENTITY_NO, "DMARC fails for %s now: %s", identity->author,
                        fail->detail);
    return false;
}

/* Without a policy that asks for anything, SPF and DKIM still tell what belongs to the author. */
static bool by_our_parts(struct identity *identity)
{
    const struct hq_spf *spf = &identity->detail->spf;
    const struct hq_auth *dkim = find(identity, true, "dkim", "pass");

    if (dkim)
        return conclude(identity, HQ_IDENTITY_YES, "a DKIM signature of %s holds now",
                        dkim->domain);
    if (spf->result == HQ_RESULT_PASS && belongs(identity, spf->domain))
        return conclude(identity, HQ_IDENTITY_YES, "SPF passes now for %s, from %s", spf->domain,
                        spf->ip);
    if (spf->result == HQ_RESULT_FAIL && belongs(identity, spf->domain))
        return conclude(identity, HQ_IDENTITY_NO, "SPF of %s forbids %s to send its mail (%s)",
                        spf->domain, spf->ip, spf->term ? spf->term : "no term");
    return false;
}

static bool by_receiver(struct identity *identity)
{
    static const struct {
        const char *method;
        const char *result;
        enum hq_identity_verdict verdict;
    } rows[] = {
        {"dmarc", "pass", HQ_IDENTITY_YES}, {"dmarc", "fail", HQ_IDENTITY_NO},
        {"dkim", "pass", HQ_IDENTITY_YES},  {"spf", "pass", HQ_IDENTITY_YES},
        {"spf", "fail", HQ_IDENTITY_NO},
    };

    if (computed_here(identity, "dmarc"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct hq_auth *row = find(identity, false, rows[i].method, rows[i].result);

        if (row)
            return conclude(identity, rows[i].verdict, "%s wrote: %s %s for %s",
                            row->authserv ? row->authserv : "the receiving side", row->method,
                            row->result, row->domain);
    }
    return false;
}

static bool by_nothing(struct identity *identity)
{
    const struct hq_spf *spf = &identity->detail->spf;

    if (spf->pending == HQ_YES)
        return conclude(identity, HQ_IDENTITY_UNCLEAR, "the DNS has not answered yet");
    if (spf->problem)
        return conclude(identity, HQ_IDENTITY_UNCLEAR, "nothing proves %s (%s)", identity->author,
                        spf->problem);
    return conclude(identity, HQ_IDENTITY_UNCLEAR, "nothing proves %s", identity->author);
}

/* ---- what is odd ---- */

static const char *field(const struct hq_detail *detail, const char *name)
{
    for (uint32_t i = 0; i < detail->header_count; i++) {
        const struct hq_header *header = &detail->headers[i];

        if (header->name && header->raw && g_ascii_strcasecmp(header->name, name) == 0)
            return header->raw;
    }
    return NULL;
}

static void note_sender(const struct identity *identity)
{
    const char *sender = identity->message->sender;
    size_t n = 0;
    const char *start = sender ? hq_address_domain(sender, &n) : NULL;
    g_autofree char *domain = start ? g_strndup(start, n) : NULL;

    if (sender && !*sender)
        g_string_append(identity->words, "; the envelope sender is empty (a bounce)");
    else if (domain && !belongs(identity, domain))
        g_string_append_printf(identity->words, "; the envelope sender is of %s", domain);
}

static void note_reply(const struct identity *identity)
{
    const char *raw = field(identity->detail, "Reply-To");
    const char *rest = raw ? strchr(raw, ':') : NULL;
    g_autoptr(GString) address = g_string_new(NULL);

    if (!rest)
        return;
    rest++;
    while (hq_mailbox_next(&rest, raw + strlen(raw), address)) {
        const char *at = strrchr(address->str, '@');

        if (!at || !at[1] || belongs(identity, at + 1))
            continue;
        g_string_append_printf(identity->words, "; replies go to %s", at + 1);
        return;
    }
}

/* Notes an address of somebody else in the name that people see: "boss@ours.example" <x@y.example>.
 * True: there is one. Lists do it too. */
static bool note_name(const struct identity *identity)
{
    const char *from = identity->message->from;
    const char *bracket = from ? strrchr(from, '<') : NULL;
    const char *at = bracket ? memchr(from, '@', (size_t)(bracket - from)) : NULL;
    size_t n = 0;

    if (!at || field(identity->detail, "List-Id"))
        return false;
    while (at[1 + n] && (g_ascii_isalnum(at[1 + n]) || strchr("-.", at[1 + n])))
        n++;

    g_autofree char *domain = g_strndup(at + 1, n);

    if (!strchr(domain, '.') || belongs(identity, domain))
        return false;
    g_string_append_printf(identity->words, "; the name in From shows an address of %s", domain);
    return true;
}

/* Honest senders forge no hops. It proves nothing about From, but the reader should know. */
static void note_forgery(const struct identity *identity)
{
    for (uint32_t i = 0; i < identity->detail->finding_count; i++) {
        const struct hq_finding *finding = &identity->detail->findings[i];

        if (strcmp(finding->id, "forged-below") == 0 && finding->confidence > HQ_LEVEL_LOW) {
            g_string_append_printf(identity->words, "; the route it claims to have taken %s forged",
                                   finding->confidence == HQ_LEVEL_HIGH ? "is" : "is likely");
            return;
        }
    }
}

/* ---- all of it ---- */

static void judge(struct identity *identity)
{
    if (!by_submission(identity) && !by_our_dmarc(identity) && !by_our_parts(identity) &&
        !by_receiver(identity))
        by_nothing(identity);
    note_sender(identity);
    note_reply(identity);
    note_forgery(identity);
    if (note_name(identity) && identity->verdict == HQ_IDENTITY_YES)
        identity->verdict = HQ_IDENTITY_UNCLEAR;
}

void hq_identity_judge(const struct hq_message *message, const struct hq_context *context,
                       struct hq_detail *detail, struct hq_arena *arena)
{
    g_autoptr(GString) words = g_string_new(NULL);
    struct identity identity = {
        .message = message, .context = context, .detail = detail, .words = words};
    const char *problem;

    identity.author = hq_dmarc_author(detail, &problem, arena);
    if (identity.author)
        judge(&identity);
    else
        g_string_append(words, problem);
    detail->identity.verdict = (uint8_t)identity.verdict;
    detail->identity.words = hq_arena_dup(arena, words->str, words->len);
}
