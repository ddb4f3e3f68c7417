/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all files of the module share.
 */
#ifndef _ERL2_H
#define _ERL2_H

#include <linux/workqueue.h>

#define ERL2_NAME	"iscsi_erl2"

#undef pr_fmt
#define pr_fmt(fmt) ERL2_NAME ": " fmt

/* One line about a session or a connection, for people. */
#define erl2_session_err(s, fmt, ...) \
	dev_err_ratelimited(&(s)->cls->dev, fmt, ##__VA_ARGS__)
#define erl2_session_info(s, fmt, ...) \
	dev_info_ratelimited(&(s)->cls->dev, fmt, ##__VA_ARGS__)
#define erl2_conn_err(c, fmt, ...) \
	dev_err_ratelimited(&(c)->cls->dev, fmt, ##__VA_ARGS__)
#define erl2_conn_info(c, fmt, ...) \
	dev_info_ratelimited(&(c)->cls->dev, fmt, ##__VA_ARGS__)

extern struct workqueue_struct *erl2_tx_wq;

#endif /* _ERL2_H */
