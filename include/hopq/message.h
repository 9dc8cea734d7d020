/* SPDX-License-Identifier: ISC */
/* The model: a message in a queue or a mailbox, its recipients, and why they still wait.
 *
 * Strings are the bytes of the mail, NUL-terminated (hq_arena_dup), not made safe, NULL where
 * unknown. Times and spans are microseconds, HQ_NONE where unknown. Everything belongs to the
 * arena that the message was read into and is const for all but its maker. */
#ifndef HOPQ_MESSAGE_H
#define HOPQ_MESSAGE_H

#include "hopq/schema.h"
#include "hopq/time.h"
#include <stdint.h>

enum hq_tri { HQ_UNKNOWN = -1, HQ_NO = 0, HQ_YES = 1 };

/* The parts of a message that cost something to read, for those who can do without some. Bits. */
enum hq_need {
    HQ_NEED_ENVELOPE = 0, /* always: sender, recipients, arrival, size, who handed it over */
    HQ_NEED_TEXT = 1,     /* what its header tells */
    HQ_NEED_REPLIES = 2,  /* what attempts came to, and when they go on and end */
    HQ_NEED_DETAIL = 4    /* the in-full part */
};

enum hq_phase {
    HQ_PHASE_UNKNOWN,
    HQ_PHASE_CONNECT,
    HQ_PHASE_GREETING,
    HQ_PHASE_HELO,
    HQ_PHASE_STARTTLS,
    HQ_PHASE_AUTH,
    HQ_PHASE_MAIL,
    HQ_PHASE_RCPT,
    HQ_PHASE_DATA,
    HQ_PHASE_END_OF_DATA,
    HQ_PHASE_LOCAL,
    HQ_PHASE_COUNT
};

/* Reason categories: the 24 of hopq(1), in its order. NONE is "no reason stored". */
enum hq_category {
    HQ_CATEGORY_NONE,
    HQ_CATEGORY_THROTTLED,
    HQ_CATEGORY_GREYLIST,
    HQ_CATEGORY_DNSBL,
    HQ_CATEGORY_REPUTATION,
    HQ_CATEGORY_SPAM,
    HQ_CATEGORY_VIRUS,
    HQ_CATEGORY_POLICY,
    HQ_CATEGORY_AUTH_FAIL,
    HQ_CATEGORY_SENDER_BAD,
    HQ_CATEGORY_PTR_HELO,
    HQ_CATEGORY_USER_UNKNOWN,
    HQ_CATEGORY_MAILBOX_DISABLED,
    HQ_CATEGORY_MAILBOX_FULL,
    HQ_CATEGORY_TOO_LARGE,
    HQ_CATEGORY_FORMAT,
    HQ_CATEGORY_RELAY_DENIED,
    HQ_CATEGORY_AUTH_REQUIRED,
    HQ_CATEGORY_TLS,
    HQ_CATEGORY_DNS_TEMP,
    HQ_CATEGORY_NO_DOMAIN,
    HQ_CATEGORY_NETWORK,
    HQ_CATEGORY_REMOTE_ERROR,
    HQ_CATEGORY_LOCAL_ERROR,
    HQ_CATEGORY_UNKNOWN,
    HQ_CATEGORY_COUNT
};

enum hq_fault {
    HQ_FAULT_UNKNOWN,
    HQ_FAULT_US,
    HQ_FAULT_RECIPIENT,
    HQ_FAULT_REMOTE,
    HQ_FAULT_NETWORK,
    HQ_FAULT_DNS,
    HQ_FAULT_TLS,
    HQ_FAULT_COUNT
};

/* Does waiting help? COND: only after a change. */
enum hq_wait { HQ_WAIT_UNKNOWN, HQ_WAIT_YES, HQ_WAIT_COND, HQ_WAIT_NO, HQ_WAIT_COUNT };

enum hq_state {
    HQ_STATE_UNKNOWN,
    HQ_STATE_QUEUED, /* not tried yet, or being tried for the first time */
    HQ_STATE_DEFERRED,
    HQ_STATE_DELIVERED,
    HQ_STATE_FAILED,
    HQ_STATE_HELD,
    HQ_STATE_EXPIRED,
    HQ_STATE_COUNT
};

/* What a reply means: shared by all replies that are equal but for addresses, names and numbers. */
struct hq_reason_kind {
    const char *masked;   /* the text with addresses, IPs, ids and numbers replaced */
    int64_t code;         /* SMTP reply code */
    const char *enhanced; /* RFC 3463, "4.7.0" */
    uint8_t phase;        /* enum hq_phase */
    uint8_t category;     /* enum hq_category */
    const char *provider; /* "bt", "gmail", …: who runs the relay */
    uint8_t fault;        /* enum hq_fault */
    uint8_t wait;         /* enum hq_wait */
    const char *advice;   /* one line: what to do */
};

