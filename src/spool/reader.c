/* SPDX-License-Identifier: ISC */
/* From an item to finished messages: the spool's parser, then what the header tells, then in full
 * mode the trail, the verdicts and the body. A message with a check that lacks an answer waits. */
#include "hopq/reader.h"
#include "hopq/auth.h"
#include "hopq/decode.h"
#include "hopq/forward.h"
#include "hopq/org.h"
#include "hopq/spf.h"
#include "hopq/trail.h"
#include "spool/checks/checks.h"
#include "spools.h"
#include <jansson.h>
#include <string.h>
#include <time.h>

#define BODY_TEXT_MAX (256u << 10)

/* A message that waits for the DNS. */
struct waiting {
    struct hq_read_request request;
    struct hq_message *message;
    struct hq_arena *arena;
    struct hq_check_state checks;
};

struct hq_reader {
    struct hq_parse parse; /* what parsers see of us */
    struct hq_dns_cache *cache;
    hq_read_fn deliver;
    void *data;
    const struct hq_read_request *request; /* of the item at hand */
    struct hq_headers headers;
    struct hq_check_state checks; /* of the message at hand */
    GPtrArray *waiting;           /* struct waiting * */
};

static void emit(struct hq_parse *parse, struct hq_message *message, const char *content,
                 size_t length);
static void pass(struct hq_parse *parse, struct hq_message *message);
static void tell(struct hq_parse *parse, int64_t taken, const char *notice);

void hq_reader_init(void)
{
    tzset();
    hq_decode_init();
    hq_org_init();
    hq_spf_init();
    /* Both read a file at their first use: /dev/urandom; charset.alias, which g_strerror() wants.
     */
    json_object_seed(0);
    g_get_charset(NULL);
}

struct hq_reader *hq_reader_new(const struct hq_context *context, struct hq_dns_cache *cache,
                                hq_read_fn deliver, void *data)
{
    struct hq_reader *reader = g_new0(struct hq_reader, 1);

    reader->cache = cache;
    reader->deliver = deliver;
    reader->data = data;
    reader->waiting = g_ptr_array_new();
    reader->parse.context = context;
    reader->parse.reasons = hq_reasons_new();
    reader->parse.arena = hq_arena_new();
    reader->parse.emit = emit;
    reader->parse.pass = pass;
    reader->parse.tell = tell;
    reader->parse.data = reader;
    return reader;
}

static void waiting_free(struct waiting *waiting)
{
    hq_arena_free(waiting->arena);
    g_free(waiting);
}

void hq_reader_free(struct hq_reader *reader)
{
    if (!reader)
        return;
    for (guint i = 0; i < reader->waiting->len; i++)
        waiting_free(reader->waiting->pdata[i]);
    g_ptr_array_free(reader->waiting, TRUE);
    hq_headers_clear(&reader->headers);
    hq_reasons_free(reader->parse.reasons);
    hq_arena_free(reader->parse.arena);
    g_free(reader);
}

/* ---- one message ---- */

static bool wanted(const struct hq_read_request *request, const struct hq_message *message)
{
    if (!request->ids)
        return true;
    for (unsigned i = 0; request->ids[i]; i++) {
        if (message->id && hq_spool_names(request->spool, message->id, request->ids[i]))
            return true;
    }
    return false;
}

/* Signatures cover all of a message, which is at hand only now. */
static void read_signatures(struct hq_reader *reader, const struct hq_message *message,
                            const char *content, size_t length)
{
    struct hq_arena *arena = reader->parse.arena;
    bool whole =
        (reader->request->whole || length < HQ_CONTENT_MAX) && message->incomplete != HQ_YES;

    reader->checks.dkim = hq_dkim_read(&reader->headers, content, length, whole, arena);
    reader->checks.arc = hq_arc_read(&reader->headers, content, length, whole, arena);
}

static void add_detail(struct hq_reader *reader, struct hq_message *message, const char *content,
                       size_t length)
{
    struct hq_arena *arena = reader->parse.arena;

    message->detail = hq_schema_new(&hq_detail_schema, arena);
    hq_decode_headers(&reader->headers, message->detail, arena);
    hq_trail_build(&reader->headers, message, reader->parse.context, message->detail, arena);
    hq_auth_read(&reader->headers, message->detail, reader->parse.context, arena);
    read_signatures(reader, message, content, length);
    if (reader->request->want_body)
        hq_decode_body(content, length, BODY_TEXT_MAX, message->detail, arena);
}

