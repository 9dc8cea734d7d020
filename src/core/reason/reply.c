/* SPDX-License-Identifier: ISC */
/* From the text that an MTA stored to the reply proper: the MTA's quoting is taken off, lines are
 * merged, code, status, phase and relay are picked out. Quoting: Postfix 3.7
 * src/smtp/smtp_trouble.c and src/global/dsn_util.c, Sendmail 8.17 deliver.c, Exim 4.96
 * src/transports/smtp.c, OpenSMTPD 7 mta_session.c, qmail-remote.c. */
#include "hopq/ip.h"
#include "parts.h"
#include <string.h>

bool hq_reply_starts(const char *s, const char *prefix)
{
    return g_ascii_strncasecmp(s, prefix, strlen(prefix)) == 0;
}

static void set_lower(struct hq_reply *reply)
{
    char *out = reply->lower;
    for (const char *s = reply->buffer; *s; s++)
        *out++ = hq_lower(*s);
    *out = 0;
}

const char *hq_reply_find(const struct hq_reply *reply, const char *s, const char *pattern)
{
    const char *at = strstr(reply->lower + (s - reply->buffer), pattern);
    return at ? reply->buffer + (at - reply->lower) : NULL;
}

static const char *skip(const char *s, const char *set)
{
    return s + strspn(s, set);
}

/* Controls, written-out line ends ("\n" of Exim's log, "^M") and runs of blanks become one blank;
 * so does "_" where there is no blank at all (qmail's log). */
static void clean(char *out, const char *text)
{
    bool qmail = !strchr(text, ' ');
    size_t n = 0;
    for (size_t i = 0; text[i] && i < HQ_REASON_TEXT_MAX; i++) {
        char c = qmail && text[i] == '_' ? ' ' : text[i];
        if ((c == '\\' && (text[i + 1] == 'n' || text[i + 1] == 'r')) ||
            (c == '^' && text[i + 1] == 'M')) {
            c = ' ';
            i++;
        }
        if ((unsigned char)c < ' ' || c == 0x7f)
            c = ' ';
        if (c != ' ' || (n > 0 && out[n - 1] != ' '))
            out[n++] = c;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = 0;
}

/* ---- relay ---- */

#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:"

/* False: that is no address. */
static bool set_ip(struct hq_reply *reply, const char *s, size_t n)
{
    struct hq_ip ip;
    if (n >= 5 && hq_reply_starts(s, "ipv6:")) { /* RFC 5321 section 4.1.3 */
        s += 5;
        n -= 5;
    }
    if (!hq_ip_parse(s, n, &ip))
        return false;
    if (!reply->relay_ip[0])
        hq_ip_format(&ip, reply->relay_ip);
    return true;
}

/* A name without a dot counts only beside its address: "mailhub[10.0.0.5]". */
static bool is_name(const char *s, size_t n, bool has_address)
{
    return memchr(s, '.', n) ||
           (has_address && n > 0 && !(n == 7 && hq_reply_starts(s, "unknown")));
}

/* "name[1.2.3.4]" or "name [1.2.3.4]" or an address alone. Returns what follows; S when there is no
 * host. */
static const char *read_host(struct hq_reply *reply, const char *s)
{
    size_t n = strspn(s, HOST_CHARS);
    const char *bracket = s[n] == ' ' ? s + n + 1 : s + n;
    const char *end = *bracket == '[' ? strchr(bracket, ']') : NULL;
    bool found = end && set_ip(reply, bracket + 1, (size_t)(end - bracket - 1));
    if (!end)
        while (n > 0 && (s[n - 1] == ':' || s[n - 1] == '.'))
            n--; /* punctuation of the sentence */
    set_ip(reply, s, n);
    if (!reply->relay[0] && n < sizeof reply->relay && is_name(s, n, found)) {
        memcpy(reply->relay, s, n);
        reply->relay[n] = 0;
    }
    return end ? end + 1 : s + n;
}

static void find_relay(struct hq_reply *reply, const char *s)
{
    static const char *const leads[] = {"connect to ",
                                        "lost connection with ",
                                        "conversation with ",
                                        "but host ",
                                        "remote host ",
                                        "connected to ",
                                        "last attempted server was ",
                                        "offered by host ",
                                        "refused by ",
                                        "timed out with ",
                                        "reset by ",
                                        "timed out during user open with "};
    for (unsigned i = 0; i < G_N_ELEMENTS(leads) && !reply->relay[0]; i++) {
        const char *lead = hq_reply_find(reply, s, leads[i]);
        if (lead)
            read_host(reply, lead + strlen(leads[i]));
    }
}

/* ---- wrappers ---- */

/* Words in front of the text that add nothing to it. */
static const char *const prefixes[] = {
    "delivery temporarily suspended: ",
    "deferred: ",
    "delay reason: ",
    "remote host said: ",
    "banner rejected: ",
    "ehlo rejected: ",
    "helo rejected: ",
    "lhlo rejected: ",
    "auth rejected: ",
    "starttls rejected: ",
    "reason: ",
    "status: ",
    "diagnostic-code: ",
};

/* Words in the middle; a host's reply stands behind them. */
static const char *const remote_marks[] = {
    " said: ",
    " refused to talk to me: ",
    " backend replied [",
    " did not like our ",
};

static const char *skip_prefix(const char *s)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (hq_reply_starts(s, prefixes[i]))
            return s + strlen(prefixes[i]);
    /* "smtp; 550 ...", "X-Postfix; ...": the type of a diagnostic, RFC 3464 section 2.3.6 */
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    if (n > 0 && n <= 16 && s[n] == ';' && s[n + 1] == ' ')
        return s + n + 2;
    return s;
}