struct hq_reason {
    const char *text;                  /* verbatim, as the MTA stored it */
    const struct hq_reason_kind *kind; /* never NULL */
    const char *relay;                 /* host that answered or failed */
    const char *relay_ip;
};

/* Has the sender been told that the message is late? NEVER: nor will it be. */
enum hq_warned {
    HQ_WARNED_UNKNOWN,
    HQ_WARNED_NOT_YET,
    HQ_WARNED_YES,
    HQ_WARNED_NEVER,
    HQ_WARNED_COUNT
};

struct hq_recipient {
    const char *id; /* of its own envelope, where the MTA has one for each (OpenSMTPD) */
    const char *address;
    const char *original; /* as it came in, NULL when it is the same or not stored */
    uint8_t state;        /* enum hq_state */
    int64_t last_attempt;
    int64_t attempts;
    int64_t next_attempt;
    int64_t expires;
    uint8_t warned;                 /* enum hq_warned */
    int64_t warning;                /* when the sender is told, the next time */
    const struct hq_reason *reason; /* NULL: none stored */
};

/* Who handed us the message: the envelope's own words, not the headers'. */
struct hq_client {
    const char *ip;
    const char *name; /* reverse name that the MTA looked up; NULL when it found none */
    const char *helo;
    const char *protocol;
    const char *auth; /* authenticated user */
};

struct hq_forwarded {
    int8_t is; /* enum hq_tri */
    const char *original;
    const char *const *evidence;
    uint32_t evidence_count;
};

/* Something about this message that could not be read or is damaged. */
struct hq_problem {
    const char *what;
};

struct hq_detail;

struct hq_message {
    const char *source; /* "postfix:/var/spool/postfix" */
    const char *via;    /* the source it was read from, when that is another: a snapshot; NULL */
    const char *mta;    /* name of the row in spools.def */
    const char *id;     /* queue id, or what the spool has for one */
    const char *queue;  /* "deferred", "hold", …; folder of a mailbox */
    const char *ref;    /* how [spool] finds it again; opaque to all others */
    int64_t stamp;      /* of a file that lives as long as the message does (struct hq_item_file):
                           with it an id that is used again is known for another message */
    int64_t arrived;
    int64_t size;
    const char *sender; /* "" is the null sender <>: a bounce */
    struct hq_client client;
    struct hq_recipient *recipients;
    uint32_t recipient_count;
    const char *subject; /* this and the following: decoded from the header */
    const char *from;
    const char *to;
    int64_t date;
    const char *message_id;
    const char *script; /* that made it, by the header that its host wrote: "33:mailer.php" */
    struct hq_forwarded forwarded;
    int8_t incomplete; /* HQ_YES: the MTA is still writing it */
    struct hq_problem *problems;
    uint32_t problem_count;
    struct hq_detail *detail; /* NULL until asked for: hopq/detail.h */
};

extern const struct hq_schema hq_message_schema;
extern const struct hq_schema hq_recipient_schema;
extern const struct hq_schema hq_reason_schema;

/* Names of the enums as users write them ("end-of-data", "auth-fail"); index 0 may be NULL. */
extern const char *const hq_phase_names[HQ_PHASE_COUNT];
extern const char *const hq_phase_words[HQ_PHASE_COUNT]; /* to be read: "at MAIL FROM" */
extern const char *const hq_category_names[HQ_CATEGORY_COUNT];
extern const char *const hq_fault_names[HQ_FAULT_COUNT];
extern const char *const hq_wait_names[HQ_WAIT_COUNT];
extern const char *const hq_state_names[HQ_STATE_COUNT];
extern const char *const hq_warned_names[HQ_WARNED_COUNT];

/* Index of NAME in NAMES, -1 when it is none. NAME may be NULL. */
int hq_name_find(const char *const *names, unsigned count, const char *name);

/* A message with everything unknown. */
struct hq_message *hq_message_new(struct hq_arena *arena);
/* Appends to the arrays (they grow in the arena by doubling; the maker's tool). The recipient is
 * returned with everything unknown. */
struct hq_recipient *hq_message_add_recipient(struct hq_message *message, struct hq_arena *arena);
void hq_message_add_problem(struct hq_message *message, struct hq_arena *arena, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

/* The domain of an address ("b.example" of "a@b.example" or of "<@x:a@b.example>"), lower case not
 * applied; NULL when there is none. Points into ADDRESS, ends before a closing ">": LENGTH. */
const char *hq_address_domain(const char *address, size_t *length);

#endif
