/* SPDX-License-Identifier: ISC */
/* A board's inside: made in board.c, judged in board_judge.c. */
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

#endif