static bool is_code(const char *s)
{
    return s[0] >= '2' && s[0] <= '5' && g_ascii_isdigit(s[1]) && g_ascii_isdigit(s[2]) &&
           !g_ascii_isalnum(s[3]) && s[3] != '.' && s[3] != ':';
}

/* Length of an enhanced status at S ("4.7.1", RFC 3463), 0: none. */
static size_t status_length(const char *s)
{
    if ((*s != '4' && *s != '5' && *s != '2') || s[1] != '.')
        return 0;
    size_t subject = strspn(s + 2, "0123456789");
    if (subject < 1 || subject > 3 || s[2 + subject] != '.')
        return 0;
    size_t detail = strspn(s + 3 + subject, "0123456789");
    size_t n = 3 + subject + detail;
    return detail >= 1 && detail <= 3 && s[n] != '.' && !g_ascii_isalnum(s[n]) ? n : 0;
}

/* Exim: "SMTP error from remote mail server after RCPT TO:<a@b>: host X [ip]: reply". */
static const char *skip_exim(struct hq_reply *reply, const char *s)
{
    if (!hq_reply_starts(s, "smtp error from remote mail") &&
        !hq_reply_starts(s, "lmtp error after ") && !hq_reply_starts(s, "response to "))
        return s;
    reply->remote = true;
    const char *host = hq_reply_find(reply, s, ": host ");
    if (host)
        return host + 2;
    for (const char *colon = strstr(s, ": "); colon; colon = strstr(colon + 2, ": "))
        if (is_code(colon + 2))
            return colon + 2;
    const char *colon = strstr(s, ": ");
    return colon ? colon + 2 : s;
}

