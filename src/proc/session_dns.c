/* SPDX-License-Identifier: ISC */
/* DNS questions on their way. */
#include "proc/session_dns.h"

#define WATCH_PAUSE 500 /* milliseconds */

struct hq_questions {
    GHashTable *askers; /* "16 example.com" → bits of those who wait for it */
    gint64 heard;       /* when [dns] last had nothing to do, or said something */
    gint64 patience;    /* microseconds like the former */
    void (*hangs)(void *data);
    void *data;
    guint watch;
};

struct hq_questions *hq_questions_new(gint64 patience, void (*hangs)(void *data), void *data)
{
    struct hq_questions *questions = g_new0(struct hq_questions, 1);

    questions->askers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    questions->patience = patience;
    questions->hangs = hangs;
    questions->data = data;
    return questions;
}

void hq_questions_free(struct hq_questions *questions)
{
    if (questions->watch)
        g_source_remove(questions->watch);
    g_hash_table_destroy(questions->askers);
    g_free(questions);
}

static char *key_of(const struct hq_wire_question *question)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", question->type, question->name);
}

/* A [dns] that hangs must not hold the messages that wait for it. */
static gboolean watch(gpointer data)
{
    struct hq_questions *questions = data;

    if (g_hash_table_size(questions->askers) == 0) {
        questions->watch = 0;
        return G_SOURCE_REMOVE;
    }
    if (g_get_monotonic_time() - questions->heard > questions->patience) {
        questions->heard = g_get_monotonic_time();
        questions->hangs(questions->data);
    }
    return G_SOURCE_CONTINUE;
}

static void send(struct hq_channel *dns, const struct hq_wire_question *question)
{
    if (dns)
        hq_wire_send(dns, HQ_WIRE_QUESTION, &hq_wire_question_schema, question);
}

void hq_questions_ask(struct hq_questions *questions, const struct hq_wire_question *question,
                      unsigned asker, struct hq_channel *dns)
{
    char *key = key_of(question);
    guint askers = GPOINTER_TO_UINT(g_hash_table_lookup(questions->askers, key));

    if (g_hash_table_size(questions->askers) == 0)
        questions->heard = g_get_monotonic_time();
    if (!questions->watch)
        questions->watch = g_timeout_add(WATCH_PAUSE, watch, questions);
    g_hash_table_replace(questions->askers, key, GUINT_TO_POINTER(askers | 1u << asker));
    if (!askers)
        send(dns, question);
}

uint32_t hq_questions_settle(struct hq_questions *questions, const struct hq_wire_question *answer)
{
    g_autofree char *key = key_of(answer);
    guint askers = GPOINTER_TO_UINT(g_hash_table_lookup(questions->askers, key));

    questions->heard = g_get_monotonic_time();
    g_hash_table_remove(questions->askers, key);
    return askers;
}

void hq_questions_repeat(struct hq_questions *questions, struct hq_channel *dns)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, questions->askers);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        struct hq_wire_question question = {.status = HQ_DNS_OK};
        char *name;
        question.type = g_ascii_strtoll(key, &name, 10);
        question.name = name + 1;
        send(dns, &question);
    }
}

void hq_questions_forget(struct hq_questions *questions)
{
    g_hash_table_remove_all(questions->askers);
}
