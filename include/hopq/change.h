/* SPDX-License-Identifier: ISC */
/* How a spool's messages are changed: only by the MTA's own tools, told by a table. The changing
 * half of a spool runs in [act] (src/proc/role_act.c), which keeps the rights of whoever started
 * hopq; it looks at names and inodes, never inside a message. src/spool/FOO/change.c has one table
 * each; src/spool/changers.def one row each. */
#ifndef HOPQ_CHANGE_H
#define HOPQ_CHANGE_H

#include "hopq/arena.h"
#include "hopq/message.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum hq_verb {
    HQ_VERB_HOLD,    /* no attempt is made until it is released */
    HQ_VERB_RELEASE, /* the opposite */
    HQ_VERB_FLUSH,   /* try to deliver now */
    HQ_VERB_EXPIRE,  /* give up and bounce now */
    HQ_VERB_REQUEUE, /* take in anew: routing and rewriting are done again */
    HQ_VERB_DELETE,  /* gone without a bounce */
    HQ_VERB_COUNT
};

/* "hold", …: names of --act. */
extern const char *const hq_verb_names[HQ_VERB_COUNT];
/* VERB makes a delivery attempt, which counts against us where the destination counts attempts. */
bool hq_verb_tries(enum hq_verb verb);

/* What a command is given. There is no "all for one domain": where MTAs have that, it matches
 * substrings (Exim, Sendmail) or works only for domains that were configured for it (Postfix), and
 * hopq touches nothing but what was chosen. */
enum hq_scope {
    HQ_SCOPE_IDS,  /* messages by their ids: every verb that can be done has this one */
    HQ_SCOPE_MANY, /* the same, where a process for each would take too long */
    HQ_SCOPE_ALL,  /* one queue run, when all that VERB applies to was chosen. It may try what has
                      come meanwhile, so only verbs that try have it */
    HQ_SCOPE_COUNT
};

enum hq_feed {
    HQ_FEED_ARGS, /* an argument with "{id}" in it is repeated for each id */
    HQ_FEED_INPUT /* ids on standard input, a line each */
};

/* Where a message is, as far as names and inodes tell. */
struct hq_look {
    const char *queue; /* static; NULL: not in the spool */
    int64_t stamp;     /* of struct hq_item_file, of the file that the scan took the message's stamp
                          from; HQ_NONE: the file system keeps no times of birth */
    int64_t mtime;     /* of the file that shows when something was done; HQ_NONE: there is none */
    uint32_t mode;     /* permissions of that file, or bits of the spool's own */
    bool busy;         /* the MTA is at work on it, as its lock tells; false where not known */
    struct hq_mark {
        uint8_t length; /* 0: there is none */
        int type;
        unsigned char bytes[32];
    } mark; /* the spool's own, for GONE of struct hq_changer_ops */
};

struct hq_changer; /* an open spool; each spool has its own struct behind it */

/* One verb in one scope: refused in words, or a command, or a function. All zero: the MTA has
 * nothing of this scope. Texts are static. */
struct hq_way {
    const char *refusal; /* "Sendmail cannot …": why it is never possible; NULL: it is */
    /* Absolute path and arguments, NULL-terminated. "{id}" in an argument: see FEED. An argument
     * "{name}" is the spool's value of that name; where there is none, it is left out with the one
     * before it ("-c" "{config}"). */
    const char *argv[8];
    uint8_t feed;   /* enum hq_feed; of HQ_SCOPE_IDS */
    uint32_t batch; /* most ids for one process, 0: 1000; ARG_MAX is respected in any case. With
                       OWN: messages between two looks at whether the user wants to stop */
    bool root;      /* only root may run it */
    uint32_t lasts; /* milliseconds; it makes the attempts itself, which may take hours: after this
                       it is left to itself, and what it was given counts as done. 0: it is ended
                       when it has said nothing for two minutes */
    /* Instead of ARGV, where the MTA has no tool: changes one message, which has just been looked
     * at. False with WHY. It must hold the MTA's own lock while it does. */
    bool (*own)(struct hq_changer *changer, const char *id, GString *why);
    const char *words; /* what OWN does, for the plan: "removes qf and df of {id} under …" */
    const struct hq_way *then; /* run after it, for the ids of which this one is done */
    const char *note;          /* for the user to know before: "no bounce is sent"; NULL: nothing */
};

