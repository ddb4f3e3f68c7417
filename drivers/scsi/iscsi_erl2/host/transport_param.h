/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ISCSI_PARAM_* and ISCSI_HOST_PARAM_*: iscsid's node record in, sysfs out.
 */
#ifndef _ERL2_TRANSPORT_PARAM_H
#define _ERL2_TRANSPORT_PARAM_H

#include <scsi/iscsi_if.h>

struct Scsi_Host;
struct iscsi_cls_conn;
struct iscsi_cls_session;

int erl2_set_param(struct iscsi_cls_conn *cls_conn, enum iscsi_param param,
		   char *buf, int buflen);
int erl2_get_conn_param(struct iscsi_cls_conn *cls_conn,
			enum iscsi_param param, char *buf);
int erl2_get_session_param(struct iscsi_cls_session *cls,
			   enum iscsi_param param, char *buf);
int erl2_get_host_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			char *buf);
int erl2_set_host_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			char *buf, int buflen);
umode_t erl2_attr_is_visible(int param_type, int param);

#endif /* _ERL2_TRANSPORT_PARAM_H */
