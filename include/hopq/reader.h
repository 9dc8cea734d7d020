/* SPDX-License-Identifier: ISC */
/* A reader: items in, finished messages out. Drives a spool's parser and the analysis behind it,
 * and keeps the messages whose SPF check waits for the DNS. What [parse] and the test harness
 * share. */
#ifndef HOPQ_READER_H
#define HOPQ_READER_H

#include "hopq/dns.h"
#include "hopq/spool.h"

struct hq_reader;

struct hq_read_request {
    const struct hq_spool *spool;
    const char *source; /* outlives the request */
    bool full;
    bool want_body;
    bool whole;    /* the message's text without a limit, for CONTENT */
    unsigned omit; /* parts that nobody wants (enum hq_need, bits) */
    /* Takes the text before the message is delivered, valid during the call; NULL: nobody wants
     * it. */
    void (*content)(const char *bytes, size_t n, void *tag);
    bool early; /* deliver at once, and again when the DNS has answered */
    /* What a stored listing tells of itself, as in struct hq_parse. NULL: nobody listens. */
    void (*tell)(int64_t taken, const char *notice, void *data);
    const char *const *ids; /* NULL: all */
    unsigned *waiting;      /* counts the messages of this request that wait for the DNS, or NULL */
    void *tag;              /* handed back with every message */
};

/* MESSAGE is valid during the call only. LAST: no later version of this one will come. */
typedef void (*hq_read_fn)(const struct hq_message *message, void *tag, bool last, void *data);

/* CONTEXT and CACHE are borrowed; context may be filled further between reads. */
struct hq_reader *hq_reader_new(const struct hq_context *context, struct hq_dns_cache *cache,
                                hq_read_fn deliver, void *data);
void hq_reader_free(struct hq_reader *reader);

void hq_reader_read(struct hq_reader *reader, const struct hq_read_request *request,
                    const struct hq_item *item);
/* DNS answers came in: runs the waiting checks again. */
void hq_reader_wake(struct hq_reader *reader);

/* Everything that must be loaded before a sandbox closes: charsets, public suffixes, time zone. */
void hq_reader_init(void);

#endif
