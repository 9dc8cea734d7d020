/* SPDX-License-Identifier: ISC */
/* Making messages, and small questions to them. */
#include "hopq/message.h"
#include <stdarg.h>
#include <string.h>

struct hq_message *hq_message_new(struct hq_arena *arena)
{
    return hq_schema_new(&hq_message_schema, arena);
}

/* An array that grows in the arena: its capacity is the next power of two of its count, so only
 * a full one is copied. */
static void *grow(void *array, uint32_t count, size_t size, struct hq_arena *arena)
{
    if (count & (count - 1))
        return array;
    void *larger = hq_arena_alloc(arena, size * (count ? (size_t)count * 2 : 1));
    if (count)
        memcpy(larger, array, size * count);
    return larger;
}

struct hq_recipient *hq_message_add_recipient(struct hq_message *message, struct hq_arena *arena)
{
    message->recipients =
        grow(message->recipients, message->recipient_count, sizeof *message->recipients, arena);
    struct hq_recipient *recipient = &message->recipients[message->recipient_count++];
    hq_schema_init(&hq_recipient_schema, recipient);
    return recipient;
}

void hq_message_add_problem(struct hq_message *message, struct hq_arena *arena, const char *format,
                            ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    message->problems =
        grow(message->problems, message->problem_count, sizeof *message->problems, arena);
    message->problems[message->problem_count++].what = hq_arena_strdup(arena, what);
}

const char *hq_address_domain(const char *address, size_t *length)
{
    const char *at = address ? strrchr(address, '@') : NULL;

    if (!at)
        return NULL;
    *length = strcspn(at + 1, "> \t");
    return *length ? at + 1 : NULL;
}
