/* SPDX-License-Identifier: ISC */
/* Samples of every finding: a header that must show it, and one as like it as can be that must
 * not. */
#ifndef HOPQ_TESTS_FINDING_SAMPLES_H
#define HOPQ_TESTS_FINDING_SAMPLES_H

#include "trail_fixture.h"

#define AT(time)        "; Thu, 01 Oct 2026 " time " +0000 (UTC)\n"
#define BY(host, id)    " by " host " (Postfix) with ESMTP id " id
#define EDGE_FROM(from) "Received: from " from BY("mx.ours.example", "4A1B2C3D01") AT("12:00:10")
#define EDGE            EDGE_FROM("h.sender.example (n.sender.example [8.8.4.4])")
#define CLIENT          "Received: from pc (pc.home.example [8.8.8.8])"
#define OLDER(host)     CLIENT BY(host, "4A1B2C3D02") AT("12:00:08")
#define HANDED_ON       OLDER("h.sender.example")
#define AUTHORS         "From: a@sender.example\nTo: b@ours.example\nSubject: x\n"
#define RATWARE(host)   CLIENT " by " host " with SMTP; Oct, 01 2026 12:00:08 +0000\n"
#define INNER(from)     "Received: from " from BY("imap.ours.example", "4A1B2C3D03") AT("12:00:12")
#define TAKEN_BY(host)                                                                    \
    "Received: from h.sender.example (n.sender.example [8.8.4.4])" BY(host, "4A1B2C3D04") \
        AT("12:00:10")
#define REFUSAL                                                                            \
    "Received-SPF: softfail (in.sender.example: domain of a@b.example does not designate " \
    "8.8.8.8 as permitted sender)\n"

#define SENT_TO "Delivered-To: u@guarded.example\nReceived: from h.sender.example "
#define INNER_HOST                                                   \
    " by inner.ours.example (Postfix) with ESMTP id 4A1B2C3D01 for " \
    "<u@guarded.example>" AT("12:00:10")

