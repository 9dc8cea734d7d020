/* SPDX-License-Identifier: ISC */
/* Tokens of a reply: what is a word and what is an address, host, IP, link, number or id. Feeds the
 * phrase rules (words only) and the masked text (placeholders), in one pass each. */
#include "hopq/ip.h"
#include "parts.h"
#include <string.h>

enum token {
    TOKEN_SPACE,
    TOKEN_PUNCT,
    TOKEN_WORD,
    TOKEN_NUMBER,
    TOKEN_ID,
    TOKEN_ADDRESS,
    TOKEN_IP,
    TOKEN_HOST,
    TOKEN_LINK
};

static bool is_word_char(char c)
{
    return g_ascii_isalnum(c) || (unsigned char)c >= 0x80;
}

static bool is_chunk_end(char c)
{
    static const bool ends[256] = {
        [0] = true,   [' '] = true, ['<'] = true, ['>'] = true, ['('] = true,
        [')'] = true, ['['] = true, [']'] = true, ['{'] = true, ['}'] = true,
        ['"'] = true, [','] = true, [';'] = true, ['|'] = true};
    return ends[(unsigned char)c];
}

/* Longer than any host or address (RFC 5321 section 4.5.3.1). */
#define CHUNK_MAX 512

static bool is_top_domain(const char *s, size_t n)
{
    static const char *const known[] = {
        "com",   "net",    "org",     "edu",     "gov",         "mil",      "int", "info",
        "biz",   "name",   "mobi",    "arpa",    "test",        "local",    "lan", "cloud",
        "email", "online", "example", "invalid", "localdomain", "internal", "site"};
    if (n == 2)
        return g_ascii_islower(s[0]) == g_ascii_islower(s[1]);
    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (strlen(known[i]) == n && g_ascii_strncasecmp(s, known[i], n) == 0)
            return true;
    return false;
}

/* Labels with dots between; "again.See" is two words, so a pair needs a top domain. */
static bool is_host(const char *s, size_t n)
{
    unsigned dots = 0;
    size_t label = 0;
    bool alpha = true;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '.') {
            if (i == label)
                return false;
            dots++;
            label = i + 1;
            alpha = true;
        } else if (!g_ascii_isalnum(s[i]) && s[i] != '-' && s[i] != '_')
            return false;
        else
            alpha &= g_ascii_isalpha(s[i]) != 0;
    }
    if (dots == 0 || label + 2 > n)
        return false;
    /* "RESOLVER.ADR.RecipNotFound" is no host */
    bool one_case = true;
    for (size_t i = label + 1; i < n; i++)
        one_case &= g_ascii_islower(s[i]) == g_ascii_islower(s[n - 1]);
    return alpha && one_case && (dots > 1 || is_top_domain(s + label, n - label));
}

static bool is_link(const char *s, size_t n)
{
    if (g_ascii_tolower(s[0]) != 'h' && g_ascii_tolower(s[0]) != 'w')
        return false;
    return (n > 7 && g_ascii_strncasecmp(s, "http://", 7) == 0) ||
           (n > 8 && g_ascii_strncasecmp(s, "https://", 8) == 0) ||
           (n > 4 && g_ascii_strncasecmp(s, "www.", 4) == 0);
}

static enum token chunk_kind(const char *s, size_t n)
{
    struct hq_ip ip;
    if (is_link(s, n))
        return TOKEN_LINK;
    const char *at = memchr(s, '@', n);
    if (at)
        return at > s && at + 1 < s + n ? TOKEN_ADDRESS : TOKEN_WORD;
    if (n >= 3 && n <= 50 && hq_ip_parse(s, n, &ip))
        return TOKEN_IP;
    return is_host(s, n) ? TOKEN_HOST : TOKEN_WORD;
}

