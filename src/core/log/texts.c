/* SPDX-License-Identifier: ISC */
/* The log's lines about a message, packed one behind the other, because most messages are soon gone
 * again. */
#include "parts.h"
#include <string.h>

#define ATTEMPTS_MAX 2000       /* of a message; later ones replace the first half */
#define ENTRY_MAX    (1u << 20) /* bytes of a message */

struct hq_log_texts {
    GByteArray *packed; /* struct packed, then the bytes of its strings, again and again */
    unsigned count;
};

enum { RECIPIENT, RELAY, TEXT, CAUSE, STRINGS };

struct packed {
    int64_t time;
    uint8_t result;
    uint16_t lengths[STRINGS]; /* of what follows; without NULs; 0 is NULL */
};

struct hq_log_texts *hq_log_texts_new(void)
{
    struct hq_log_texts *texts = g_new0(struct hq_log_texts, 1);

    texts->packed = g_byte_array_new();
    return texts;
}

void hq_log_texts_free(struct hq_log_texts *texts)
{
    if (!texts)
        return;
    g_byte_array_unref(texts->packed);
    g_free(texts);
}

size_t hq_log_texts_size(const struct hq_log_texts *texts)
{
    return texts ? texts->packed->len : 0;
}

static size_t packed_size(const uint8_t *bytes)
{
    struct packed head;
    size_t size = sizeof head;

    memcpy(&head, bytes, sizeof head);
    for (unsigned i = 0; i < STRINGS; i++)
        size += head.lengths[i];
    return size;
}

/* A message that was tried for days keeps its later half. */
static void drop_half(struct hq_log_texts *texts)
{
    unsigned drop = texts->count / 2;
    size_t size = 0;

    for (unsigned i = 0; i < drop; i++)
        size += packed_size(texts->packed->data + size);
    g_byte_array_remove_range(texts->packed, 0, (guint)size);
    texts->count -= drop;
}

static bool speaks_of_tls(struct hq_log_span text)
{
    return text.s &&
           (memmem(text.s, text.n, "TLS", 3) || memmem(text.s, text.n, "SSL", 3) ||
            memmem(text.s, text.n, "andshake", 8) || memmem(text.s, text.n, "ertificate", 10) ||
            memmem(text.s, text.n, "uthenticat", 10));
}

void hq_log_texts_add(struct hq_log_texts *texts, const struct hq_log_line *line,
                      const struct hq_log_causes *causes)
{
    bool failed = line->kind == HQ_LOG_DELIVERY && line->result != HQ_OUTCOME_SENT;
    struct hq_log_span cause = failed && speaks_of_tls(line->text)
                                   ? hq_log_causes_find(causes, line)
                                   : (struct hq_log_span){NULL, 0};
    const struct hq_log_span strings[STRINGS] = {line->to, line->relay, line->text, cause};
    struct packed head;

    if (texts->count >= ATTEMPTS_MAX || texts->packed->len > ENTRY_MAX)
        drop_half(texts);
    memset(&head, 0, sizeof head);
    head.time = line->time;
    head.result = (uint8_t)line->result;
    for (unsigned i = 0; i < STRINGS; i++)
        head.lengths[i] = (uint16_t)(strings[i].s ? strings[i].n : 0);
    g_byte_array_append(texts->packed, (const guint8 *)&head, sizeof head);
    for (unsigned i = 0; i < STRINGS; i++)
        g_byte_array_append(texts->packed, (const guint8 *)strings[i].s, head.lengths[i]);
    texts->count++;
}

static const char *take_string(struct hq_arena *arena, const uint8_t **bytes, size_t n)
{
    const char *s = n ? hq_arena_intern(arena, (const char *)*bytes, n) : NULL;

    *bytes += n;
    return s;
}

void hq_log_texts_unpack(const struct hq_log_texts *texts, struct hq_history *history,
                         struct hq_arena *arena)
{
    const uint8_t *bytes = texts->packed->data;
    struct packed head;

    history->attempt_count = texts->count;
    history->attempts = hq_arena_alloc(arena, texts->count * sizeof *history->attempts);
    for (unsigned i = 0; i < texts->count; i++) {
        struct hq_attempt *attempt = &history->attempts[i];
        memcpy(&head, bytes, sizeof head);
        bytes += sizeof head;
        attempt->time = head.time;
        attempt->result = head.result;
        attempt->recipient = take_string(arena, &bytes, head.lengths[RECIPIENT]);
        attempt->relay = take_string(arena, &bytes, head.lengths[RELAY]);
        attempt->text = take_string(arena, &bytes, head.lengths[TEXT]);
        attempt->cause = take_string(arena, &bytes, head.lengths[CAUSE]);
    }
}
