/* SPDX-License-Identifier: ISC */
/* Configuration of the Exim on this machine, asked from itself ("exim -bP"). */
#ifndef HOPQ_SPOOL_EXIM_CONFIG_H
#define HOPQ_SPOOL_EXIM_CONFIG_H

#include "hopq/spool.h"
#include "spool/child.h"

/* Asks Exim once, if there is one: what it says to root it does not say to the user that [spool]
 * becomes. */
void hq_ex_config_find(void);

/* The path of its program; NULL: there is none. */
const char *hq_ex_config_program(void);

/* The spool at PATH is the one that it works in. */
bool hq_ex_config_owns(const char *path);

/* Adds settings, own domains, networks and sending addresses. Lists that hold more than names and
 * addresses are left out in part and named in the setting "hopq_unread_tables". */
void hq_ex_config_apply(struct hq_context *context);

/* "exim -bp" may be asked by this user. */
bool hq_ex_config_may_list(void);

/* Starts "exim -bp"; FILE takes the pipe, or the error when NULL is returned. */
struct hq_child *hq_ex_config_list(struct hq_item_file *file);

#endif