/* Length of the chunk at S without the punctuation that ends a sentence and without a port. */
static size_t chunk_length(const char *s)
{
    size_t n = 0;
    while (n < CHUNK_MAX && !is_chunk_end(s[n]) && !(s[n] == '.' && s[n + 1] == '.'))
        n++; /* "not allowed...joe@b.example" is words, then an address */
    if (is_link(s, n))
        return n;
    if (!memchr(s, '@', n)) { /* "IP=1.2.3.4"; addresses may hold "=" */
        const char *equal = memchr(s, '=', n);
        if (equal)
            n = (size_t)(equal - s);
    }
    while (n > 0 && strchr(".:!?'*-", s[n - 1]))
        n--;
    return n;
}

/* "1.2.3.4:25", "mx.example.org:25": length without the port. */
static size_t without_port(const char *s, size_t n)
{
    size_t digits = 0;
    while (digits < n && g_ascii_isdigit(s[n - 1 - digits]))
        digits++;
    bool port = digits > 0 && digits < 6 && digits < n && s[n - 1 - digits] == ':' &&
                !memchr(s, ':', n - 1 - digits);
    return port ? n - 1 - digits : n;
}

/* The alphanumeric run at S: word, number, or an id (long, with digits). */
static size_t run_token(const char *s, enum token *kind)
{
    size_t n = 0, digits = 0;
    while (is_word_char(s[n]) || (s[n] == '\'' && n > 0 && g_ascii_isalpha(s[n + 1]))) {
        digits += g_ascii_isdigit(s[n]) != 0;
        n++;
    }
    if (digits == n)
        *kind = TOKEN_NUMBER;
    else
        *kind = digits >= 2 && n >= 8 ? TOKEN_ID : TOKEN_WORD;
    return n;
}

/* A chunk that is no host or address as a whole may contain one ("see:http://x.example",
 * "from-192.0.2.1"): so many times it is looked at again behind a word of it. */
#define LOOKS_MAX 4

struct tokenizer {
    const char *chunk_end; /* of the chunk that is no host or address */
    unsigned looks;
};

/* The token at S (not at the end): its length. */
static size_t next_token(struct tokenizer *tokenizer, const char *s, enum token *kind)
{
    if (*s == ' ') {
        *kind = TOKEN_SPACE;
        return strspn(s, " ");
    }
    if (!is_word_char(*s)) {
        *kind = TOKEN_PUNCT;
        return 1;
    }
    bool fresh = !tokenizer->chunk_end || s >= tokenizer->chunk_end;
    if (!fresh && tokenizer->looks >= LOOKS_MAX)
        return run_token(s, kind);
    size_t n = chunk_length(s);
    tokenizer->looks = fresh ? 1 : tokenizer->looks + 1;
    if (fresh)
        tokenizer->chunk_end = s + n;
    *kind = chunk_kind(s, n);
    size_t bare = *kind == TOKEN_WORD ? without_port(s, n) : n;
    if (bare < n)
        *kind = chunk_kind(s, n = bare);
    return *kind == TOKEN_WORD ? run_token(s, kind) : n;
}

/* ---- for matching ---- */

struct sink {
    char *text;
    size_t n, size;
};

static void put(struct sink *sink, char c)
{
    if (sink->n + 1 < sink->size)
        sink->text[sink->n++] = c;
}

static void put_space(struct sink *sink)
{
    if (sink->n == 0 || sink->text[sink->n - 1] != ' ')
        put(sink, ' ');
}

/* Nothing stands between the words of Chinese and Japanese: each character counts as one. */
static bool is_ideograph(gunichar c)
{
    return (c >= 0x3041 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff);
}

/* The character above ASCII that S (N bytes) begins with; returns its length. Bytes that are no
 * UTF-8 are taken for Latin-1. */
static size_t put_wide(struct sink *sink, const char *s, size_t n)
{
    uint32_t c;
    size_t used = hq_utf8_decode(s, n, &c);
    if (used == 0) {
        c = (unsigned char)*s;
        used = 1;
    }
    if (c == 0x2018 || c == 0x2019 || hq_utf8_hidden(c)) /* quotes for apostrophes */
        return used;
    if (!g_unichar_isalnum(c) || is_ideograph(c))
        put_space(sink);
    if (!g_unichar_isalnum(c))
        return used;
    char small[6];
    int length = g_unichar_to_utf8(g_unichar_tolower(c), small);
    for (int i = 0; i < length; i++)
        put(sink, small[i]);
    if (is_ideograph(c))
        put_space(sink);
    return used;
}

