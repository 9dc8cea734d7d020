/* SPDX-License-Identifier: ISC */
/* [parse]: reads every hostile byte, with nothing in its hands but the descriptors it is given.
 * Batches of items come from [spool]; finished messages and DNS questions go to the front. */
#include "hopq/log.h"
#include "hopq/reader.h"
#include "hopq/spf.h"
#include "proc/parse_log.h"
#include "proc/sandbox.h"
#include "proc/wire.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HOPQ_SANITIZED
#define SECONDS_A_BATCH 300
#else
#define SECONDS_A_BATCH 15
#endif

/* A place that messages come from, as [spool] told. */
struct source {
    const struct hq_spool *spool;
    char *name;
    struct hq_context *context;
    struct hq_reader *reader;
};

/* A batch that has come; it is done when all its items are read and none waits for the DNS. */
struct batch {
    int64_t number;
    bool scan;
    unsigned waiting;
    struct hq_arena *arena; /* of the decoded record, whose strings the readers borrow */
};

static struct hq_channel *front;
static struct hq_channel *spool;
static struct hq_dns_cache *cache;
static GPtrArray *sources; /* struct source *, by index; with holes */
static GPtrArray *batches; /* struct batch * */
static GByteArray *encoded;
static struct hq_wire_check *check; /* asked for, not answered; in CHECK_ARENA */
static struct hq_arena *check_arena;

static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    (void)data;
    _exit(0); /* nobody is left to work for */
}

/* ---- DNS ---- */

static void ask_questions(void)
{
    struct hq_wire_question question = {.status = HQ_DNS_OK};
    enum hq_dns_type type;

    while (hq_dns_cache_take_question(cache, &question.name, &type)) {
        question.type = type;
        hq_wire_send(front, HQ_WIRE_QUESTION, &hq_wire_question_schema, &question);
    }
}

/* ---- batches ---- */

static void finish_batches(void)
{
    for (guint i = 0; i < batches->len;) {
        struct batch *batch = batches->pdata[i];
        if (batch->waiting) {
            i++;
            continue;
        }
        hq_wire_send_number(front, HQ_WIRE_DONE, batch->number);
        hq_arena_free(batch->arena);
        g_free(batch);
        g_ptr_array_remove_index_fast(batches, i);
    }
}

/* A listing that failed gives no message, only words. */
static bool is_nameless(const struct hq_message *message)
{
    return (!message->id || !*message->id) && !message->sender && message->problem_count;
}

static void tell_nameless(const struct hq_message *message)
{
    g_autofree char *text =
        g_strdup_printf("read: %s: %s", message->source, message->problems[0].what);

    hq_wire_send_text(front, HQ_WIRE_NOTICE, text);
}

static void deliver(const struct hq_message *message, void *tag, bool last, void *data)
{
    const struct batch *batch = tag;
    struct hq_wire_result result = {batch->number, batch->scan};

    (void)last;
    (void)data;
    if (is_nameless(message)) {
        tell_nameless(message);
        return;
    }
    g_byte_array_set_size(encoded, 0);
    hq_schema_encode(&hq_message_schema, message, encoded);
    hq_channel_send(front, HQ_WIRE_MESSAGE, &hq_wire_result_schema, &result, encoded->data,
                    encoded->len, NULL, 0);
}

static void tell(int64_t taken, const char *notice, void *data)
{
    (void)data;
    if (taken != HQ_NONE)
        hq_wire_send_number(front, HQ_WIRE_TAKEN, taken);
    if (notice)
        hq_wire_send_text(front, HQ_WIRE_NOTICE, notice);
}

/* The batch's list of wanted ids, NULL-terminated; NULL: all. */
static const char *const *wanted_ids(const struct hq_wire_batch *wire, struct hq_arena *arena)
{
    if (wire->id_count == 0)
        return NULL;
    const char **ids = hq_arena_alloc(arena, (wire->id_count + 1) * sizeof *ids);
    for (uint32_t i = 0; i < wire->id_count; i++)
        ids[i] = wire->ids[i];
    return ids;
}

static struct source *find_source(int64_t index)
{
    return index >= 0 && index < sources->len ? sources->pdata[index] : NULL;
}

static void read_item(struct batch *batch, const struct hq_wire_batch *wire, uint32_t i,
                      struct hq_item *item)
{
    struct source *source = find_source(wire->items[i].source);
    if (!source)
        return;
    struct hq_read_request request = {
        .spool = source->spool,
        .source = source->name,
        .full = wire->full == HQ_YES,
        .want_body = wire->want_body == HQ_YES,
        .omit = (unsigned)wire->omit,
        .early = wire->scan != HQ_YES,
        .tell = wire->scan == HQ_YES ? tell : NULL,
        .ids = wanted_ids(wire, batch->arena),
        .waiting = &batch->waiting,
        .tag = batch,
    };
    hq_reader_read(source->reader, &request, item);
}

static void read_items(struct batch *batch, const struct hq_wire_batch *wire,
                       struct hq_frame *frame)
{
    unsigned taken = 0;

