/* SPDX-License-Identifier: ISC */
/* Addresses and client names as control files of Sendmail hold them. */
#include "hopq/ip.h"
#include "sendmail.h"
#include <string.h>

/* Sendmail gives bytes 0x80 to 0x9f a meaning of its own (macros and the like). This byte stands
 * before one that belongs to the mail: quote_internal_chars() of sendmail/util.c (8.17). */
#define QUOTE 0xff

/* N bytes at S without that quoting. */
static const char *plain(struct hq_arena *arena, const char *s, size_t n)
{
    if (!memchr(s, QUOTE, n))
        return hq_arena_dup(arena, s, n);
    char *plain = g_malloc(n);
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] == QUOTE && i + 1 < n && (s[i + 1] & 0x80))
            i++;
        plain[length++] = s[i];
    }
    const char *kept = hq_arena_dup(arena, plain, length);
    g_free(plain); /* by hand: the analyzer does not see through cleanup attributes */
    return kept;
}

/* Where a quoted string or comment that begins at S[I] ends; I when none does. */
static size_t skip_part(const char *s, size_t n, size_t i)
{
    size_t depth = 0, at = i;
    bool quoted = false;

    do {
        if (s[at] == '\\')
            at++;
        else if (s[at] == '"' && depth == 0)
            quoted = !quoted;
        else if (s[at] == '(' && !quoted)
            depth++;
        else if (s[at] == ')' && !quoted && depth > 0)
            depth--;
        at++;
    } while (at < n && (quoted || depth));
    return quoted || depth || at > n ? i : at;
}

/* The bytes between "<" and ">" that stand outside of quotes and comments; all without comments
 * and blanks around when there are none. A "<>" is an address of no bytes. */
const char *hq_sm_address(struct hq_arena *arena, const char *text, size_t n)
{
    size_t start = 0, end = n, open = SIZE_MAX;

    for (size_t i = 0; i < n;) {
        if (text[i] == '"' || text[i] == '(') {
            size_t after = skip_part(text, n, i);
            if (after == i) /* never closed: it is a byte as others are */
                break;
            if (text[i] == '(' && start == i)
                start = after;
            else if (text[i] == '(' && open == SIZE_MAX && end == n && after == n)
                end = i;
            i = after;
            continue;
        }
        if (text[i] == '<')
            open = i;
        else if (text[i] == '>' && open != SIZE_MAX)
            return plain(arena, text + open + 1, i - open - 1);
        else if (start == i && g_ascii_isspace(text[i]))
            start++;
        i++;
    }
    while (end > start && g_ascii_isspace(text[end - 1]))
        end--;
    return plain(arena, text + start, end > start ? end - start : 0);
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" that begins at OPEN; NULL: no address. */
static const char *bracketed_ip(struct hq_arena *arena, const char *open)
{
    static const char tag[] = "IPv6:";
    size_t n = strcspn(++open, "]");
    struct hq_ip ip;

    if (g_ascii_strncasecmp(open, tag, strlen(tag)) == 0 && n > strlen(tag)) {
        open += strlen(tag);
        n -= strlen(tag);
    }
    return open[n] == ']' && hq_ip_parse(open, n, &ip) ? hq_arena_dup(arena, open, n) : NULL;
}

/* srvrsmtp.c and daemon.c, getauthinfo(): "[user@]host [address] (may be forged)", the host in
 * brackets when it has no name; without an address it is "user@host", who ran sendmail(1). The
 * user before an address is what an ident server says: nothing to rely on. */
void hq_sm_client_take(struct hq_sm_envelope *envelope, const char *text)
{
    struct hq_arena *arena = envelope->parse->arena;
    struct hq_client *client = &envelope->message->client;
    const char *open = strchr(text, '['), *at;
    size_t name = strcspn(text, " [");

    client->ip = open ? bracketed_ip(arena, open) : NULL;
    at = memrchr(text, '@', name);
    if (client->ip) {
        const char *host = at ? at + 1 : text;
        if (text + name > host)
            client->name = hq_arena_dup(arena, host, (size_t)(text + name - host));
    } else if (at && at > text) {
        client->auth = hq_arena_dup(arena, text, (size_t)(at - text));
    }
}
