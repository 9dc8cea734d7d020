/* SPDX-License-Identifier: ISC */
/* The inside of [act]: role_act.c takes frames, act_change.c changes a batch of messages,
 * act_command.c runs the commands, act_save.c saves messages before they are deleted, act_keep.c
 * has [save] read them, act_log.c writes down what was done. */
#ifndef HOPQ_PROC_ACT_H
#define HOPQ_PROC_ACT_H

#include "proc/wire_act.h"

struct hq_child;

/* A spool that may be changed. */
struct hq_act_source {
    int64_t index;
    char *name; /* "postfix:/var/spool/postfix" */
    const struct hq_spool *spool;
    const struct hq_changer_ops *ops;
    struct hq_changer *changer;
    struct hq_layout *layout; /* opens messages that are to be saved; NULL until then */
};

/* ---- act_command.c ---- */

/* The arguments of WAY with its values put in; "{id}" stays. Caller frees with g_strfreev. */
char **hq_act_expand(const struct hq_act_source *source, const struct hq_way *way);
/* The same as a line for people, which can be pasted into a shell. Caller frees. */
char *hq_act_describe(const struct hq_act_source *source, const struct hq_way *way);

/* A command that runs. */
struct hq_act_job {
    struct hq_child *child; /* NULL: it did not start */
    int out, error;
    int lasts; /* as of its way */
};

/* How one command ended. */
struct hq_act_end {
    int status; /* exit status; -1: it did not start, or was killed */
    int error;  /* errno then */
    bool left;  /* it still runs, and goes on by itself; STATUS is 0 */
    GString *output;
    size_t at; /* of the line found last */
};

/* Starts WAY for IDS, which must fit one process. */
void hq_act_start(const struct hq_act_source *source, const struct hq_way *way,
                  const char *const *ids, unsigned count, struct hq_act_job *job);
/* Waits for its end. Caller frees with hq_act_end_free. */
struct hq_act_end *hq_act_finish(struct hq_act_job *job);
void hq_act_end_free(struct hq_act_end *end); /* NULL is fine */
/* Why one did not end by itself: "was ended by a signal". */
const char *hq_act_end_words(const struct hq_act_end *end, struct hq_arena *arena);
/* What the command said about message ID. */
const char *hq_act_words(struct hq_act_end *end, const char *id, struct hq_arena *arena);
/* How many of IDS go to one process. */
unsigned hq_act_share(const struct hq_way *way, const char *const *ids, unsigned count);

/* ---- act_change.c ---- */

/* Does what ORDER says; ANSWER's strings are ARENA's. SAVED: ids that SAVE has kept. */
void hq_act_change(const struct hq_act_source *source, const struct hq_wire_change *order,
                   GHashTable *saved, struct hq_wire_changed *answer, struct hq_arena *arena);
/* Why ORDER cannot be carried out; NULL: it can. */
const char *hq_act_refuse(const struct hq_act_source *source, const struct hq_wire_change *order);
/* Looks at the targets. MEANT takes true for those that are the messages that were chosen and that
 * VERB fits; the others get their fate. CLOSELY: they are about to be changed. */
void hq_act_look(const struct hq_act_source *source, const struct hq_wire_change *order,
                 bool closely, struct hq_look *looks, bool *meant, struct hq_wire_fate *fates);

/* ---- act_save.c ---- */

struct hq_act_save; /* the folder of one run */

/* The folder that folders of saved messages are made in. Static. */
const char *hq_act_save_base(void);
struct hq_act_save *hq_act_save_new(GError **error);
/* Makes sure that what was saved is on the disk. False with ERROR. */
bool hq_act_save_sync(struct hq_act_save *save, GError **error);
void hq_act_save_free(struct hq_act_save *save); /* NULL is fine */
const char *hq_act_save_folder(const struct hq_act_save *save);
/* Ids kept so far. */
GHashTable *hq_act_save_ids(const struct hq_act_save *save);
/* Keeps the targets of ORDER. ERROR: nothing more can be written. */
void hq_act_save_batch(struct hq_act_save *save, struct hq_act_source *source,
                       const struct hq_wire_change *order, struct hq_wire_changed *answer,
                       struct hq_arena *arena, GError **error);

/* ---- act_keep.c ---- */

/* What became of a message; a positive code is an errno, after which nothing more can be saved. */
enum { HQ_KEPT = 0, HQ_KEPT_NOT = -1, HQ_KEPT_AGAIN = -2 /* hand it over once more */ };

typedef void (*hq_act_kept_fn)(void *tag, int code, const char *words, void *data);

struct hq_act_keeper;

/* ENVELOPES, RECORDS: files that it appends to, borrowed. */
struct hq_act_keeper *hq_act_keeper_new(int envelopes, int records, hq_act_kept_fn told,
                                        void *data);
void hq_act_keeper_free(struct hq_act_keeper *keeper); /* NULL is fine */
/* Ends the process; the next message starts another. */
void hq_act_keeper_end(struct hq_act_keeper *keeper);
/* True: another message may be sent now. */
bool hq_act_keeper_has_room(const struct hq_act_keeper *keeper);
/* Has the text of ITEM's message written to TEXT, its envelope and record to the files that all
 * share. Takes over the descriptors. TOLD gets TAG. False with ERROR: nobody could be started to do
 * it. */
bool hq_act_keeper_send(struct hq_act_keeper *keeper, const struct hq_act_source *source,
                        struct hq_item *item, int text, void *tag, GError **error);
/* Sends what is packed and waits for the next answer; false: none is due. */
bool hq_act_keeper_wait(struct hq_act_keeper *keeper);

/* ---- act_log.c ---- */

/* Where things are kept when not root: $HOPQ_STATE, else $XDG_STATE_HOME/hopq. Static; NULL: root
 * without HOPQ_STATE. */
const char *hq_act_state_folder(void);
/* What was done to each target: /var/log/hopq.log, or actions.log in the state folder, and the sum
 * of it to syslog. False with ERROR when the file cannot be written. */
bool hq_act_log_open(GError **error);
const char *hq_act_log_path(void); /* static */
/* The targets that are MEANT are about to be changed: what has no line of a result after this one
 * was on its way when [act] died. */
void hq_act_log_begun(const struct hq_act_source *source, const struct hq_wire_change *order,
                      const bool *meant);
void hq_act_log(const struct hq_act_source *source, const struct hq_wire_change *order,
                const char *command, const struct hq_wire_changed *answer);

#endif
