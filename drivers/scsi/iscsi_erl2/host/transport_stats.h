/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters as `iscsiadm -m session -s` shows them.
 */
#ifndef _ERL2_TRANSPORT_STATS_H
#define _ERL2_TRANSPORT_STATS_H

struct erl2_conn;
struct iscsi_stats;

void erl2_stats_fill(struct erl2_conn *conn, struct iscsi_stats *stats);

#endif /* _ERL2_TRANSPORT_STATS_H */
