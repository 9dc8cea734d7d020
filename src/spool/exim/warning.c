/* SPDX-License-Identifier: ISC */
/* May Exim tell the sender that the message is late? Its delay_warning_condition is an expansion
 * and is judged as long as it is the one that is built in (globals.c, 4.96): not for mailing lists
 * and not for what machines wrote. */
#include "exim.h"
#include <string.h>

static const char built_in[] =
    "${if or {{ !eq{$h_list-id:$h_list-post:$h_list-subscribe:}{} }"
    "{ match{$h_precedence:}{(?i)bulk|list|junk} }"
    "{ match{$h_auto-submitted:}{(?i)auto-generated|auto-replied} }} {no}{yes}}";

/* A field that has one of these words in it; any text where there are none. */
static const struct sign {
    const char *name;
    const char *words[4];
} signs[] = {
    {"List-Id:", {NULL}},
    {"List-Post:", {NULL}},
    {"List-Subscribe:", {NULL}},
    {"Precedence:", {"bulk", "list", "junk"}},
    {"Auto-Submitted:", {"auto-generated", "auto-replied"}},
};

static bool is_sign(const struct sign *sign, const char *line, size_t n)
{
    size_t name = strlen(sign->name);

    if (n < name || g_ascii_strncasecmp(line, sign->name, name) != 0)
        return false;
    g_autofree char *value = g_ascii_strdown(line + name, (gssize)MIN(n - name, 1000));
    for (unsigned i = 0; sign->words[i]; i++)
        if (strstr(value, sign->words[i]))
            return true;
    return !sign->words[0] && *g_strstrip(value);
}

static bool is_by_machine(const GString *header)
{
    const char *end = header->str + header->len, *lf;

    for (const char *line = header->str; line < end; line = lf + 1) {
        lf = memchr(line, '\n', (size_t)(end - line));
        if (!lf)
            lf = end;
        if (!strchr("LPAlpa", *line))
            continue;
        for (unsigned i = 0; i < G_N_ELEMENTS(signs); i++)
            if (is_sign(&signs[i], line, (size_t)(lf - line)))
                return true;
    }
    return false;
}

enum hq_tri hq_ex_may_warn(const struct hq_ex_envelope *envelope)
{
    const char *sender = envelope->message->sender;
    const char *condition =
        hq_context_setting(envelope->parse->context, "delay_warning_condition", built_in);

    if (!sender || !envelope->header)
        return HQ_UNKNOWN;
    if (!*sender)
        return HQ_NO;
    if (!*condition)
        return HQ_YES;
    if (strcmp(condition, built_in) != 0)
        return HQ_UNKNOWN;
    return is_by_machine(envelope->header) ? HQ_NO : HQ_YES;
}