/* N bytes in lower case, all that is no letter or digit as a blank; apostrophes vanish, and
 * "e-mail" is "email". */
static void put_words(struct sink *sink, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (g_ascii_isalnum(s[i]))
            put(sink, hq_lower(s[i]));
        else if (s[i] & 0x80)
            i += put_wide(sink, s + i, n - i) - 1;
        else if (s[i] != '\'')
            put_space(sink);
    }
}

static void put_mark(struct sink *sink, const char *mark)
{
    put_space(sink);
    while (*mark)
        put(sink, *mark++);
    put_space(sink);
}

static void put_token(struct sink *main, struct sink *links, enum token kind, const char *s,
                      size_t n)
{
    static const char *const marks[] = {
        [TOKEN_ADDRESS] = "{a}", [TOKEN_IP] = "{ip}", [TOKEN_HOST] = "{h}", [TOKEN_LINK] = ""};
    if (kind < TOKEN_ADDRESS) {
        bool hyphen = *s == '-' && main->n >= 2 && main->text[main->n - 1] == 'e' &&
                      main->text[main->n - 2] == ' ';
        if (!hyphen)
            put_words(main, s, n);
        return;
    }
    put_mark(main, marks[kind]);
    if (kind == TOKEN_LINK) {
        put_space(links);
        put_words(links, s, n);
    }
    if ((kind == TOKEN_HOST || kind == TOKEN_LINK) && hq_words_name_list(s, n)) {
        put_words(main, s, n);
        put_space(main);
    }
}

/* ---- for people: the masked text ---- */

static bool is_calendar(const char *s, size_t n)
{
    static const char names[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec "
                                "Mon Tue Wed Thu Fri Sat Sun ";
    return n == 3 && g_ascii_isupper(s[0]) &&
           g_strstr_len(names, -1, (char[]){s[0], s[1], s[2], ' ', 0});
}

static void mask_token(GString *out, enum token kind, const char *s, size_t n)
{
    static const char *const masks[] = {
        [TOKEN_SPACE] = " ",           [TOKEN_NUMBER] = "#", [TOKEN_ID] = "#",
        [TOKEN_ADDRESS] = "<address>", [TOKEN_IP] = "<ip>",  [TOKEN_HOST] = "<host>"};
    if (kind == TOKEN_WORD && is_calendar(s, n))
        g_string_append_c(out, '#');
    else if (kind == TOKEN_LINK)
        g_string_append_len(out, s, (gssize)MIN(n, strcspn(s, "?#%")));
    else if (kind < G_N_ELEMENTS(masks) && masks[kind] &&
             !(kind == TOKEN_HOST && hq_words_name_list(s, n)))
        g_string_append(out, masks[kind]);
    else
        g_string_append_len(out, s, (gssize)n);
}

/* ---- both in one pass ---- */

void hq_words_read(struct hq_words *words, const char *text, const char *marks, GString *masked)
{
    struct sink main = {words->text, 0, HQ_WORDS_MAX};
    struct sink links = {words->links, 0, HQ_WORDS_MAX};
    struct tokenizer tokenizer = {0};
    put(&main, ' ');
    put(&links, ' ');
    while (*marks)
        put(&main, *marks++);
    for (size_t n = 0; *text; text += n) {
        enum token kind;
        n = next_token(&tokenizer, text, &kind);
        put_token(&main, &links, kind, text, n);
        if (masked->len + n <= HQ_REASON_TEXT_MAX)
            mask_token(masked, kind, text, n);
    }
    put_space(&main);
    put_space(&links);
    words->text[words->n = main.n] = 0;
    words->links[words->link_n = links.n] = 0;
    hq_words_drop_courtesies(words);
}
