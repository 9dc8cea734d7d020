/* SPDX-License-Identifier: ISC */
/* Transcript (xf) of an attempt that goes on now: what happened to recipients since the control
 * file was written. sendmail/err.c, putoutmsg() and sendmail/deliver.c, giveresponse(), smtpinit()
 * (8.17): "451 4.7.1 <a@b>... Deferred: 451 …", "550 5.1.1 <a@b>... User unknown" and, before the
 * words of a server, "... while talking to mx.b.:". */
#include "sendmail.h"
#include "spool/line_reader.h"
#include <string.h>

#define FILE_MAX_BYTES ((int64_t)1024 * 1024)
#define LINE_MAX_BYTES ((size_t)4096)

/* Recipients by address in lower case, to index + 1. */
static GHashTable *index_of(const struct hq_message *message)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (uint32_t i = message->recipient_count; i > 0; i--)
        g_hash_table_insert(index, g_ascii_strdown(message->recipients[i - 1].address, -1),
                            GUINT_TO_POINTER(i));
    return index;
}

static struct hq_recipient *find(const struct hq_message *message, GHashTable *index,
                                 const char *address)
{
    g_autofree char *lower = g_ascii_strdown(address, -1);
    guint i = GPOINTER_TO_UINT(g_hash_table_lookup(index, lower));

    return i ? &message->recipients[i - 1] : NULL;
}

/* "mx.b.:" without dot and colon */
static const char *host_of(struct hq_arena *arena, const char *text)
{
    size_t n = strcspn(text, ": \t");

    while (n > 0 && text[n - 1] == '.')
        n--;
    return n ? hq_arena_dup(arena, text, n) : NULL;
}

/* Digits, dots and blanks in front of an address: "451 4.7.1 ". */
static const char *skip_codes(const char *line)
{
    return line + strspn(line, "0123456789. \t-");
}

static void take_line(struct hq_sm_envelope *envelope, GHashTable *index, const char *line,
                      const char *relay)
{
    static const char deferred[] = "Deferred";
    struct hq_parse *parse = envelope->parse;
    const char *dots = strstr(line, "... ");
    const struct hq_reason_hint hint = {.mta = parse->mta, .relay = relay};

    if (!dots || (*line != '4' && *line != '5'))
        return;
    const char *start = skip_codes(line);
    if (start >= dots)
        return;
    const char *address = hq_sm_address(parse->arena, start, (size_t)(dots - start));
    struct hq_recipient *recipient = find(envelope->message, index, address);
    const char *text = dots + strlen("... ");
    if (!recipient)
        return;
    bool is_deferred = g_str_has_prefix(text, deferred);
    recipient->reason =
        hq_reason_parse(parse->reasons, is_deferred ? text : line, &hint, parse->arena);
    recipient->state = *line == '5' && !is_deferred ? HQ_STATE_FAILED : HQ_STATE_DEFERRED;
}

void hq_sm_transcript_read(struct hq_sm_envelope *envelope, const struct hq_item_file *file)
{
    static const char talking[] = "... while talking to ";
    struct hq_line_reader lines;
    const char *relay = NULL;
    size_t n;

    if (file->fd < 0)
        return;
    GHashTable *index = index_of(envelope->message);
    hq_line_reader_init(&lines, file->fd, MIN(file->size, FILE_MAX_BYTES), LINE_MAX_BYTES);
    for (const char *line; (line = hq_line_reader_next(&lines, &n));) {
        if (g_str_has_prefix(line, talking))
            relay = host_of(envelope->parse->arena, line + strlen(talking));
        else
            take_line(envelope, index, line, relay);
    }
    hq_line_reader_clear(&lines);
    g_hash_table_destroy(index);
}