enum hq_seen {
    HQ_SEEN_DONE,
    HQ_SEEN_NOT,   /* it is as it was */
    HQ_SEEN_UNSURE /* the spool does not show it: the exit status decides */
};

/* What became of one message. */
enum hq_fate {
    HQ_FATE_DONE,
    HQ_FATE_FAILED,
    HQ_FATE_GONE,    /* it was not in the queue any more: nothing was done */
    HQ_FATE_REUSED,  /* another message has its id now: nothing was done */
    HQ_FATE_REFUSED, /* makes no sense for it, or it could not be saved before: nothing was done */
    HQ_FATE_NOT_RUN, /* it did not come to that */
    HQ_FATE_COUNT
};

/* "done", …, as in JSON. */
extern const char *const hq_fate_names[HQ_FATE_COUNT];

struct hq_changer_ops {
    /* What must be done once, before anything is opened. NULL: nothing. */
    void (*prepare)(void);
    /* Opens the spool at PATH for changes: only one that an MTA of this machine works in. NULL with
     * ERROR otherwise ("no Postfix works in this queue"): a copy is never changed. */
    struct hq_changer *(*open)(const char *path, GError **error);
    void (*close)(struct hq_changer *changer);
    /* ID can be a queue id here, by the MTA's own grammar, and no word that its tools take for
     * something else ("ALL", "-x"). Nothing else ever gets into an argument list. */
    bool (*id_ok)(const char *id);
    /* ID is never used again, as it contains the time in full: then it alone identifies a message
     * where the file system keeps no times of birth. NULL: ids are used again. */
    bool (*unique)(const char *id);
    /* Value of "{config}" and the like; NULL (also the member): none, the argument is left out. */
    const char *(*value)(struct hq_changer *changer, const char *name);
    /* Why VERB makes no sense for a message in QUEUE ("is on hold already"); NULL: it does. QUEUE
     * is a message's "queue" member. */
    const char *(*unfit)(enum hq_verb verb, const char *queue);
    /* The same by what a scan knows of MESSAGE and its queue does not tell, where to ask for it
     * again would take as long as the change. Only for a plan. NULL: there is no such. */
    const char *(*needless)(enum hq_verb verb, const struct hq_message *message);
    /* Called before each round of looks at a batch, before VERB and AFTER it, with COUNT of IDS:
     * asks what a look at files does not tell. NULL: nothing. */
    void (*begin)(struct hq_changer *changer, enum hq_verb verb, bool after, const char *const *ids,
                  unsigned count);
    /* Looks for message ID everywhere in the spool. */
    void (*look)(struct hq_changer *changer, const char *id, struct hq_look *look);
    /* True: the file of the look BEFORE is gone, under whatever name. False: it is there, or only a
     * look can tell. NULL: that is always so. */
    bool (*gone)(struct hq_changer *changer, const struct hq_look *before);
    /* Whether VERB has been done, by looks before and after. */
    enum hq_seen (*judge)(enum hq_verb verb, const struct hq_look *before,
                          const struct hq_look *after);
    struct hq_way ways[HQ_VERB_COUNT][HQ_SCOPE_COUNT];
};

struct hq_changer_row {
    const char *scheme; /* as in spools.def */
    const struct hq_changer_ops *ops;
};

extern const struct hq_changer_row hq_changers[];
extern const unsigned hq_changer_count;

/* NULL: nothing of this scheme is ever changed (mailboxes, files). */
const struct hq_changer_ops *hq_changer_find(const char *scheme);

#endif
