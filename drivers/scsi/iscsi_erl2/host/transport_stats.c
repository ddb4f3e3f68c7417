// SPDX-License-Identifier: GPL-2.0
/*
 * Counters as `iscsiadm -m session -s` shows them.
 */
#include <linux/string.h>
#include <scsi/iscsi_if.h>

#include "core/erl2.h"
#include "core/pdu_state.h"
#include "host/transport_stats.h"

static void add_custom(struct iscsi_stats *stats, const char *desc, u64 value)
{
	struct iscsi_stats_custom *c = &stats->custom[stats->custom_length++];

	/* The room behind the standard counters comes uncleared. */
	memset(c->desc, 0, sizeof(c->desc));
	strscpy(c->desc, desc, sizeof(c->desc));
	c->value = value;
}

/**
 * erl2_stats_fill() - counters for the transport class's get_stats
 * @conn: connection asked for
 * @stats: where they go, with room for ISCSI_STATS_CUSTOM_MAX custom entries
 *
 * The traffic is this connection's; what recovery did is the session's, under
 * the names that the `recovery` group uses, since iscsiadm asks for the
 * statistics of the leading connection only.
 *
 * Context: any. The counters are read while they count.
 */
void erl2_stats_fill(struct erl2_conn *conn, struct iscsi_stats *stats)
{
	const struct erl2_conn_stats *c = &conn->stats;
	struct erl2_session_stats *s = &conn->session->stats;

	memset(stats, 0, sizeof(*stats));
	stats->txdata_octets = READ_ONCE(c->tx_octets);
	stats->rxdata_octets = READ_ONCE(c->rx_octets);

	stats->noptx_pdus = READ_ONCE(c->noptx_pdus);
	stats->scsicmd_pdus = READ_ONCE(c->cmd_pdus);
	stats->tmfcmd_pdus = READ_ONCE(c->tmf_pdus);
	stats->login_pdus = READ_ONCE(c->login_pdus);
	stats->dataout_pdus = READ_ONCE(c->dataout_pdus);
	stats->logout_pdus = READ_ONCE(c->logout_pdus);

	stats->noprx_pdus = READ_ONCE(c->noprx_pdus);
	stats->scsirsp_pdus = READ_ONCE(c->rsp_pdus);
	stats->tmfrsp_pdus = READ_ONCE(c->tmfrsp_pdus);
	stats->datain_pdus = READ_ONCE(c->datain_pdus);
	stats->async_pdus = READ_ONCE(c->async_pdus);
	stats->rjt_pdus = READ_ONCE(c->reject_pdus);
	stats->r2t_pdus = READ_ONCE(c->r2t_pdus);

	stats->digest_err = READ_ONCE(c->digest_errs);
	stats->timeout_err = READ_ONCE(c->timeout_errs);

	add_custom(stats, "format_errors", READ_ONCE(c->format_errs));
	add_custom(stats, "recoveries", atomic64_read(&s->recoveries));
	add_custom(stats, "reinstatements", atomic64_read(&s->reinstatements));
	add_custom(stats, "tasks_reassigned",
		   atomic64_read(&s->tasks_reassigned));
	add_custom(stats, "tasks_retried", atomic64_read(&s->tasks_retried));
	add_custom(stats, "tasks_lost", atomic64_read(&s->tasks_lost));
	add_custom(stats, "last_recovery_us",
		   atomic64_read(&s->last_recovery_us));
}
