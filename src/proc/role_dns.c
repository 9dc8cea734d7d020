/* SPDX-License-Identifier: ISC */
/* [dns]: asks questions of the network and hands on the answers as they came, unread. It opens no
 * files once it has started. */
#include "proc/resolver.h"
#include "proc/sandbox.h"
#include "proc/wire.h"
#include <stdlib.h>
#include <unistd.h>

#define TRIES 2

static struct hq_channel *front;
static struct hq_resolver *resolver;

static void on_answer(const char *name, enum hq_dns_type type, enum hq_dns_status status,
                      const uint8_t *packet, size_t n, void *data)
{
    struct hq_wire_question answer = {name, type, status};

    (void)data;
    hq_channel_send(front, HQ_WIRE_ANSWER, &hq_wire_question_schema, &answer, packet, n, NULL, 0);
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_question *question =
        hq_frame_record(frame, &hq_wire_question_schema, arena);

    (void)channel;
    (void)data;
    if (frame->type == HQ_WIRE_QUESTION && question && question->name)
        hq_resolver_ask(resolver, question->name, (enum hq_dns_type)question->type);
    hq_arena_free(arena);
}

static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    (void)data;
    _exit(0);
}

/* Without a resolver every question is answered "temporary failure", and the user is told why. */
static void start_resolver(char **args)
{
    GError *error = NULL;
    guint64 timeout = 0;

    g_assert(args[0] && args[1] &&
             g_ascii_string_to_unsigned(args[1], 10, 1, G_MAXINT, &timeout, NULL));
    resolver = hq_resolver_new(args[0], (int)timeout, TRIES, on_answer, NULL, &error);
    if (resolver)
        return;
    hq_wire_send_text(front, HQ_WIRE_NOTICE, error->message);
    hq_wire_send(front, HQ_WIRE_DNS_OFF, NULL, NULL);
    g_error_free(error);
}

void hq_role_dns(char **args)
{
    static const struct hq_channel_events events = {on_frame, on_closed, false};
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);

    front = hq_channel_new(HQ_HELPER_FD, &events, NULL);
    start_resolver(args);
    g_free(hq_sandbox_enter(HQ_ROLE_DNS));
    if (resolver)
        g_main_loop_run(loop);
    _exit(0);
}