/* True: all that is to be known about MESSAGE is known. */
static bool run_checks(const struct hq_reader *reader, const struct hq_message *message,
                       struct hq_check_state *state, struct hq_arena *arena)
{
    struct hq_check_input input = {.cache = reader->cache,
                                   .context = reader->parse.context,
                                   .message = message,
                                   .state = state};

    return !message->detail || hq_checks_run(&input, arena);
}

/* The message keeps its arena until the DNS has answered; the parser goes on with a new one. */
static void put_to_wait(struct hq_reader *reader, struct hq_message *message)
{
    struct waiting *waiting = g_new0(struct waiting, 1);

    waiting->request = *reader->request;
    waiting->message = message;
    waiting->arena = reader->parse.arena;
    waiting->checks = reader->checks;
    reader->parse.arena = hq_arena_new();
    g_ptr_array_add(reader->waiting, waiting);
    if (waiting->request.waiting)
        ++*waiting->request.waiting;
}

static void finish(struct hq_reader *reader, struct hq_message *message)
{
    const struct hq_read_request *request = reader->request;
    bool final = run_checks(reader, message, &reader->checks, reader->parse.arena);

    if (final || request->early)
        reader->deliver(message, request->tag, final, reader->data);
    if (!final)
        put_to_wait(reader, message);
}

/* Parsers stop reading at a size that no sound header reaches. What is lost must be told; a small
 * message without an empty line is merely odd. */
static void judge_cut(const struct hq_headers *headers, struct hq_message *message, size_t length,
                      struct hq_arena *arena)
{
    const size_t sound = 64u << 10;

    if (!headers->complete && length >= sound && message->size > (int64_t)length)
        hq_message_add_problem(message, arena, "header larger than %zu bytes: the rest is not read",
                               length);
}

static void emit(struct hq_parse *parse, struct hq_message *message, const char *content,
                 size_t length)
{
    struct hq_reader *reader = parse->data;

    message->source = reader->request->source;
    message->mta = reader->request->spool->scheme;
    if (!wanted(reader->request, message)) {
        hq_arena_reset(parse->arena);
        return;
    }
    reader->checks = (struct hq_check_state){0};
    if (hq_spool_omits_text(parse, message)) {
        finish(reader, message);
        hq_arena_reset(parse->arena);
        return;
    }
    if (content && reader->request->content)
        reader->request->content(content, length, reader->request->tag);
    if (content) {
        hq_headers_scan(&reader->headers, content, length);
        hq_decode_summary(&reader->headers, message, parse->arena);
        judge_cut(&reader->headers, message, length, parse->arena);
    }
    hq_forward_judge(message, content ? &reader->headers : NULL, parse->context, parse->arena);
    if (content && parse->full)
        add_detail(reader, message, content, length);
    finish(reader, message);
    hq_arena_reset(parse->arena);
}

static void pass(struct hq_parse *parse, struct hq_message *message)
{
    struct hq_reader *reader = parse->data;

    if (wanted(reader->request, message))
        reader->deliver(message, reader->request->tag, true, reader->data);
    hq_arena_reset(parse->arena);
}

static void tell(struct hq_parse *parse, int64_t taken, const char *notice)
{
    struct hq_reader *reader = parse->data;

    if (reader->request->tell)
        reader->request->tell(taken, notice, reader->data);
}

void hq_reader_read(struct hq_reader *reader, const struct hq_read_request *request,
                    const struct hq_item *item)
{
    reader->request = request;
    reader->parse.source = request->source;
    reader->parse.mta = request->spool->scheme;
    reader->parse.full = request->full;
    reader->parse.want_body = request->want_body;
    reader->parse.whole = request->whole;
    reader->parse.omit = request->omit;
    if (item->files[0].fd < 0 && item->files[0].error) /* it is in the queue all the same */
        emit(&reader->parse, hq_spool_message(&reader->parse, item), NULL, 0);
    else
        request->spool->parse(&reader->parse, item);
    reader->request = NULL;
}

void hq_reader_wake(struct hq_reader *reader)
{
    for (guint i = 0; i < reader->waiting->len;) {
        struct waiting *waiting = reader->waiting->pdata[i];
        if (!run_checks(reader, waiting->message, &waiting->checks, waiting->arena)) {
            i++;
            continue;
        }
        g_ptr_array_remove_index_fast(reader->waiting, i);
        if (waiting->request.waiting)
            --*waiting->request.waiting;
        reader->deliver(waiting->message, waiting->request.tag, true, reader->data);
        waiting_free(waiting);
    }
}
