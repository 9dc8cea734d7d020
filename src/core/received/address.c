/* SPDX-License-Identifier: ISC */
/* Addresses in the dresses that MTAs give them, and what only looks like one. */
#include "parts.h"

struct span hq_span_cut(struct span text, size_t from, size_t to)
{
    return (struct span){text.s + from, to - from};
}

struct span hq_span_strip_ends(struct span text, const char *front, const char *back)
{
    while (text.n && !g_ascii_isalnum(text.s[0]) && strchr(front, text.s[0]))
        text = hq_span_cut(text, 1, text.n);
    while (text.n && !g_ascii_isalnum(text.s[text.n - 1]) && strchr(back, text.s[text.n - 1]))
        text.n--;
    return text;
}

/* "192.0.2.1:25" and "192.0.2.1.25" without the port; other text as it is. */
static struct span without_port(struct span text)
{
    size_t dots = 0;
    size_t last = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];

        if (c == '.') {
            dots++;
            last = i;
        } else if (c == ':' && dots == 3) {
            return hq_span_cut(text, 0, i);
        } else if (c != '-' && !g_ascii_isdigit(c)) {
            return text;
        }
    }
    return dots == 4 ? hq_span_cut(text, 0, last) : text;
}

/* An address in any of its dresses: "IPv6:…", "/192.0.2.1", "(192.0.2.1)", "?192.0.2.1?", with a
 * port. */
bool hq_received_address(struct span *whole, struct hq_ip *ip)
{
    struct span text = hq_span_strip(*whole, "/(?<", ")?>,;");

    if (hq_span_starts(text, "IPv6:") || hq_span_starts(text, "IPv6-"))
        text = hq_span_cut(text, 5, text.n);
    if (text.n < 2 || !(g_ascii_isxdigit(text.s[0]) || text.s[0] == ':'))
        return false;
    *whole = text;
    if (hq_ip_parse(text.s, text.n, ip))
        return true;
    *whole = without_port(text);
    return whole->n != text.n && hq_ip_parse(whole->s, whole->n, ip);
}

/* Letters, figures and what else a host's or a person's name has, with a dot or an at sign, and no
 * figure where its top domain would begin: "TLSv1.3" is none. */
static bool names_host(struct span word)
{
    bool person = false;
    size_t label = 0;

    for (size_t i = 0; i < word.n; i++) {
        char c = word.s[i];

        if (c == '@')
            person = true;
        else if (c == '.' && i + 1 < word.n)
            label = i + 1;
        else if (!g_ascii_isalnum(c) && !strchr("-_.", c) && !((unsigned char)c & 0x80))
            return false;
    }
    return person || (label && !g_ascii_isdigit(word.s[label]));
}

bool hq_received_is_tcp_info(struct span comment)
{
    struct span first, second;

    if (!hq_span_word(&comment, 0, &first))
        return false;
    if (names_host(first))
        return true;
    return memchr(comment.s, '[', comment.n) && hq_span_word(&comment, 0, &second) &&
           second.s[0] == '[';
}

/* Four numbers with dots that are no address because one is too big: nobody's MTA wrote that. */
bool hq_received_impossible(struct span text)
{
    unsigned dots = 0;
    unsigned value = 0;
    bool big = false;

    text = hq_span_strip(text, "/(?", ")?,;");
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] == '.') {
            dots++;
            value = 0;
        } else if (g_ascii_isdigit(text.s[i]) && value < 1000) {
            value = value * 10 + (unsigned)(text.s[i] - '0');
            big = big || value > 255;
        } else {
            return false;
        }
    }
    return dots == 3 && big;
}
