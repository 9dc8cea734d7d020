/* SPDX-License-Identifier: ISC */
/* A board's inside: made in board.c by the keys of board_key.c, judged in board_judge.c. */
#ifndef HOPQ_STORE_BOARD_INTERNAL_H
#define HOPQ_STORE_BOARD_INTERNAL_H

#include "store/board.h"

struct hq_board {
    struct hq_arena *arena; /* groups and domains */
    GPtrArray *groups;
    GHashTable *index;     /* the groups by themselves: their key */
    struct hq_group *last; /* that something was put into */
    enum hq_board_key key;
    int64_t now;
    const char *diagnosis;
    bool diagnosed;
};

/* What is going into a group. */
struct hq_board_member {
    const struct hq_message *message;
    const struct hq_recipient *recipient; /* NULL: the message has none (yet) */
};

/* No domain is longer than 255 bytes. */
#define HQ_BOARD_KEY_SIZE 256

/* Fills the members of PROBE that KEY goes by; they point into MEMBER, to constants, or to BUF. */
void hq_board_key(enum hq_board_key key, const struct hq_board_member *member,
                  struct hq_group *probe, char buf[HQ_BOARD_KEY_SIZE]);

/* Of a board's table of groups: by those members. */
guint hq_group_hash(gconstpointer key);
gboolean hq_group_equal(gconstpointer a, gconstpointer b);

#endif
