/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of RFC 7143 and RFC 7144 that <scsi/iscsi_proto.h> has by other names or
 * not.
 */
#ifndef _ERL2_ISCSI_EXT_H
#define _ERL2_ISCSI_EXT_H

/* Functions of RFC 7144 6.3 that are used; <scsi/iscsi_proto.h> has none */
#define ERL2_TM_FUNC_QUERY_TASK		9
#define ERL2_TM_FUNC_NEXUS_RESET	11

/* RFC 7143 11.17.1, reasons that iscsi_proto.h has by other names or not */
#define ERL2_REASON_LONG_OP		0x0a
#define ERL2_REASON_WAIT_LOGOUT	0x0c

/* RFC 7143 11.9.1, Task Termination; not in <scsi/iscsi_proto.h> */
#define ERL2_ASYNC_TASK_TERMINATION	5

#endif /* _ERL2_ISCSI_EXT_H */
