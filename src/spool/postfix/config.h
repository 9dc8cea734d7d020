/* SPDX-License-Identifier: ISC */
/* Configuration of the Postfix that a queue belongs to, asked from its own postconf(1). */
#ifndef HOPQ_SPOOL_POSTFIX_CONFIG_H
#define HOPQ_SPOOL_POSTFIX_CONFIG_H

#include "hopq/spool.h"
#include "spool/child.h"

struct hq_pf_config;

/* The installed Postfix, or instance of it, whose queue_directory is PATH; NULL: none, as for a
 * queue that was copied here. Takes about 20 ms, at most 2 s for each instance. */
struct hq_pf_config *hq_pf_config_find(const char *path);
void hq_pf_config_free(struct hq_pf_config *config); /* NULL is fine */

/* The configuration directory, for the option "-c" of Postfix's tools; NULL: it is the usual one,
 * and the option is left out, because a set-gid postqueue refuses directories it was not told of,
 * even that one. */
const char *hq_pf_config_option(const struct hq_pf_config *config);

/* Adds settings, own domains, networks and sending addresses. Domains and networks that are in
 * tables are left out and named in the setting "hopq_unread_tables". */
void hq_pf_config_apply(const struct hq_pf_config *config, struct hq_context *context);

/* Looks for instances that run (all of them, once); then the configuration directory of the one
 * whose queue PATH is, NULL: none was seen. It is not yet to be believed. */
void hq_pf_instances_find(void);
const char *hq_pf_instance_directory(const char *path);

/* Starts "postqueue -j"; FILE takes the pipe, or the error when NULL is returned. */
struct hq_child *hq_pf_config_list(const struct hq_pf_config *config, struct hq_item_file *file);

#endif