static const struct row {
    const char *id;
    int hop;           /* that shows it */
    const char *shows; /* header */
    const char * not ; /* alike, but right */
} rows[] = {
    {"received-unparseable", 0, "Received: from a (b by mx.ours.example\n",
     "Received: from a (b) by mx.ours.example\n"},
    {"forged-below", 0, EDGE RATWARE("h.sender.example"), EDGE HANDED_ON},
    {"mta-habit", 1, EDGE CLIENT BY("b.example", "4A1B2C3D05") "; Thu, 01 Oct 2026 11:00:00 GMT\n",
     EDGE CLIENT BY("b.example", "4A1B2C3D05") "; Thu, 01 Oct 2026 11:00:00 +0000 (GMT)\n"},
    {"mta-habit", 1,
     EDGE "Received: from a ([8.8.8.8]) by b.example with smtp (Exim 4.96) id 12345-6; Thu, 01 Oct "
          "2026 11:00:00 +0000\n",
     EDGE "Received: from a ([8.8.8.8]) by b.example with smtp (Exim 4.96) id 1xCEVA-0001Ef-2G; "
          "Thu, 01 Oct 2026 11:00:00 +0000\n"},
    {"mta-habit", 1,
     EDGE CLIENT BY("b.example", "4A1B2C3D05") "; 1 Oct 2026 11:00:00 +0000 (UTC)\n",
     EDGE CLIENT BY("b.example", "4A1B2C3D05") "; Thu,  1 Oct 2026 11:00:00 +0000 (UTC)\n"},
    {"mta-habit", 1,
     EDGE "Received: from a ([8.8.8.8]) by b.example with smtp (Exim 4.96) id 1xCEVA-0001Ef-2G; "
          "Thu, 01 Oct 2026 11:00:00 GMT\n",
     EDGE "Received: from a ([8.8.8.8]) by b.example with smtp (Exim 4.96) id 1xCEVA-0001Ef-2G; "
          "Thu, 01 Oct 2026 11:00:00\n\t+0000\n"},
    {"mta-habit", 1,
     EDGE "Received: from a (8.8.8.8) by b.example (10.0.0.1) with Microsoft SMTP Server id "
          "99.1.2.3" AT("11:00:00"),
     EDGE "Received: from a (8.8.8.8) by b.example (10.0.0.1) with Microsoft SMTP Server id "
          "15.20.2.3" AT("11:00:00")},
    {"mta-habit", 1, EDGE CLIENT " by b.example (OpenSMTPD) with ESMTP id 4A1B2C3D" AT("11:00:00"),
     EDGE CLIENT " by b.example (OpenSMTPD) with ESMTP id 4a1b2c3d" AT("11:00:00")},
    {"mta-habit", 1,
     EDGE CLIENT " by b.example (OpenSMTPD) with ESMTP id 4a1b2c3d; Thu, 1 Oct 2026 11:00:00 GMT\n",
     EDGE CLIENT " by b.example (OpenSMTPD) with ESMTP id 4a1b2c3d" AT("11:00:00")},
    {"tail-junk", 1, EDGE CLIENT " by b.example with SMTP; Thu, 01 Oct 2026 11:00:00 +0000)\n",
     EDGE CLIENT " by b.example with SMTP; Thu, 01 Oct 2026 11:00:00 +0000 (UTC)\n"},
    {"date-as-ip", 1,
     EDGE "Received: from a ([Thu, 28 Sep 2023 1:2:3]) by b.example with SMTP" AT("11:00:00"),
     EDGE "Received: from a ([8.8.8.8]) by b.example with SMTP" AT("11:00:00")},
    {"ratware-date", 1, EDGE RATWARE("b.example"),
     EDGE CLIENT " by b.example with SMTP; Thu, 01 Oct 2026 12:00:08 +0000\n"},
    {"ratware-date", 1, EDGE CLIENT " by b.example; 01 Oct 2026 01:00:08 PM +0000\n",
     EDGE CLIENT " by b.example; 01 Oct 2026 11:00:08 +0000\n"},
    {"proto-nonsense", 1, EDGE CLIENT " by b.example with NNFMP" AT("11:00:00"),
     EDGE CLIENT " by nm1.bullet.mail.yahoo.com with NNFMP" AT("11:00:00")},
    {"impossible-ip", 1, EDGE "Received: from a (8.8.8.800) by b.example" AT("11:00:00"),
     EDGE "Received: from a (8.8.8.80) by b.example" AT("11:00:00")},
    {"impossible-ip", 1, EDGE "Received: from a ([224.0.0.9]) by b.example" AT("11:00:00"),
     EDGE "Received: from a ([192.168.0.9]) by b.example" AT("11:00:00")},
    {"time-travel", 1, EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") AT("12:22:00"),
     EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") AT("12:00:40")},
    {"time-travel", 1, EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") AT("12:22:00"),
     EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") AT("13:00:08")}, /* a wrong zone */
    {"tz-contradict", 1, EDGE CLIENT " by b.example; Thu, 01 Oct 2026 11:00:00 +0300 (JST)\n",
     EDGE CLIENT " by b.example; Thu, 01 Oct 2026 11:00:00 +0900 (JST)\n"},
    {"tz-contradict", 1, EDGE CLIENT " by b.example; Thu, 01 Oct 2026 11:00:00 +2500\n",
     EDGE CLIENT " by b.example; Thu, 01 Oct 2026 11:00:00 +1400\n"},
    {"time-travel", 1,
     EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") "; Fri, 02 Oct 2026 12:00:08 +0000 (UTC)\n",
     EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") "; Fri, 02 Oct 2026 02:00:08 +0000 (UTC)\n"},
    {"wrong-weekday", 1, EDGE CLIENT " by b.example; Fri, 01 Oct 2026 11:00:00 +0000\n",
     EDGE CLIENT " by b.example; 01 Oct 2026 11:00:00 +0000\n"},
    {"loop", 0, EDGE EDGE EDGE, EDGE EDGE},
    {"ar-spoof", 0, EDGE HANDED_ON "Authentication-Results: mx.ours.example; spf=pass\n",
     EDGE HANDED_ON "Authentication-Results: h.sender.example; spf=pass\n"},
    {"ar-spoof", 0, EDGE HANDED_ON "Authentication-Results: mx.ours.example; spf=pass\n",
     "Authentication-Results: mx.ours.example; spf=pass\n" EDGE HANDED_ON},
    {"origin-masked", -1, EDGE "X-EIP: [opaque0123]\n", EDGE "X-Originating-IP: [8.8.8.8]\n"},
    {"null-mx", -1, "To: b@null.example\n", "To: b@one.example\n"},
    {"mx-no-address", -1, "To: b@none.example\n", "To: b@one.example\n"},
    {"mx-loop", -1, "To: b@self.example\n", "To: b@one.example\n"},
    {"side-door", 0, SENT_TO "(n.sender.example [8.8.4.9])" INNER_HOST,
     SENT_TO "(out.filter.example [8.8.4.9])" INNER_HOST},
    {"provider-false", 1, EDGE OLDER("mail-x.google.com"),
     EDGE_FROM("mail-y.google.com (mail-y.google.com [209.85.1.1])") OLDER("mail-x.google.com")},
    {"provider-false", 1, EDGE OLDER("a.prod.outlook.com"), /* one operator, two names */
     EDGE_FROM("b.outbound.protection.outlook.com (b.outbound.protection.outlook.com [40.107.1.1])")
         OLDER("a.exchangelabs.com")},
    {"edge-copied", 1, EDGE OLDER("mx.ours.example"), EDGE OLDER("mx2.ours.example")},
    {"edge-copied", 1, EDGE OLDER("mx.ours.example"), /* there and back */
     EDGE HANDED_ON OLDER("mx.ours.example")},
    {"edge-copied", 1, EDGE OLDER("mx.ours.example"), /* it calls itself so */
     EDGE_FROM("mx.ours.example (n.sender.example [8.8.4.4])") OLDER("mx.ours.example")},
    {"helo-big", 0, EDGE_FROM("mx.google.com (dsl.home.example [8.8.4.4])"),
     EDGE_FROM("gmail.com (mail-y.google.com [209.85.1.1])")},
    {"helo-big", 0, EDGE_FROM("yahoo.com (unknown [8.8.4.4])"), /* no name is looked up there */
     "Received: from yahoo.com (8.8.4.4) by mx.ours.example with Microsoft SMTP Server id "
     "15.1.2.3" AT("12:00:10")},
    {"helo-ip-ne", 0, EDGE_FROM("[9.9.9.9] (n.sender.example [8.8.4.4])"),
     EDGE_FROM("[8.8.4.9] (n.sender.example [8.8.4.4])")},
    {"helo-ip-ne", 0, EDGE_FROM("9.9.9.9 (n.sender.example [8.8.4.4])"), /* behind a router */
     EDGE_FROM("[192.168.1.5] (n.sender.example [8.8.4.4])")},
    {"helo-is-me", 0, EDGE_FROM("mx.ours.example (n.sender.example [8.8.4.4])"),
     EDGE_FROM("mx.ours.example (lists.ours.example [8.8.4.4])")},
    {"rdns-none", 0, EDGE_FROM("h.sender.example (unknown [8.8.4.4])"), EDGE},
    {"rdns-none", 0, EDGE_FROM("h.sender.example (unknown [8.8.4.4])"), /* it never looks */
     "Received: from h.sender.example (8.8.4.4) by mx.ours.example with Microsoft SMTP Server id "
     "15.1.2.3" AT("12:00:10")},
    {"rdns-localhost", 0, EDGE_FROM("h.sender.example (localhost [8.8.4.4])"),
     EDGE_FROM("h.sender.example (localhost [127.0.0.1])")},
    {"rdns-localhost", 0, EDGE_FROM("h (localhost.localdomain [8.8.4.4])"),
     EDGE_FROM("localhost (n.sender.example [8.8.4.4])")},
    {"date-far", -1, EDGE HANDED_ON "Date: Sun, 27 Sep 2026 11:00:00 +0000\n",
     EDGE HANDED_ON "Date: Mon, 28 Sep 2026 11:00:00 +0000\n"},
    {"date-far", -1, EDGE HANDED_ON "Date: Thu, 1 Oct 2026 15:01:00 +0000\n",
     EDGE HANDED_ON "Date: Thu, 1 Oct 2026 14:59:00 +0000\n"},
    {"date-far", -1, EDGE "Date: Sun, 27 Sep 2026 11:00:00 +0000\n", /* sent on by a reader */
     EDGE "Resent-Date: Thu, 1 Oct 2026 12:00:00 +0000\nDate: Sun, 27 Sep 2026 11:00:00 +0000\n"},
    {"date-far", -1, EDGE "Date: Sun, 27 Sep 2026 11:00:00 +0000\n", /* it waited on the way */
     EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") "; Sun, 27 Sep 2026 11:00:09 +0000 (UTC)\n"
                                                      "Date: Sun, 27 Sep 2026 11:00:00 +0000\n"},
    {"rdns-dynamic", 0, EDGE_FROM("h (p12.dialup.isp.example [8.8.4.4])"),
     EDGE_FROM("h (mail12.dsl.isp.example [8.8.4.4])")},
    {"rdns-dynamic", 0, EDGE_FROM("h (host-8-8-4-4.isp.example [8.8.4.4])"),
     EDGE_FROM("h (8-8-4-4.static.isp.example [8.8.4.4])")},
    {"rdns-dynamic", 0, EDGE_FROM("h (x08080404.isp.example [8.8.4.4])"),
     EDGE_FROM("h (host-8-8-4-5.isp.example [8.8.4.4])")},
    {"rdns-dynamic", 0, EDGE_FROM("h (4.4.8.8.isp.example [8.8.4.4])"), /* who has a password may */
     "Received: from h (4.4.8.8.isp.example [8.8.4.4]) by mx.ours.example (Postfix) with ESMTPSA "
     "id 4A1B2C3D01" AT("12:00:10")},
    {"gap", 1, EDGE RATWARE("elsewhere.example"), EDGE RATWARE("h.sender.example")},
    {"gap", 1, EDGE RATWARE("elsewhere.example"), EDGE OLDER("elsewhere.example")}, /* alone */
    {"gap", 1, EDGE RATWARE("elsewhere.example"), EDGE RATWARE("h")}, /* a host's short name */
    {"gap", 1, EDGE RATWARE("elsewhere.example"), EDGE RATWARE("gate.localdomain")},
    {"gap", 1, EDGE RATWARE("elsewhere.example"), EDGE RATWARE("mail-x.google.com")}, /* said */
    {"date-eq-hop", 1, EDGE RATWARE("h.sender.example") "Date: Thu, 1 Oct 2026 14:00:08 +0200\n",
     EDGE RATWARE("h.sender.example") "Date: Thu, 1 Oct 2026 14:00:07 +0200\n"},
    {"date-eq-hop", 1, EDGE RATWARE("h.sender.example") "Date: Thu, 1 Oct 2026 12:00:08 +0000\n",
     EDGE HANDED_ON "Date: Thu, 1 Oct 2026 12:00:08 +0000\n"}, /* alone */
    {"below-headers", 1, EDGE AUTHORS HANDED_ON, EDGE HANDED_ON AUTHORS},
    {"below-headers", 1, EDGE AUTHORS HANDED_ON, AUTHORS EDGE HANDED_ON}, /* sorted */
    {"below-headers", 1, EDGE AUTHORS HANDED_ON,                          /* Exchange's way */
     EDGE AUTHORS CLIENT
     " by h.sender.example with Microsoft SMTP Server id 15.1.2.3" AT("12:00:08")},
    {"mid-by-relay", 0, EDGE "Message-ID: <1@mx.ours.example>\n" HANDED_ON AUTHORS,
     EDGE HANDED_ON "Message-ID: <1@sender.example>\n" AUTHORS},
    {"mid-by-relay", 0, EDGE "Message-ID: <1@mx.ours.example>\n" HANDED_ON AUTHORS,
     EDGE AUTHORS "Message-ID: <1@sender.example>\n" HANDED_ON},
    {"same-ip-twice", 1,
     EDGE "Received: from a.example (a.example [8.8.4.4])" BY("b.example", "4A1B2C3D05")
         AT("12:00:08"),
     EDGE "Received: from a.example (a.example [8.8.4.4])" BY("gate.ours.example", "4A1B2C3D05")
         AT("12:00:08")},
    {"id-reuse", 1, EDGE CLIENT BY("b.example", "4A1B2C3D01") AT("12:00:08"),
     EDGE CLIENT BY("gate.ours.example", "4A1B2C3D01") AT("12:00:08")},
    {"id-reuse", 1, EDGE CLIENT BY("b.example", "4A1B2C3D01") AT("12:00:08"),
     EDGE "Received: from joe by b.example with local (Exim 4.96) id 4A1B2C3D01" AT("12:00:08")},
    /* ids that tell when they were made: 2024 and the hop's own minute */
    {"id-reuse", 1,
     EDGE "Received: from a ([8.8.8.8] helo=b) by h.sender.example with esmtp (Exim 4.96) id "
          "1tAbCd-0001Ef-2G; Thu, 01 Oct 2026 11:59:00 +0000\n",
     EDGE "Received: from a ([8.8.8.8] helo=b) by h.sender.example with esmtp (Exim 4.96) id "
          "1xCFRE-0001Ef-2G; Thu, 01 Oct 2026 11:59:00 +0000\n"},
    {"id-reuse", 1, EDGE CLIENT BY("h.sender.example", "4XwVnJ12bcz9x") AT("11:59:00"),
     EDGE CLIENT BY("h.sender.example", "4hwVnJ12bcz9x") AT("11:59:00")},
    {"id-reuse", 1,
     EDGE CLIENT " by h.sender.example (8.17.1/8.17.1) with ESMTP id 491Bx0kL123456" AT("11:59:00"),
     EDGE CLIENT
     " by h.sender.example (8.17.1/8.17.1) with ESMTP id 691Bx0kL123456" AT("11:59:00")},
    {"id-reuse", 1,
     EDGE CLIENT " by mx.google.com with SMTPS id k1sor.1.2019.10.01.04.59.00; Thu, 01 Oct 2026 "
                 "04:59:00 -0700 (PDT)\n",
     EDGE CLIENT " by mx.google.com with SMTPS id k1sor.1.2026.10.01.04.59.00; Thu, 01 Oct 2026 "
                 "04:59:00 -0700 (PDT)\n"},
    {"backup-mx", 1,
     INNER("mx2.ours.example (mx2.ours.example [8.8.4.1])") TAKEN_BY("mx2.ours.example"),
     INNER("mx1.ours.example (mx1.ours.example [8.8.4.1])") TAKEN_BY("mx1.ours.example")},
    {"backup-mx", 1,
     INNER("backup-mx.ours.example (backup-mx.ours.example [8.8.4.1])")
         TAKEN_BY("backup-mx.ours.example"),
     INNER("mx2.sender.example (mx2.sender.example [8.8.4.1])") TAKEN_BY("mx2.sender.example")},
    {"backup-mx", 1,
     INNER("mx2.ours.example (mx2.ours.example [8.8.4.1])")
         TAKEN_BY("mx2.ours.example"), /* another's own */
     EDGE TAKEN_BY("mx1.sender.example") TAKEN_BY("mx2.sender.example")},
    {"origin-claimed", 1,
     EDGE "Received: from pc (p12.dialup.isp.example [8.8.8.8])" BY("h.sender.example",
                                                                    "4A1B2C3D02") AT("12:00:08"),
     EDGE HANDED_ON},
    {"origin-claimed", 1, EDGE REFUSAL HANDED_ON, EDGE HANDED_ON AUTHORS},
    {"origin-claimed", 1, EDGE REFUSAL HANDED_ON, /* another address */
     EDGE REFUSAL "Received: from pc (pc.home.example [8.8.8.80])" BY("h.sender.example",
                                                                      "4A1B2C3D02") AT("12:00:08")},
    {"origin-claimed", 1, EDGE REFUSAL HANDED_ON, /* it begins another one */
     EDGE "Received-SPF: fail (a@b.example does not designate 8.8.8.88)\n" HANDED_ON},
    {"origin-claimed", 1, EDGE REFUSAL HANDED_ON, /* who has a password may */
     EDGE REFUSAL CLIENT
     " by h.sender.example (Postfix) with ESMTPSA id 4A1B2C3D02" AT("12:00:08")},
};

#endif
