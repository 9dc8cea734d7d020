/* SPDX-License-Identifier: ISC */
/* A spool: where messages lie and how they are read. Each has two halves that run in different
 * processes: the layout lists and opens files, never looking inside; the parser sees descriptors,
 * never names. src/spool/spools.def has one row a spool. */
#ifndef HOPQ_SPOOL_H
#define HOPQ_SPOOL_H

#include "hopq/context.h"
#include "hopq/message.h"
#include "hopq/reason.h"
#include <stdbool.h>
#include <sys/types.h>

/* Files of one item. What each slot is, is the spool's own agreement between its halves (Postfix: 0
 * queue file, 1 defer log, 2 bounce log). */
#define HQ_ITEM_FILES 6

struct hq_item_file {
    int fd;        /* -1: none; closed by whoever holds the item */
    int32_t error; /* errno of the open, when fd is -1 and the file should be there */
    int64_t size;
    int64_t mtime; /* microseconds */
    uint32_t mode; /* st_mode */
    int64_t stamp; /* tells this file from any other that had its inode before; HQ_NONE: the file
                      system keeps no times of birth */
};

/* What the layout half finds: mostly one message, for an mbox or a listing command many. */
struct hq_item {
    const char *queue; /* "deferred", "INBOX", …; borrowed until the next call of the iterator */
    const char *id;    /* "" where only the parser knows */
    const char *ref;   /* opens it again, below the spool's root */
    bool listing;      /* the descriptor is a pipe with the output of the MTA's own listing */
    struct hq_item_file files[HQ_ITEM_FILES];
};

/* Closes the files of ITEM, which has none then. */
void hq_item_close(struct hq_item *item);

/* ---- layout half: in [spool], with its privileges ---- */

struct hq_layout; /* an open spool; each spool has its own struct behind it */

struct hq_layout_ops {
    /* Does what needs rights that are given up afterwards. NULL: nothing. */
    void (*prepare)(void);
    /* Opens the spool at PATH. NULL with ERROR (HQ_EXIT_NO_SOURCE, HQ_EXIT_DENIED). */
    struct hq_layout *(*open)(const char *path, GError **error);
    void (*close)(struct hq_layout *layout);
    /* Why PATH, a directory that the user named, is certainly no such spool, in words; NULL: it may
     * be one (also the member). */
    const char *(*why_not)(const char *path);
    /* Starts a listing from the beginning. */
    void (*rewind)(struct hq_layout *layout);
    /* What messages are not read in (enum hq_need, bits), from now on: files that tell nothing else
     * need not be opened by next(). NULL: all are opened. */
    void (*omit)(struct hq_layout *layout, unsigned parts);
    /* The next item; true with ITEM filled and its files open. An item whose file cannot be opened
     * comes with files[0].error; one that vanished meanwhile (ENOENT) is skipped. A directory that
     * cannot be read is an item with id "" and files[0].error. */
    bool (*next)(struct hq_layout *layout, struct hq_item *item);
    /* Opens one item by its ref, or by its id when it has moved on. False with errno: gone. */
    bool (*find)(struct hq_layout *layout, const char *ref, const char *id, struct hq_item *item);
    /* The refs (char *) of parts that find() opens, when REF is an item of many messages: what
     * kills the parser is looked for in them. NULL, also the member: it is one message. */
    GPtrArray *(*split)(const char *ref);
    /* Adds what the MTA's configuration tells (settings, own domains, trusted networks). May run
     * the MTA's own tool. NULL: nothing to tell. */
    void (*configure)(struct hq_layout *layout, struct hq_context *context);
    /* What of the source stays hidden from this user, in words; NULL (also the member): nothing. */
    const char *(*hidden)(const struct hq_layout *layout);
    /* Why nothing in the spool moves, in words: its daemon does not run. NULL (also the member): it
     * runs, or nobody can tell. */
    const char *(*idle)(struct hq_layout *layout);
    /* WANTED is another way to name the message ID (one of its envelopes). NULL: there is none. */
    bool (*names)(const char *id, const char *wanted);
};

/* ---- parser half: in [parse] ---- */

/* What parsers hand their messages to, and what they may use. */
struct hq_parse {
    const struct hq_context *context;
    struct hq_reasons *reasons;
    struct hq_arena *arena; /* of the message at hand; emptied after EMIT */
    const char *source;
    const char *mta;
    bool full;      /* the in-full part is wanted */
    bool want_body; /* and the body's text and parts with it */
    bool whole;     /* all of the text is wanted, whatever its size */
    unsigned omit;  /* parts that nobody wants (enum hq_need, bits): see hq_spool_omits_text() */
    /* Takes a finished message. CONTENT is the RFC 5322 message (header and, as far as read, body),
     * borrowed, NULL when there is none; EMIT decodes the summary from it, judges forwarding,
     * and in full mode adds the detail. */
    void (*emit)(struct hq_parse *parse, struct hq_message *message, const char *content,
                 size_t length);
    /* Takes a message that was finished when it was stored: a snapshot's. SOURCE and MTA are its
     * own, VIA says where it was read. */
    void (*pass)(struct hq_parse *parse, struct hq_message *message);
    /* What a stored listing tells of itself: when it was taken (else HQ_NONE), or what could not be
     * read at that time (else NULL). */
    void (*tell)(struct hq_parse *parse, int64_t taken, const char *notice);
    void *data; /* of their owner */
};

/* Reads one item; calls EMIT for every message in it, also for one that is damaged (with problems).
 * Does not close the descriptors. */
typedef void (*hq_parse_fn)(struct hq_parse *parse, const struct hq_item *item);

/* ---- the table ---- */

struct hq_spool {
    const char *scheme;                  /* "postfix": in SOURCE, and the "mta" of its messages */
    const char *title;                   /* "Postfix" */
    bool (*recognise)(const char *path); /* a bare path is one of these */
    const char *(*default_path)(void);   /* of an MTA on this machine; NULL: not there, or no MTA */
    const struct hq_layout_ops *layout;
    hq_parse_fn parse;
};

extern const struct hq_spool hq_spools[];
extern const unsigned hq_spool_count;

const struct hq_spool *hq_spool_find(const char *scheme, size_t n);

/* WANTED, as a user writes it, means the message ID of SPOOL. */
bool hq_spool_names(const struct hq_spool *spool, const char *id, const char *wanted);

/* SOURCE of the command line ("postfix:/x", a bare path, "-") to a row and a path (into SOURCE or
 * static). NULL with ERROR: no such file, or nothing that hopq knows. */
const struct hq_spool *hq_spool_resolve(const char *source, const char **path, GError **error);

#endif