    for (uint32_t i = 0; i < wire->item_count; i++) {
        struct hq_item item;
        int n = hq_wire_unpack_item(&item, &wire->items[i], frame->fds + taken,
                                    frame->fd_count - taken);
        if (n < 0)
            _exit(EXIT_FAILURE); /* descriptors were lost on the way: start afresh */
        taken += (unsigned)n;
        read_item(batch, wire, i, &item);
        hq_item_close(&item);
    }
}

/* Work that takes too long ends us by a signal, and by that the item is found out. */
static void begin_work(void)
{
    hq_channel_cork(front);
    hq_sandbox_bound_work(SECONDS_A_BATCH);
}

static void end_work(void)
{
    hq_sandbox_bound_work(0);
    ask_questions();
    finish_batches();
    hq_channel_uncork(front);
}

static void on_batch(struct hq_frame *frame)
{
    struct batch *batch = g_new0(struct batch, 1);

    batch->arena = hq_arena_new();
    const struct hq_wire_batch *wire = hq_frame_record(frame, &hq_wire_batch_schema, batch->arena);
    g_assert(wire);
    batch->number = wire->number;
    batch->scan = wire->scan == HQ_YES;
    g_ptr_array_add(batches, batch);
    begin_work();
    read_items(batch, wire, frame);
    end_work();
}

static void on_source(struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_source *wire = hq_frame_record(frame, &hq_wire_source_schema, arena);
    g_assert(wire && wire->index >= 0 && wire->index < G_MAXUINT16);
    struct source *source = g_new0(struct source, 1);

    source->spool = hq_spool_find(wire->scheme, strlen(wire->scheme));
    source->name = g_strdup(wire->name);
    source->context = hq_wire_unpack_context(wire);
    source->reader = hq_reader_new(source->context, cache, deliver, NULL);
    if (sources->len <= wire->index)
        g_ptr_array_set_size(sources, (gint)wire->index + 1);
    sources->pdata[wire->index] = source;
    hq_arena_free(arena);
}

static void on_spool_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    (void)channel;
    (void)data;
    if (frame->type == HQ_WIRE_SOURCE)
        on_source(frame);
    else if (frame->type == HQ_WIRE_BATCH)
        on_batch(frame);
    else if (frame->type == HQ_WIRE_LOG)
        hq_parse_log(frame, front);
}

/* ---- the front ---- */

static void try_check(void)
{
    if (!check)
        return;
    struct hq_spf *spf = hq_schema_new(&hq_spf_schema, check_arena);
    if (!hq_spf_check(cache, check->ip, check->helo, check->sender, NULL, spf, check_arena))
        return;
    hq_wire_send(front, HQ_WIRE_VERDICT, &hq_spf_schema, spf);
    check = NULL;
    hq_arena_reset(check_arena);
}

static void go_on(void)
{
    begin_work();
    for (guint i = 0; i < sources->len; i++) {
        struct source *source = sources->pdata[i];
        if (source)
            hq_reader_wake(source->reader);
    }
    try_check();
    end_work();
}

static void on_answer(struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_question *answer = hq_frame_record(frame, &hq_wire_question_schema, arena);

    if (answer && answer->name)
        hq_dns_cache_put(cache, answer->name, (enum hq_dns_type)answer->type,
                         (enum hq_dns_status)answer->status, frame->blob, frame->blob_length);
    hq_arena_free(arena);
    go_on();
}

static void on_no_dns(struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_text *why = hq_frame_record(frame, &hq_wire_text_schema, arena);

    hq_dns_cache_close(cache, why && why->text ? why->text : HQ_DNS_OFF);
    hq_arena_free(arena);
    go_on();
}

static void on_front_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    (void)channel;
    (void)data;
    if (frame->type == HQ_WIRE_ANSWER) {
        on_answer(frame);
    } else if (frame->type == HQ_WIRE_DNS_OFF) {
        on_no_dns(frame);
    } else if (frame->type == HQ_WIRE_CHECK) {
        check = hq_frame_record(frame, &hq_wire_check_schema, check_arena);
        go_on();
    }
}

void hq_role_parse(char **args)
{
    static const struct hq_channel_events front_events = {on_front_frame, on_closed, false};
    static const struct hq_channel_events spool_events = {on_spool_frame, on_closed, true};
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);

    (void)args;
    hq_log_init();           /* knows the zone */
    setenv("TZ", "UTC0", 1); /* localtime() must not look for a file */
    hq_reader_init();
    cache = hq_dns_cache_new();
    sources = g_ptr_array_new();
    batches = g_ptr_array_new();
    encoded = g_byte_array_new();
    check_arena = hq_arena_new();
    front = hq_channel_new(HQ_HELPER_FD, &front_events, NULL);
    spool = hq_channel_new(HQ_HELPER_FD + 1, &spool_events, NULL);
    char *words = hq_sandbox_enter(HQ_ROLE_PARSE);
    hq_wire_send_text(front, HQ_WIRE_HELLO, words);
    g_free(words);
    g_main_loop_run(loop);
    _exit(0);
}
