/* SPDX-License-Identifier: ISC */
/* Address lists as people read them. No address may get lost on the way: GMime stops at a stray
 * ";" and cuts "<a@b@c>", so a result with fewer "@" than the field is thrown away. */
#include "gmime.h"
#include <string.h>

/* GMime's group parser recurses at every "g:" of "g:g:g:" (its bug 15): 80 KB overflow 8 MB of
 * stack, 2.5 KB overflow 256 KB. No honest field has more. */
#define ADDRESSES_MAX (16UL * 1024)
#define COLONS_MAX    200

static bool is_name_char(char c)
{
    return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~. ", c));
}

static bool is_address_char(char c)
{
    return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.@", c));
}

/* A name that reads like an address or a list is kept in quotes: "security@bank.example" <x@y>. */
static void append_name(GString *out, const char *name, size_t n)
{
    bool special = false;

    for (size_t i = 0; i < n && !special; i++)
        special = name[i] && strchr("\"<>@,;:\\()[]", name[i]);
    if (!special) {
        g_string_append_len(out, name, (gssize)n);
        return;
    }
    g_string_append_c(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (name[i] == '"' || name[i] == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, name[i]);
    }
    g_string_append_c(out, '"');
}

static void separate(GString *out)
{
    if (out->len > 0 && out->str[out->len - 1] != ' ') /* behind "Group: " none */
        g_string_append(out, ", ");
}

static void append_mailbox(GString *out, const char *name, size_t name_length, const char *address,
                           size_t length)
{
    separate(out);
    if (name_length == 0) {
        g_string_append_len(out, address, (gssize)length);
        return;
    }
    append_name(out, name, name_length);
    g_string_append(out, " <");
    g_string_append_len(out, address, (gssize)length);
    g_string_append_c(out, '>');
}

/* Length of the run of characters that IS accepts, at S. */
static size_t run(const char *s, bool (*is)(char))
{
    size_t n = 0;

    while (is(s[n]))
        n++;
    return n;
}

/* The name at S up to its "<": "Ann Smith " or "\"Smith, Ann\" ". Returns what is behind it, NULL
 * when the syntax is odd. */
static const char *plain_name(const char *s, const char **name, size_t *n)
{
    if (*s == '"') {
        size_t length = strcspn(++s, "\"\\");

        if (s[length] != '"')
            return NULL;
        *name = s;
        *n = length;
        s += length + 1;
        return s + strspn(s, " ");
    }
    *name = s;
    *n = run(s, is_name_char);
    s += *n;
    while (*n > 0 && (*name)[*n - 1] == ' ')
        --*n;
    return s;
}

/* One mailbox of the short way, at S; NULL: not that simple. */
static const char *plain_mailbox(const char *s, GString *out)
{
    const char *name = s;
    const char *address = s;
    size_t name_length = 0;
    size_t length = run(s, is_address_char);

    s += length;
    if (*s != ',' && *s != '\0') {
        s = plain_name(address, &name, &name_length);
        if (!s || *s != '<')
            return NULL;
        address = ++s;
        length = run(s, is_address_char);
        s += length;
        if (*s++ != '>')
            return NULL;
    }

    const char *at = memchr(address, '@', length);

    if (!at || memchr(at + 1, '@', length - (size_t)(at + 1 - address)))
        return NULL;
    append_mailbox(out, name, name_length, address, length);
    return s + strspn(s, " ");
}

bool hq_decode_plain_addresses(const GString *text, GString *out)
{
    const char *s = text->str;

    for (;;) {
        s = plain_mailbox(s, out);
        if (!s || (*s != ',' && *s != '\0')) {
            g_string_truncate(out, 0);
            return false;
        }
        if (*s == '\0')
            return s == text->str + text->len;
        s++;
        s += strspn(s, " ");
    }
}

static size_t count(const char *s, size_t n, char c)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++)
        found += s[i] == c;
    return found;
}

/* As stored: GMime's get_addr turns "xn--" into Unicode, where Cyrillic reads as Latin. */
static const char *stored_address(InternetAddressMailbox *mailbox, const char *field)
{
    const char *address = internet_address_mailbox_get_addr(mailbox);

    if (!address)
        return "";
    if (g_str_is_ascii(address) || strstr(field, address))
        return address;
    return internet_address_mailbox_get_idn_addr(mailbox);
}

/* A mailbox, or a group with its mailboxes; false for what only hostile mail has (groups in
 * groups).
 */
static bool append_one(GString *out, InternetAddress *one, const char *field)
{
    const char *name = internet_address_get_name(one);
    size_t n = name ? strlen(name) : 0;

    if (!INTERNET_ADDRESS_IS_MAILBOX(one))
        return false;

    const char *address = stored_address(INTERNET_ADDRESS_MAILBOX(one), field);

    append_mailbox(out, name, n, address, strlen(address));
    return true;
}

static bool append_group(GString *out, InternetAddressGroup *group, const char *field)
{
    InternetAddressList *members = internet_address_group_get_members(group);
    const char *name = internet_address_get_name(INTERNET_ADDRESS(group));

    separate(out);
    append_name(out, name ? name : "", name ? strlen(name) : 0);
    g_string_append(out, ": ");
    for (int i = 0; members && i < internet_address_list_length(members); i++)
        if (!append_one(out, internet_address_list_get_address(members, i), field))
            return false;
    if (out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, ';');
    return true;
}

static bool append_list(GString *out, InternetAddressList *list, const char *field)
{
    for (int i = 0; i < internet_address_list_length(list); i++) {
        InternetAddress *one = internet_address_list_get_address(list, i);
        bool shown = INTERNET_ADDRESS_IS_GROUP(one)
                         ? append_group(out, INTERNET_ADDRESS_GROUP(one), field)
                         : append_one(out, one, field);

        if (!shown)
            return false;
    }
    return out->len > 0;
}

bool hq_decode_address_list(const GString *text, GString *out)
{
    if (text->len > ADDRESSES_MAX || count(text->str, text->len, ':') > COLONS_MAX)
        return false;

    InternetAddressList *list = internet_address_list_parse(hq_decode_options(), text->str);

    if (!list)
        return false;

    bool shown = append_list(out, list, text->str);

    g_object_unref(list);
    return shown && count(out->str, out->len, '@') >= count(text->str, text->len, '@');
}
