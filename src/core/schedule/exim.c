/* SPDX-License-Identifier: ISC */
/* Exim's retry arithmetic: src/retry.c and src/deliver.c of 4.96, specification chapter "Retry
 * configuration". When it goes on is in its hints; when it is lost follows from the retry rule. */
#include "hopq/schedule.h"
#include <string.h>

/* The next word of a line; its length in N, 0 at the end. */
static const char *next_word(const char **p, size_t *n)
{
    const char *word = *p + strspn(*p, " \t");

    *n = strcspn(word, " \t\n");
    *p = word + *n;
    return word;
}

/* Does the pattern fit ADDRESS: "*", "domain", "*.domain", "user@domain", "*@domain". Others
 * (regular expressions, lookups, lists) are not for us to know. */
static enum hq_tri fits(const char *pattern, size_t n, const char *address)
{
    const char *at = memchr(pattern, '@', n);
    size_t domain_n = 0;
    const char *domain = hq_address_domain(address, &domain_n);

    if (n == 1 && *pattern == '*')
        return HQ_YES;
    if (memchr(pattern, ';', n) || memchr(pattern, '^', n) || memchr(pattern, '$', n) ||
        memchr(pattern, '+', n) || memchr(pattern, '!', n) || !domain)
        return HQ_UNKNOWN;
    if (at && !(at == pattern + 1 && *pattern == '*'))
        return strlen(address) == n && g_ascii_strncasecmp(address, pattern, n) == 0;
    if (at) {
        n -= 2;
        pattern += 2;
    }
    bool wild = n > 0 && *pattern == '*';
    if (wild) {
        n--;
        pattern++;
    }
    return domain_n >= n && (wild || domain_n == n) &&
           g_ascii_strncasecmp(domain + domain_n - n, pattern, n) == 0;
}

/* "F,2h,15m; G,16h,1h,1.5; F,4d,6h": the cutoff of the last. HQ_NONE: there is none. */
static int64_t last_cutoff(const char *rules, size_t n)
{
    const char *end = rules + n;
    int64_t cutoff = HQ_NONE, span;

    for (const char *p = rules; p < end; p++) {
        const char *stop = memchr(p, ';', (size_t)(end - p));
        if (!stop)
            stop = end;
        p += strspn(p, " \t");
        if (stop - p > 2 && strchr("FGH", *p) && p[1] == ',') {
            size_t length = strcspn(p + 2, ",;");
            g_autofree char *word = g_strndup(p + 2, MIN(length, (size_t)(stop - p) - 2));
            if (hq_time_parse_span(g_strstrip(word), &span))
                cutoff = span;
        }
        p = stop;
    }
    return cutoff;
}

/* The cutoff of the first rule that fits ADDRESS whatever the error was; HQ_NONE: not known,
 * because a rule before it may fit, too. */
static int64_t ultimate(const char *rules, const char *address)
{
    for (const char *line = rules; line && *line;) {
        const char *p = line, *lf = strchr(line, '\n');
        size_t pattern_n, error_n;
        const char *pattern = next_word(&p, &pattern_n);
        const char *error = next_word(&p, &error_n);
        enum hq_tri is = fits(pattern, pattern_n, address);
        const char *end = lf ? lf : line + strlen(line);
        const char *senders = g_strstr_len(p, end - p, "senders=");

        line = lf ? lf + 1 : NULL;
        if (pattern_n == 0 || is == HQ_NO)
            continue;
        if (is == HQ_UNKNOWN || error_n != 1 || *error != '*' || senders)
            return HQ_NONE;
        return last_cutoff(p, (size_t)(end - p));
    }
    return HQ_NONE;
}

static int64_t plus(int64_t time, int64_t span)
{
    int64_t sum;

    if (time == HQ_NONE || span == HQ_NONE || __builtin_add_overflow(time, span, &sum))
        return HQ_NONE;
    return sum;
}

/* Frozen mail waits for somebody, but not for ever: by the message's age. */
static void schedule_frozen(const struct hq_message *message, struct hq_recipient *recipient,
                            int64_t frozen, const struct hq_context *context)
{
    bool bounce = message->sender && !*message->sender;
    int64_t after = hq_context_span(context, "timeout_frozen_after", HQ_SECOND, 0);
    int64_t bounces = hq_context_span(context, "ignore_bounce_errors_after", HQ_SECOND, 0);
    int64_t thaw = hq_context_span(context, "auto_thaw", HQ_SECOND, 0);

    if (bounce && bounces > 0 && (after <= 0 || bounces < after))
        after = bounces;
    if (after > 0)
        recipient->expires = plus(message->arrived, after);
    if (!bounce && thaw > 0)
        recipient->next_attempt = plus(frozen, thaw);
}

void hq_schedule_exim(const struct hq_message *message, struct hq_recipient *recipient,
                      const struct hq_exim_retry *retry, const struct hq_context *context)
{
    const char *rules = hq_context_setting(context, "hopq_retry_rules", NULL);
    int64_t since = message->arrived;

    recipient->last_attempt = retry->last_try;
    if (recipient->state == HQ_STATE_DELIVERED || recipient->state == HQ_STATE_FAILED)
        return;
    if (recipient->state == HQ_STATE_HELD) {
        schedule_frozen(message, recipient, retry->frozen, context);
        return;
    }
    int64_t cutoff = ultimate(rules, recipient->address);
    int64_t last = retry->firm ? HQ_NONE : plus(message->arrived, cutoff);
    recipient->next_attempt = retry->next_try;
    if (last != HQ_NONE && retry->next_try > last) /* retry.c, retry_ultimate_address_timeout() */
        recipient->next_attempt = last;
    if (retry->first_failed != HQ_NONE && (since == HQ_NONE || retry->first_failed < since))
        since = retry->first_failed;
    recipient->expires = plus(since, cutoff);
}
