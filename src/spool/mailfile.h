/* SPDX-License-Identifier: ISC */
/* A message in a file of its own, as Maildir and single files have it: what stands in the header is
 * all there is of an envelope. */
#ifndef HOPQ_SPOOL_MAILFILE_H
#define HOPQ_SPOOL_MAILFILE_H

#include "hopq/headers.h"
#include "spools.h"

/* The message text of LENGTH bytes at OFFSET of FD, scanned into HEADERS (which borrows it): until
 * the header is whole, or WANTED bytes; all of these from HQ_CONTENT_MAX on. Caller frees. */
GString *hq_mailfile_read(int fd, int64_t offset, int64_t length, size_t wanted,
                          struct hq_headers *headers);

/* What the header tells of the envelope: sender from Return-Path, recipients from Delivered-To,
 * X-Original-To and Envelope-To, arrival from the topmost Received field (HQ_NONE without). */
void hq_mailfile_envelope(struct hq_parse *parse, struct hq_message *message,
                          const struct hq_headers *headers);

/* Emits MESSAGE, whose envelope is known, with its text at OFFSET of FD. */
void hq_mailfile_emit(struct hq_parse *parse, struct hq_message *message, int fd, int64_t offset,
                      int64_t length);

/* Reads files[0] of ITEM and calls EMIT; arrived when the header tells, else the file's time. */
void hq_mailfile_parse(struct hq_parse *parse, const struct hq_item *item);

#endif
