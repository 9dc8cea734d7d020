/* SPDX-License-Identifier: ISC */
/* HTML as text: enough to read what a message says, never a renderer. One pass, no tree: tags are
 * dropped, those that start a block become line ends, entities become characters (HTML Living
 * Standard section 13.2.5 for what starts a tag, a comment, an entity). */
#include "body.h"
#include <string.h>

struct html {
    const char *at;
    const char *end;
    GString *out;
    bool blank; /* a blank is due before the next character */
};

static const struct {
    const char *name;
    gunichar c;
} entities[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", ' '},     {"copy", 0xA9},    {"reg", 0xAE},     {"trade", 0x2122}, {"hellip", 0x2026},
    {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"sbquo", 0x201A},
    {"ldquo", 0x201C}, {"rdquo", 0x201D}, {"bdquo", 0x201E}, {"laquo", 0xAB},   {"raquo", 0xBB},
    {"bull", 0x2022},  {"middot", 0xB7},  {"deg", 0xB0},     {"euro", 0x20AC},  {"pound", 0xA3},
    {"yen", 0xA5},     {"cent", 0xA2},    {"sect", 0xA7},    {"para", 0xB6},    {"times", 0xD7},
    {"auml", 0xE4},    {"ouml", 0xF6},    {"uuml", 0xFC},    {"Auml", 0xC4},    {"Ouml", 0xD6},
    {"Uuml", 0xDC},    {"szlig", 0xDF},   {"agrave", 0xE0},  {"aacute", 0xE1},  {"acirc", 0xE2},
    {"atilde", 0xE3},  {"aring", 0xE5},   {"aelig", 0xE6},   {"ccedil", 0xE7},  {"egrave", 0xE8},
    {"eacute", 0xE9},  {"ecirc", 0xEA},   {"euml", 0xEB},    {"igrave", 0xEC},  {"iacute", 0xED},
    {"icirc", 0xEE},   {"iuml", 0xEF},    {"ntilde", 0xF1},  {"ograve", 0xF2},  {"oacute", 0xF3},
    {"ocirc", 0xF4},   {"otilde", 0xF5},  {"oslash", 0xF8},  {"ugrave", 0xF9},  {"uacute", 0xFA},
    {"ucirc", 0xFB},   {"Eacute", 0xC9},  {"Agrave", 0xC0},  {"zwnj", 0x200C},  {"zwj", 0x200D},
    {"shy", 0xAD},     {"rarr", 0x2192},  {"larr", 0x2190},  {"frac12", 0xBD},  {"iexcl", 0xA1},
};

/* Elements whose content nobody reads. */
static const char *const silent[] = {"script", "style", "title", "template", NULL};
static const char *const blocks[] = {"br",         "p",       "div",     "tr",     "li",     "ul",
                                     "ol",         "table",   "h1",      "h2",     "h3",     "h4",
                                     "h5",         "h6",      "hr",      "dt",     "dd",     "pre",
                                     "blockquote", "section", "article", "header", "footer", NULL};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_one_of(const char *const *names, const char *name, size_t n)
{
    for (; *names; names++)
        if (strlen(*names) == n && g_ascii_strncasecmp(*names, name, n) == 0)
            return true;
    return false;
}

static void put(struct html *html, const char *s, size_t n)
{
    GString *out = html->out;

    if (html->blank && out->len > 0 && out->str[out->len - 1] != '\n')
        g_string_append_c(out, ' ');
    html->blank = false;
    g_string_append_len(out, s, (gssize)n);
}

/* Ends the line. At most one empty line in a row, none at the start. */
static void break_line(struct html *html)
{
    const GString *out = html->out;

    html->blank = false;
    if (out->len > 0 && !(out->len > 1 && memcmp(out->str + out->len - 2, "\n\n", 2) == 0))
        g_string_append_c(html->out, '\n');
}

/* Behind the next TEXT (of N bytes), or the end. */
static const char *behind(const struct html *html, const char *text, size_t n)
{
    const char *found = memmem(html->at, (size_t)(html->end - html->at), text, n);

    return found ? found + n : html->end;
}

