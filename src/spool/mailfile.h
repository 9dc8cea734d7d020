/* SPDX-License-Identifier: ISC */
/* A message in a file of its own, as Maildir and single files have it: what stands in the header is
 * all there is of an envelope. */
#ifndef HOPQ_SPOOL_MAILFILE_H
#define HOPQ_SPOOL_MAILFILE_H

#include "spools.h"

/* Reads files[0] of ITEM and calls EMIT: sender from Return-Path, recipients from Delivered-To,
 * X-Original-To and Envelope-To, arrival from the topmost Received field, else the file's time. */
void hq_mailfile_parse(struct hq_parse *parse, const struct hq_item *item);

#endif
