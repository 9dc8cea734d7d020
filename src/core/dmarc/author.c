/* SPDX-License-Identifier: ISC */
/* Who is in From: addresses as they stand in the field (RFC 5322 section 3.4), by a scanner of our
 * own. What people are shown may be decoded and cut; a verdict must not rest on that. */
#include "hopq/arena.h"
#include "hopq/dmarc.h"
#include "hopq/dns.h"
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the comment at S. */
static const char *skip_comment(const char *s, const char *end)
{
    unsigned depth = 0;

    for (; s < end; s++) {
        if (*s == '\\' && s + 1 < end)
            s++;
        else if (*s == '(')
            depth++;
        else if (*s == ')' && --depth == 0)
            return s + 1;
    }
    return end;
}

/* The end of the quoted string at S, which is appended to OUT with its quotes. */
static const char *take_quoted(const char *s, const char *end, GString *out)
{
    g_string_append_c(out, *s++);
    for (; s < end; s++) {
        g_string_append_c(out, *s);
        if (*s == '"')
            return s + 1;
        if (*s == '\\' && s + 1 < end)
            g_string_append_c(out, *++s);
    }
    return end;
}

/* One mailbox up to its comma; ADDRESS is what the last brackets hold, else all of it. */
static const char *take_mailbox(const char *s, const char *end, GString *address)
{
    g_autoptr(GString) bare = g_string_new(NULL);
    GString *out = bare;
    bool bracketed = false;

    g_string_truncate(address, 0);
    while (s < end && (out == address || (*s != ',' && *s != ';'))) {
        if (*s == '"') {
            s = take_quoted(s, end, out);
            continue;
        }
        if (*s == '(') {
            s = skip_comment(s, end);
            continue;
        }
        if (*s == '<') {
            g_string_truncate(address, 0);
            out = address;
            bracketed = true;
        } else if (*s == '>') {
            out = bare;
        } else if (*s == ':' && out == bare) {
            g_string_truncate(bare, 0); /* the name of a group */
        } else if (!is_blank(*s)) {
            g_string_append_c(out, *s);
        }
        s++;
    }
    if (!bracketed)
        g_string_append_len(address, bare->str, (gssize)bare->len);
    return s < end ? s + 1 : end;
}

bool hq_mailbox_next(const char **rest, const char *end, GString *address)
{
    while (*rest < end) {
        *rest = take_mailbox(*rest, end, address);
        if (address->len > 0)
            return true;
    }
    return false;
}

/* Lower case ASCII; NULL: none, as in an address literal. */
static char *domain_of(const GString *address)
{
    const char *at = strrchr(address->str, '@');

    if (!at || !at[1] || memchr(address->str, 0, address->len))
        return NULL;

    g_autofree char *ascii =
        g_str_is_ascii(at + 1) ? g_strdup(at + 1) : g_hostname_to_ascii(at + 1);
    size_t n = ascii ? strlen(ascii) : 0;

    if (!ascii || *ascii == '[' || !hq_dns_name_valid(ascii))
        return NULL;
    return g_ascii_strdown(ascii, (gssize)(ascii[n - 1] == '.' ? n - 1 : n));
}

static const char *read_field(const struct hq_header *header, const char **problem,
                              struct hq_arena *arena)
{
    const char *colon = strchr(header->raw, ':');
    const char *end = header->raw + strlen(header->raw);
    const char *rest = colon ? colon + 1 : end;
    g_autoptr(GString) address = g_string_new(NULL);
    const char *found = NULL;

    while (hq_mailbox_next(&rest, end, address)) {
        g_autofree char *domain = domain_of(address);

        if (!domain || (found && strcmp(found, domain) != 0)) {
            *problem = domain ? "From has addresses of several domains"
                              : "From has an address without a domain";
            return NULL;
        }
        if (!found)
            found = hq_arena_strdup(arena, domain);
    }
    if (!found)
        *problem = "From has no address";
    return found;
}

const char *hq_dmarc_author(const struct hq_detail *detail, const char **problem,
                            struct hq_arena *arena)
{
    const struct hq_header *from = NULL;

    *problem = NULL;
    for (uint32_t i = 0; i < detail->header_count; i++) {
        const struct hq_header *header = &detail->headers[i];

        if (!header->name || !header->raw || g_ascii_strcasecmp(header->name, "From") != 0)
            continue;
        if (from) {
            *problem = "there are several From fields";
            return NULL;
        }
        from = header;
    }
    if (!from)
        *problem = "there is no From field";
    return from ? read_field(from, problem, arena) : NULL;
}
