/* SPDX-License-Identifier: ISC */
/* Received-SPF, RFC 7208 section 9.1. Google and Microsoft put the client's address, and older
 * libspf2 all of it, into the free text of the comment only. */
#include "hopq/ip.h"
#include "lex.h"
#include <string.h>

enum property {
    CLIENT_IP,
    ENVELOPE_FROM,
    HELO,
    RECEIVER,
    IDENTITY,
    MECHANISM,
    PROBLEM,
    PROPERTY_COUNT
};

static const char *const property_names[PROPERTY_COUNT] = {
    "client-ip", "envelope-from", "helo", "receiver", "identity", "mechanism", "problem",
};

/* Writers' variants of the names. */
static const struct {
    const char *name;
    enum property property;
} variants[] = {
    {"client_ip", CLIENT_IP},
    {"envelope_from", ENVELOPE_FROM},
    {"x-client-ip", CLIENT_IP},
};

static int find_property(struct auth_span key)
{
    for (int i = 0; i < PROPERTY_COUNT; i++)
        if (hq_auth_is(key, property_names[i]))
            return i;
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++)
        if (hq_auth_is(key, variants[i].name))
            return (int)variants[i].property;
    return -1;
}

/* The first one counts. */
static void set(char **properties, enum property property, const char *s, size_t n)
{
    if (n >= 2 && s[0] == '<' && s[n - 1] == '>')
        s++, n -= 2;
    if (!properties[property])
        properties[property] = g_strndup(s, n);
}

/* The word behind PHRASE in TEXT. */
static struct auth_span word_behind(const char *text, const char *phrase)
{
    const char *found = strstr(text, phrase);
    struct auth_span word = {found ? found + strlen(phrase) : text, 0};

    if (found)
        word.n = strcspn(word.s, " \t,;)");
    return word;
}

/* "mx.google.com: domain of a@b.example designates 192.0.2.1 as permitted sender";
 * "protection.outlook.com: b.example does not designate 192.0.2.1 as permitted sender";
 * "mx.example: 192.0.2.1 is neither permitted nor denied by best guess record for …" */
static void read_free_text(struct auth_span comment, char **properties)
{
    static const char *const before_ip[] = {"designates ", "designate ", "sender IP is ", ": "};
    g_autofree char *text = g_strndup(comment.s, comment.n);
    struct auth_span sender = word_behind(text, "domain of ");
    size_t name = strcspn(text, ": ");
    struct hq_ip ip;

    for (size_t i = 0; i < G_N_ELEMENTS(before_ip); i++) {
        struct auth_span word = word_behind(text, before_ip[i]);

        if (hq_ip_parse(word.s, word.n, &ip))
            set(properties, CLIENT_IP, word.s, word.n);
    }
    if (sender.n > 0 && strncmp(sender.s, "transitioning", 13) != 0)
        set(properties, ENVELOPE_FROM, sender.s, sender.n);
    if (name > 0 && text[name] == ':')
        set(properties, RECEIVER, text, name);
}

/* A value that could be read as more than one is put into quotes. */
static void append_property(GString *out, const char *name, const char *value)
{
    bool odd = strpbrk(value, " \t\r\n\"\\();") != NULL;

    g_string_append_printf(out, "%s%s=", out->len > 0 ? " " : "", name);
    if (!odd) {
        g_string_append(out, value);
        return;
    }
    g_string_append_c(out, '"');
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *value);
    }
    g_string_append_c(out, '"');
}

static void add_row(const struct auth_field *field, struct auth_span result,
                    struct auth_span comment, char **properties)
{
    g_autoptr(GString) detail = g_string_new(NULL);
    g_autofree char *word = g_strndup(result.s, result.n);
    const char *sender = properties[ENVELOPE_FROM];
    const char *identity = properties[IDENTITY];
    bool helo = !sender || !*sender || (identity && g_ascii_strcasecmp(identity, "helo") == 0);
    const char *checked = helo && properties[HELO] ? properties[HELO] : sender;

    for (int i = 0; i < PROPERTY_COUNT; i++)
        if (properties[i])
            append_property(detail, property_names[i], properties[i]);
    if (comment.s)
        g_string_append_printf(detail, "%s(%.*s)", detail->len > 0 ? " " : "",
                               (int)MIN(comment.n, G_MAXINT), comment.s);

    struct hq_auth *row =
        hq_auth_add(field, "spf", word, (struct auth_span){detail->str, detail->len});

    row->domain = checked ? hq_auth_domain(checked, field->arena) : NULL;
    row->authserv = hq_arena_strdup(field->arena, properties[RECEIVER]);
}

void hq_auth_read_spf(const GString *text, const struct auth_field *field)
{
    struct auth_lex lex = {.at = text->str, .end = text->str + text->len};
    char *properties[PROPERTY_COUNT] = {NULL};
    g_autoptr(GString) value = g_string_new(NULL);
    struct auth_span key;
    bool has_value;

    hq_auth_skip(&lex);

    struct auth_span result = hq_auth_key(&lex);

    while (result.n > 0 && result.s[result.n - 1] == ':')
        result.n--;
    if (result.n == 0 || field->rows->len >= HQ_AUTH_MAX)
        return;
    do {
        while (hq_auth_item(&lex, &key, value, &has_value)) {
            int property = has_value ? find_property(key) : -1;

            if (property >= 0)
                set(properties, (enum property)property, value->str, value->len);
        }
    } while (hq_auth_take(&lex, ';'));
    if (lex.comment.s)
        read_free_text(lex.comment, properties);
    add_row(field, result, lex.comment, properties);
    for (int i = 0; i < PROPERTY_COUNT; i++)
        g_free(properties[i]);
}
