/* SPDX-License-Identifier: ISC */
/* Inside of the schedules: attempts reckoned ahead, up to the one that a delay warning goes with.
 */
#ifndef HOPQ_CORE_SCHEDULE_PARTS_H
#define HOPQ_CORE_SCHEDULE_PARTS_H

#include "hopq/schedule.h"

#define HQ_STEPS_MAX 1000 /* attempts reckoned ahead; then the moment itself is near enough */

/* When Postfix, and Sendmail, make their first attempt at MOMENT or later, with the next at NEXT;
 * HQ_NONE: that one is not known. */
int64_t hq_postfix_attempt_from(int64_t arrived, int64_t next, int64_t moment,
                                const struct hq_context *context);
int64_t hq_sendmail_attempt_from(int64_t arrived, int64_t next, int64_t moment,
                                 const struct hq_context *context);

/* OpenSMTPD's first attempt that is followed by one at MOMENT or later; HQ_NONE: not known. */
int64_t hq_smtpd_attempt_before(const struct hq_smtpd_times *times, int64_t moment);

#endif