/* Behind the ">" of the tag at AT; a ">" in quotes is none. */
static const char *tag_end(const char *at, const char *end)
{
    char quote = '\0';

    for (; at < end; at++) {
        if (quote)
            quote = *at == quote ? '\0' : quote;
        else if ((*at == '"' || *at == '\'') && at[-1] == '=')
            quote = *at;
        else if (*at == '>')
            return at + 1;
    }
    return end;
}

static bool is_at(const struct html *html, const char *name, size_t n)
{
    return (size_t)(html->end - html->at) >= n && g_ascii_strncasecmp(html->at, name, n) == 0;
}

/* Moves behind the end tag of the silent element NAME, or to the end. */
static void skip_silent(struct html *html, const char *name, size_t n)
{
    do
        html->at = behind(html, "</", 2);
    while (html->at < html->end && !is_at(html, name, n));
    html->at = tag_end(html->at, html->end);
}

/* The "<" at AT; false when it starts no tag and is text. */
static bool take_tag(struct html *html)
{
    const char *name = html->at + 1;
    const char *c;
    bool closing = name < html->end && *name == '/';

    if (is_at(html, "<!--", 4)) {
        html->at += 4;
        html->at = behind(html, "-->", 3);
        return true;
    }
    name += closing;
    if (name == html->end || !(g_ascii_isalpha(*name) || *name == '!' || *name == '?'))
        return false;
    for (c = name; c < html->end && g_ascii_isalnum(*c);)
        c++;
    html->at = tag_end(MAX(c, name + 1), html->end);
    if (!closing && is_one_of(silent, name, (size_t)(c - name)))
        skip_silent(html, name, (size_t)(c - name));
    else if (is_one_of(blocks, name, (size_t)(c - name)))
        break_line(html);
    else if ((c - name) == 2 && g_ascii_tolower(*name) == 't')
        html->blank = true; /* td, th */
    return true;
}

/* "#65" or "#x41" of N bytes; 0: no character. */
static gunichar numeric_entity(const char *s, size_t n)
{
    bool hex = n > 1 && (s[1] == 'x' || s[1] == 'X');
    gunichar c = 0;

    if (n < (hex ? 3U : 2U))
        return 0;
    for (size_t i = hex ? 2 : 1; i < n; i++) {
        int digit = hex ? g_ascii_xdigit_value(s[i]) : g_ascii_digit_value(s[i]);

        if (digit < 0 || c > 0x10FFFF)
            return 0;
        c = c * (hex ? 16 : 10) + (gunichar)digit;
    }
    return g_unichar_validate(c) ? c : 0;
}

static gunichar entity(const char *s, size_t n)
{
    if (n > 0 && *s == '#')
        return numeric_entity(s, n);
    for (size_t i = 0; i < G_N_ELEMENTS(entities); i++)
        if (strlen(entities[i].name) == n && memcmp(entities[i].name, s, n) == 0)
            return entities[i].c;
    return 0;
}

/* The "&" at AT: an entity of at most 10 characters, or text. */
static void take_entity(struct html *html)
{
    const char *name = html->at + 1;
    size_t n = 0;
    char utf8[6];

    while (n < 10 && name + n < html->end && (g_ascii_isalnum(name[n]) || name[n] == '#'))
        n++;

    gunichar c = entity(name, n);

    if (c == 0) {
        put(html, "&", 1);
        html->at++;
        return;
    }
    html->at = name + n;
    if (html->at < html->end && *html->at == ';')
        html->at++;
    if (c == ' ')
        html->blank = true;
    else
        put(html, utf8, (size_t)g_unichar_to_utf8(c, utf8));
}

void hq_body_html_text(GString *out, const char *html_text, size_t n)
{
    struct html html = {.at = html_text, .end = html_text + n, .out = out};

    while (html.at < html.end) {
        if (*html.at == '<' && take_tag(&html))
            continue;
        if (*html.at == '&') {
            take_entity(&html);
        } else if (is_space(*html.at)) {
            html.blank = true;
            html.at++;
        } else {
            const char *text = html.at++;

            while (html.at < html.end && !is_space(*html.at) && *html.at != '<' && *html.at != '&')
                html.at++;
            put(&html, text, (size_t)(html.at - text));
        }
    }
}
