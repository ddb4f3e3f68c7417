/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a complete PDU from the target does.
 */
#ifndef _ERL2_PDU_H
#define _ERL2_PDU_H

#include <linux/types.h>

struct erl2_conn;

int erl2_pdu_check(struct erl2_conn *conn);
int erl2_pdu_data_in(struct erl2_conn *conn);
int erl2_pdu_process(struct erl2_conn *conn);

#endif /* _ERL2_PDU_H */