/* Postfix: "host X[ip] said: reply"; Exim: "host X [ip]: reply", "host X [ip] SMTP error from". */
static const char *skip_host(struct hq_reply *reply, const char *s)
{
    if (!hq_reply_starts(s, "host ") && !hq_reply_starts(s, "H="))
        return s;
    const char *rest = read_host(reply, s + (*s == 'H' || s[1] == '=' ? 2 : 5));
    if (!reply->relay[0] && !reply->relay_ip[0])
        return s;
    for (unsigned i = 0; i < 2; i++)
        if (hq_reply_starts(rest, remote_marks[i])) {
            reply->remote = true;
            return rest + strlen(remote_marks[i]);
        }
    return hq_reply_starts(rest, ": ") || hq_reply_starts(rest, " Delay reason") ||
                   hq_reply_starts(rest, " SMTP error")
               ? skip(rest, ": ")
               : s;
}

/* The refusal inside of other words, told by code and status together: "the error that the other
 * server returned was: 550 5.1.1 …", "[554 5.4.6 …]". */
static const char *find_refusal(const char *s)
{
    for (const char *digit = strpbrk(s + 1, "45"); digit; digit = strpbrk(digit + 1, "45")) {
        if (g_ascii_isalnum(digit[-1]) || strchr(".-_@", digit[-1]) || !is_code(digit))
            continue;
        size_t gap = strspn(digit + 3, " -#");
        bool order = strncmp(digit, "503", 3) == 0; /* only follows from a refusal */
        if (gap > 0 && !order && digit[3 + gap] == digit[0] && status_length(digit + 3 + gap))
            return digit;
    }
    return NULL;
}

/* "... remote host 1.2.3.4 said: reply", and transcripts: ">>> RCPT TO:<a@b> <<< 550 reply". */
static const char *skip_to_mark(struct hq_reply *reply, const char *s)
{
    if (is_code(s))
        return s;
    const char *answer = NULL;
    for (const char *mark = strstr(s, "<<< "); mark; mark = strstr(mark + 4, "<<< "))
        if (is_code(mark + 4) && mark[4] >= '4')
            answer = mark + 4;
    const char *said = hq_reply_find(reply, s, "remote host said: ");
    if (!answer && said)
        answer = said + strlen("remote host said: ");
    for (unsigned i = 0; !answer && i < G_N_ELEMENTS(remote_marks); i++) {
        const char *mark = hq_reply_find(reply, s, remote_marks[i]);
        const char *colon = mark ? strchr(mark, ':') : NULL;
        if (colon)
            answer = skip(colon, ": ");
    }
    if (!answer && *s)
        answer = find_refusal(s);
    reply->remote |= answer != NULL;
    return answer ? answer : s;
}

static const char *unwrap(struct hq_reply *reply, const char *s)
{
    for (int depth = 0; depth < 8; depth++) {
        const char *before = s;
        s = skip_prefix(s);
        s = skip_exim(reply, s);
        s = skip_host(reply, s);
        s = skip_to_mark(reply, s);
        if (s == before)
            break;
    }
    return s;
}

/* Tails that the MTA added. */
static void cut_tail(char *s)
{
    static const char *const tails[] = {" (in reply to ", ": retry timeout exceeded",
                                        " Giving up on ", " (Other MXes tried"};
    for (unsigned i = 0; i < G_N_ELEMENTS(tails); i++) {
        char *tail = strstr(s, tails[i]);
        if (tail && tail > s)
            *tail = 0;
    }
}

/* ---- codes ---- */

static void set_status(struct hq_reply *reply, const char *s, size_t n)
{
    if (reply->enhanced[0] || n == 0 || n >= sizeof reply->enhanced)
        return;
    memcpy(reply->enhanced, s, n);
    reply->enhanced[n] = 0;
}

/* Takes "550 5.7.1 " or "550-#5.7.1 " off. */
static const char *take_codes(struct hq_reply *reply, const char *s)
{
    if (is_code(s)) {
        reply->code = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
        reply->remote = true;
        s = skip(s + 3, " -:");
    }
    const char *status = skip(s, "#(<\"'");
    size_t n = status_length(status);
    if (n == 0)
        return s;
    set_status(reply, status, n);
    return skip(status + n, " )>:");
}

