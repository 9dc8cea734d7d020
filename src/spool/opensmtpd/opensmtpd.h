/* SPDX-License-Identifier: ISC */
/* What the halves of the OpenSMTPD spool, and the parts of its parser, share. */
#ifndef HOPQ_SPOOL_OPENSMTPD_H
#define HOPQ_SPOOL_OPENSMTPD_H

#include "envelope.h"
#include "pack.h"
#include "spool/spools.h"

/* Files of an item. In offline/ there is only the first, the file itself. */
enum hq_smtpd_file {
    HQ_SMTPD_ENVELOPES, /* a pack */
    HQ_SMTPD_MESSAGE,
    HQ_SMTPD_STATES /* lines of "smtpctl show queue"; mtime is when it was asked */
};

/* Where smtpd's queue and socket are: compiled in, so there is one a machine. */
#define HQ_SMTPD_SPOOL "/var/spool/smtpd"

/* Digits of ids, of which the first eight of an envelope's are its message's. */
#define HQ_SMTPD_MESSAGE_ID  8
#define HQ_SMTPD_ENVELOPE_ID 16

/* S is N lower-case hexadecimal digits and nothing else. */
bool hq_smtpd_id_ok(const char *s, size_t n);

/* A file of offline/: what sendmail(1) was given while smtpd did not run. */
void hq_smtpd_offline_parse(struct hq_parse *parse, const struct hq_item *item);

/* What smtpd's scheduler knows of an envelope and no file does. */
struct hq_smtpd_state {
    bool suspended; /* "smtpctl pause envelope" */
    int64_t next;   /* microseconds; HQ_NONE: it is being tried */
    int64_t tried;  /* when the attempt that is under way began; HQ_NONE: there is none */
};

struct hq_smtpd_states; /* lines by the ids of their envelopes */

/* Reads the lines in FILE; NULL when there are none. */
struct hq_smtpd_states *hq_smtpd_states_read(const struct hq_item_file *file);
void hq_smtpd_states_free(struct hq_smtpd_states *states);
/* The state of the envelope ID; false: no line is about it. STATES may be NULL. */
bool hq_smtpd_states_find(const struct hq_smtpd_states *states, const char *id,
                          const struct hq_smtpd_envelope *envelope, struct hq_smtpd_state *state);

#endif