/* A reply of many lines that was stored as one repeats code and status ("550-5.7.1 a 550-5.7.1 b
 * 550 5.7.1 c"): the repetitions would tear phrases apart. */
static void merge_lines(const struct hq_reply *reply, char *s)
{
    char code[4];
    if (reply->code < 200 || reply->code > 599)
        return;
    g_snprintf(code, sizeof code, "%d", (int)reply->code);
    char *out = s;
    bool at_word = true;
    while (*s) {
        if (at_word && s[0] == code[0] && strncmp(s, code, 3) == 0 &&
            (s[3] == '-' || s[3] == ' ')) {
            s += 4;
            size_t n = status_length(s);
            s += n;
            while (*s == ' ')
                s++;
            continue;
        }
        at_word = *s == ' ';
        *out++ = *s++;
    }
    *out = 0;
}

/* "220-mx.example 421 4.2.1 go away": a greeting, then a refusal, which is what counts. */
static const char *skip_positive(struct hq_reply *reply, const char *s)
{
    if (reply->code < 200 || reply->code > 399)
        return s;
    for (const char *blank = strchr(s, ' '); blank; blank = strchr(blank + 1, ' '))
        if (is_code(blank + 1) && blank[1] >= '4' && blank[4] != 0) {
            reply->enhanced[0] = 0;
            return take_codes(reply, blank + 1);
        }
    return s;
}

/* Status and code that stand elsewhere: qmail's "(#5.1.1)", "...: 550 text". */
static void search_codes(struct hq_reply *reply, const char *s)
{
    for (const char *mark = strchr(s, '#'); mark && !reply->enhanced[0];
         mark = strchr(mark + 1, '#'))
        set_status(reply, mark + 1, status_length(mark + 1));
    for (const char *colon = strstr(s, ": "); colon && reply->code == 0;
         colon = strstr(colon + 2, ": "))
        if (is_code(colon + 2) && colon[2] >= '4')
            take_codes(reply, colon + 2);
}

/* "<a@b>: Recipient address rejected: X": X decides, unless it is Exchange's way to say that
 * nobody is there. */
static const char *skip_rejected(struct hq_reply *reply, const char *s)
{
    static const char rejected[] = "recipient address rejected: ";
    const char *mark = hq_reply_find(reply, s, rejected);
    if (!mark)
        return s;
    reply->recipient = reply->remote = true; /* no client says that, only smtpd */
    const char *why = mark + strlen(rejected);
    return *why && !hq_reply_starts(why, "access denied") ? why : s;
}

void hq_reply_parse(struct hq_reply *reply, const char *text, const struct hq_reason_hint *hint)
{
    static const struct hq_reason_hint nothing;
    if (!hint)
        hint = &nothing;
    reply->relay[0] = reply->relay_ip[0] = reply->enhanced[0] = 0;
    reply->code = 0;
    reply->remote = reply->recipient = false;
    clean(reply->buffer, text);
    set_lower(reply);
    reply->phase = hint->phase;
    if (hint->relay)
        read_host(reply, hint->relay);
    const char *s = reply->buffer;
    bool bare = is_code(s); /* nothing was wrapped around it, or at its end only */
    if (reply->phase == HQ_PHASE_UNKNOWN && (!bare || strstr(s, "(in reply to ")))
        reply->phase = hq_reply_phase(reply, skip_prefix(s));
    if (!bare) {
        s = unwrap(reply, s);
        find_relay(reply, reply->buffer);
    }
    s = skip_positive(reply, take_codes(reply, s));
    cut_tail(reply->buffer + (s - reply->buffer));
    merge_lines(reply, reply->buffer + (s - reply->buffer));
    search_codes(reply, s);
    set_lower(reply); /* the buffer has changed */
    if (reply->code == 0 && hint->code > 0)
        reply->code = hint->code;
    if (hint->enhanced)
        set_status(reply, hint->enhanced, status_length(hint->enhanced));
    reply->text = skip_rejected(reply, s);
}
