/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what happened to connections, sessions and commands.
 *
 * The names of the events and of their fields are an interface, described in
 * Documentation/tracing.rst. Numbers that have a name are printed by name.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iscsi_erl2

#if !defined(_ERL2_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ERL2_TRACE_H

#include <linux/errno.h>
#include <linux/tracepoint.h>
#include <scsi/iscsi_proto.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_transport_iscsi.h>
#include "compat/scsi.h"
#include "core/erl2.h"
#include "proto/login.h"

/* Tools that read the binary buffer know enums by value only. */
TRACE_DEFINE_ENUM(ERL2_CONN_FREE);
TRACE_DEFINE_ENUM(ERL2_CONN_XPT_WAIT);
TRACE_DEFINE_ENUM(ERL2_CONN_IN_LOGIN);
TRACE_DEFINE_ENUM(ERL2_CONN_LOGGED_IN);
TRACE_DEFINE_ENUM(ERL2_CONN_IN_LOGOUT);
TRACE_DEFINE_ENUM(ERL2_CONN_LOGOUT_REQUESTED);
TRACE_DEFINE_ENUM(ERL2_CONN_CLEANUP_WAIT);

TRACE_DEFINE_ENUM(ERL2_FAIL_NONE);
TRACE_DEFINE_ENUM(ERL2_FAIL_SOCKET);
TRACE_DEFINE_ENUM(ERL2_FAIL_CLOSED);
TRACE_DEFINE_ENUM(ERL2_FAIL_SEND_TIMEOUT);
TRACE_DEFINE_ENUM(ERL2_FAIL_NOP_TIMEOUT);
TRACE_DEFINE_ENUM(ERL2_FAIL_HEADER_DIGEST);
TRACE_DEFINE_ENUM(ERL2_FAIL_DATA_DIGEST);
TRACE_DEFINE_ENUM(ERL2_FAIL_SEQUENCE);
TRACE_DEFINE_ENUM(ERL2_FAIL_REJECT);
TRACE_DEFINE_ENUM(ERL2_FAIL_FORMAT);
TRACE_DEFINE_ENUM(ERL2_FAIL_ASYNC);
TRACE_DEFINE_ENUM(ERL2_FAIL_DRILL);
TRACE_DEFINE_ENUM(ERL2_FAIL_LOGIN);
TRACE_DEFINE_ENUM(ERL2_FAIL_EH);
TRACE_DEFINE_ENUM(ERL2_FAIL_EXPIRED);

TRACE_DEFINE_ENUM(ERL2_LOGIN_LEADING);
TRACE_DEFINE_ENUM(ERL2_LOGIN_REINSTATE);
TRACE_DEFINE_ENUM(ERL2_LOGIN_ADD);

TRACE_DEFINE_ENUM(DID_OK);
TRACE_DEFINE_ENUM(DID_NO_CONNECT);
TRACE_DEFINE_ENUM(DID_BUS_BUSY);
TRACE_DEFINE_ENUM(DID_TIME_OUT);
TRACE_DEFINE_ENUM(DID_ABORT);
TRACE_DEFINE_ENUM(DID_PARITY);
TRACE_DEFINE_ENUM(DID_ERROR);
TRACE_DEFINE_ENUM(DID_RESET);
TRACE_DEFINE_ENUM(DID_IMM_RETRY);
TRACE_DEFINE_ENUM(DID_REQUEUE);
TRACE_DEFINE_ENUM(DID_TRANSPORT_DISRUPTED);
TRACE_DEFINE_ENUM(DID_TRANSPORT_FAILFAST);

#define erl2_show_state(val)						\
	__print_symbolic(val,						\
		{ ERL2_CONN_FREE,		"free" },		\
		{ ERL2_CONN_XPT_WAIT,		"xpt_wait" },		\
		{ ERL2_CONN_IN_LOGIN,		"in_login" },		\
		{ ERL2_CONN_LOGGED_IN,		"logged_in" },		\
		{ ERL2_CONN_IN_LOGOUT,		"in_logout" },		\
		{ ERL2_CONN_LOGOUT_REQUESTED,	"logout_requested" },	\
		{ ERL2_CONN_CLEANUP_WAIT,	"cleanup_wait" })

#define erl2_show_reason(val)						\
	__print_symbolic(val,						\
		{ ERL2_FAIL_NONE,		"none" },		\
		{ ERL2_FAIL_SOCKET,		"socket_error" },	\
		{ ERL2_FAIL_CLOSED,		"closed_by_target" },	\
		{ ERL2_FAIL_SEND_TIMEOUT,	"send_timeout" },	\
		{ ERL2_FAIL_NOP_TIMEOUT,	"nop_timeout" },	\
		{ ERL2_FAIL_HEADER_DIGEST,	"header_digest" },	\
		{ ERL2_FAIL_DATA_DIGEST,	"data_digest" },	\
		{ ERL2_FAIL_SEQUENCE,		"sequence" },		\
		{ ERL2_FAIL_REJECT,		"rejected" },		\
		{ ERL2_FAIL_FORMAT,		"format_error" },	\
		{ ERL2_FAIL_ASYNC,		"async_message" },	\
		{ ERL2_FAIL_DRILL,		"drill" },		\
		{ ERL2_FAIL_LOGIN,		"lost_in_recovery" },	\
		{ ERL2_FAIL_EH,			"error_handler" },	\
		{ ERL2_FAIL_EXPIRED,		"expired" })

#define erl2_show_login(val)						\
	__print_symbolic(val,						\
		{ ERL2_LOGIN_LEADING,	"leading" },			\
		{ ERL2_LOGIN_REINSTATE,	"reinstate" },			\
		{ ERL2_LOGIN_ADD,	"add" },			\
		{ ERL2_LOGIN_END,	"end" })

/* RFC 7143 11.13.5, Status-Class in the upper byte */
#define erl2_show_login_status(val)					\
	__print_symbolic(val,						\
		{ 0x0000, "success" },					\
		{ 0x0101, "target_moved_temporarily" },			\
		{ 0x0102, "target_moved_permanently" },			\
		{ 0x0200, "initiator_error" },				\
		{ 0x0201, "authentication_failure" },			\
		{ 0x0202, "authorization_failure" },			\
		{ 0x0203, "not_found" },				\
		{ 0x0204, "target_removed" },				\
		{ 0x0205, "unsupported_version" },			\
		{ 0x0206, "too_many_connections" },			\
		{ 0x0207, "missing_parameter" },			\
		{ 0x0208, "cannot_include_in_session" },		\
		{ 0x0209, "session_type_not_supported" },		\
		{ 0x020a, "session_does_not_exist" },			\
		{ 0x020b, "invalid_during_login" },			\
		{ 0x0300, "target_error" },				\
		{ 0x0301, "service_unavailable" },			\
		{ 0x0302, "out_of_resources" })

#define erl2_show_errno(val)						\
	__print_symbolic(val,						\
		{ 0,			"ok" },				\
		{ -EPERM,		"EPERM" },			\
		{ -ENOENT,		"ENOENT" },			\
		{ -EINTR,		"EINTR" },			\
		{ -EIO,			"EIO" },			\
		{ -EAGAIN,		"EAGAIN" },			\
		{ -ENOMEM,		"ENOMEM" },			\
		{ -EACCES,		"EACCES" },			\
		{ -EBUSY,		"EBUSY" },			\
		{ -ENODEV,		"ENODEV" },			\
		{ -EINVAL,		"EINVAL" },			\
		{ -EPIPE,		"EPIPE" },			\
		{ -ENODATA,		"ENODATA" },			\
		{ -EREMCHG,		"EREMCHG" },			\
		{ -EPROTO,		"EPROTO" },			\
		{ -EBADMSG,		"EBADMSG" },			\
		{ -EOPNOTSUPP,		"EOPNOTSUPP" },			\
		{ -EADDRNOTAVAIL,	"EADDRNOTAVAIL" },		\
		{ -ENETDOWN,		"ENETDOWN" },			\
		{ -ENETUNREACH,		"ENETUNREACH" },		\
		{ -ECONNABORTED,	"ECONNABORTED" },		\
		{ -ECONNRESET,		"ECONNRESET" },			\
		{ -ENOTCONN,		"ENOTCONN" },			\
		{ -ESHUTDOWN,		"ESHUTDOWN" },			\
		{ -ETIMEDOUT,		"ETIMEDOUT" },			\
		{ -ECONNREFUSED,	"ECONNREFUSED" },		\
		{ -EHOSTDOWN,		"EHOSTDOWN" },			\
		{ -EHOSTUNREACH,	"EHOSTUNREACH" },		\
		{ -EALREADY,		"EALREADY" },			\
		{ -EREMOTEIO,		"EREMOTEIO" },			\
		{ -ECANCELED,		"ECANCELED" },			\
		{ -EKEYREJECTED,	"EKEYREJECTED" })

/* RFC 7143 11.15.1; -1: the request went out */
#define erl2_show_logout(val)						\
	__print_symbolic(val,						\
		{ -1, "sent" },						\
		{ ISCSI_LOGOUT_SUCCESS,			"success" },	\
		{ ISCSI_LOGOUT_CID_NOT_FOUND,		"cid_not_found" }, \
		{ ISCSI_LOGOUT_RECOVERY_UNSUPPORTED,	"not_supported" }, \
		{ ISCSI_LOGOUT_CLEANUP_FAILED,		"cleanup_failed" })

/* RFC 7143 11.6.1; -1: the request went out */
#define erl2_show_tmf(val)						\
	__print_symbolic(val,						\
		{ -1, "sent" },						\
		{ ISCSI_TMF_RSP_COMPLETE,	"complete" },		\
		{ ISCSI_TMF_RSP_NO_TASK,	"no_task" },		\
		{ ISCSI_TMF_RSP_NO_LUN,		"no_lun" },		\
		{ ISCSI_TMF_RSP_TASK_ALLEGIANT,	"still_allegiant" },	\
		{ ISCSI_TMF_RSP_NO_FAILOVER,	"no_reassignment" },	\
		{ ISCSI_TMF_RSP_NOT_SUPPORTED,	"not_supported" },	\
		{ ISCSI_TMF_RSP_AUTH_FAILED,	"not_authorized" },	\
		{ ISCSI_TMF_RSP_REJECTED,	"rejected" })

/* RFC 7143 11.17.1 */
#define erl2_show_reject(val)						\
	__print_symbolic(val,						\
		{ ISCSI_REASON_CMD_BEFORE_LOGIN,   "before_login" },	\
		{ ISCSI_REASON_DATA_DIGEST_ERROR,  "data_digest" },	\
		{ ISCSI_REASON_DATA_SNACK_REJECT,  "snack" },		\
		{ ISCSI_REASON_PROTOCOL_ERROR,	   "protocol_error" },	\
		{ ISCSI_REASON_CMD_NOT_SUPPORTED,  "not_supported" },	\
		{ ISCSI_REASON_IMM_CMD_REJECT,	   "immediate" },	\
		{ ISCSI_REASON_TASK_IN_PROGRESS,   "task_in_progress" }, \
		{ ISCSI_REASON_INVALID_SNACK,	   "invalid_dataack" },	\
		{ ISCSI_REASON_BOOKMARK_INVALID,   "invalid_field" },	\
		{ ISCSI_REASON_BOOKMARK_NO_RESOURCES, "no_resources" },	\
		{ ISCSI_REASON_NEGOTIATION_RESET,  "negotiation_reset" }, \
		{ 12, "waiting_for_logout" })

/* RFC 7143 11.9.1 */
#define erl2_show_async(val)						\
	__print_symbolic(val,						\
		{ ISCSI_ASYNC_MSG_SCSI_EVENT,		"scsi_event" },	\
		{ ISCSI_ASYNC_MSG_REQUEST_LOGOUT,	"request_logout" }, \
		{ ISCSI_ASYNC_MSG_DROPPING_CONNECTION,	"drop_connection" }, \
		{ ISCSI_ASYNC_MSG_DROPPING_ALL_CONNECTIONS, "drop_session" }, \
		{ ISCSI_ASYNC_MSG_PARAM_NEGOTIATION,	"renegotiate" }, \
		{ 5,					"tasks_terminated" }, \
		{ ISCSI_ASYNC_MSG_VENDOR_SPECIFIC,	"vendor" })

#define erl2_show_opcode(val)						\
	__print_symbolic(val,						\
		{ ISCSI_OP_NOOP_OUT,		"nop_out" },		\
		{ ISCSI_OP_SCSI_CMD,		"scsi_command" },	\
		{ ISCSI_OP_SCSI_TMFUNC,		"tmf_request" },	\
		{ ISCSI_OP_LOGIN,		"login_request" },	\
		{ ISCSI_OP_TEXT,		"text_request" },	\
		{ ISCSI_OP_SCSI_DATA_OUT,	"data_out" },		\
		{ ISCSI_OP_LOGOUT,		"logout_request" },	\
		{ ISCSI_OP_SNACK,		"snack" },		\
		{ ISCSI_OP_NOOP_IN,		"nop_in" },		\
		{ ISCSI_OP_SCSI_CMD_RSP,	"scsi_response" },	\
		{ ISCSI_OP_SCSI_TMFUNC_RSP,	"tmf_response" },	\
		{ ISCSI_OP_LOGIN_RSP,		"login_response" },	\
		{ ISCSI_OP_TEXT_RSP,		"text_response" },	\
		{ ISCSI_OP_SCSI_DATA_IN,	"data_in" },		\
		{ ISCSI_OP_LOGOUT_RSP,		"logout_response" },	\
		{ ISCSI_OP_R2T,			"r2t" },		\
		{ ISCSI_OP_ASYNC_EVENT,		"async_message" },	\
		{ ISCSI_OP_REJECT,		"reject" })

#define ERL2_CDB_NONE	0xffff	/* a control exchange */

/* the commands one meets; others show as their number */
#define erl2_show_cdb(val)						\
	__print_symbolic(val,						\
		{ ERL2_CDB_NONE,	"none" },			\
		{ TEST_UNIT_READY,	"TEST_UNIT_READY" },		\
		{ REZERO_UNIT,		"REWIND" },			\
		{ REQUEST_SENSE,	"REQUEST_SENSE" },		\
		{ READ_6,		"READ_6" },			\
		{ WRITE_6,		"WRITE_6" },			\
		{ WRITE_FILEMARKS,	"WRITE_FILEMARKS" },		\
		{ SPACE,		"SPACE" },			\
		{ INQUIRY,		"INQUIRY" },			\
		{ MODE_SELECT,		"MODE_SELECT" },		\
		{ RESERVE_6,		"RESERVE" },			\
		{ RELEASE_6,		"RELEASE" },			\
		{ MODE_SENSE,		"MODE_SENSE" },			\
		{ START_STOP,		"START_STOP" },			\
		{ READ_CAPACITY,	"READ_CAPACITY" },		\
		{ READ_10,		"READ_10" },			\
		{ WRITE_10,		"WRITE_10" },			\
		{ SYNCHRONIZE_CACHE,	"SYNCHRONIZE_CACHE" },		\
		{ UNMAP,		"UNMAP" },			\
		{ WRITE_SAME,		"WRITE_SAME" },			\
		{ MODE_SENSE_10,	"MODE_SENSE_10" },		\
		{ PERSISTENT_RESERVE_IN, "PERSISTENT_RESERVE_IN" },	\
		{ PERSISTENT_RESERVE_OUT, "PERSISTENT_RESERVE_OUT" },	\
		{ ATA_16,		"ATA_16" },			\
		{ READ_16,		"READ_16" },			\
		{ COMPARE_AND_WRITE,	"COMPARE_AND_WRITE" },		\
		{ WRITE_16,		"WRITE_16" },			\
		{ WRITE_SAME_16,	"WRITE_SAME_16" },		\
		{ SERVICE_ACTION_IN_16,	"SERVICE_ACTION_IN_16" },	\
		{ REPORT_LUNS,		"REPORT_LUNS" },		\
		{ MAINTENANCE_IN,	"MAINTENANCE_IN" },		\
		{ READ_12,		"READ_12" },			\
		{ WRITE_12,		"WRITE_12" })

#define erl2_show_host_byte(val)					\
	__print_symbolic(val,						\
		{ DID_OK,			"DID_OK" },		\
		{ DID_NO_CONNECT,		"DID_NO_CONNECT" },	\
		{ DID_BUS_BUSY,			"DID_BUS_BUSY" },	\
		{ DID_TIME_OUT,			"DID_TIME_OUT" },	\
		{ DID_ABORT,			"DID_ABORT" },		\
		{ DID_PARITY,			"DID_PARITY" },		\
		{ DID_ERROR,			"DID_ERROR" },		\
		{ DID_RESET,			"DID_RESET" },		\
		{ DID_IMM_RETRY,		"DID_IMM_RETRY" },	\
		{ DID_REQUEUE,			"DID_REQUEUE" },	\
		{ DID_TRANSPORT_DISRUPTED,	"DID_TRANSPORT_DISRUPTED" }, \
		{ DID_TRANSPORT_FAILFAST,	"DID_TRANSPORT_FAILFAST" })

TRACE_EVENT(conn_state,
	    TP_PROTO(struct erl2_conn *conn, int old, int new),
	    TP_ARGS(conn, old, new),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(int, old)
			     __field(int, new)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->old = old;
			   __entry->new = new;),
	    TP_printk("session%u cid=%u %s -> %s",
		      __entry->sid, __entry->cid,
		      erl2_show_state(__entry->old), erl2_show_state(__entry->new))
);

TRACE_EVENT(recovery_begin,
	    TP_PROTO(struct erl2_conn *conn, int reason),
	    TP_ARGS(conn, reason),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(int, reason)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->reason = reason;),
	    TP_printk("session%u cid=%u reason=%s",
		      __entry->sid, __entry->cid,
		      erl2_show_reason(__entry->reason))
);

/* @conn is the connection logged out, not the one that carries the Logout */
TRACE_EVENT(recovery_logout,
	    TP_PROTO(struct erl2_conn *conn, bool implicit, int response),
	    TP_ARGS(conn, implicit, response),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(bool, implicit)
			     __field(int, response)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->implicit = implicit;
			   __entry->response = response;),
	    TP_printk("session%u cid=%u %s %s",
		      __entry->sid, __entry->cid,
		      __entry->implicit ? "implicit" : "explicit",
		      erl2_show_logout(__entry->response))
);

TRACE_EVENT(recovery_login,
	    TP_PROTO(struct erl2_conn *conn, unsigned int attempt, int err,
		     u8 status_class, u8 status_detail),
	    TP_ARGS(conn, attempt, err, status_class, status_detail),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(unsigned int, attempt)
			     __field(int, err)
			     __field(u16, status)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->attempt = attempt;
			   __entry->err = err;
			   __entry->status = status_class << 8 | status_detail;),
	    TP_printk("session%u cid=%u attempt=%u err=%s status=%s",
		      __entry->sid, __entry->cid, __entry->attempt,
		      erl2_show_errno(__entry->err),
		      erl2_show_login_status(__entry->status))
);

TRACE_EVENT(login,
	    TP_PROTO(struct erl2_conn *conn, int kind, int err, u8 status_class,
		     u8 status_detail),
	    TP_ARGS(conn, kind, err, status_class, status_detail),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(int, kind)
			     __field(int, err)
			     __field(u16, status)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->kind = kind;
			   __entry->err = err;
			   __entry->status = status_class << 8 | status_detail;),
	    TP_printk("session%u cid=%u kind=%s err=%s status=%s",
		      __entry->sid, __entry->cid, erl2_show_login(__entry->kind),
		      erl2_show_errno(__entry->err),
		      erl2_show_login_status(__entry->status))
);

TRACE_EVENT(task_reassign,
	    TP_PROTO(struct erl2_conn *conn, struct erl2_task *task,
		     u32 exp_datasn, int response),
	    TP_ARGS(conn, task, exp_datasn, response),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u32, itt)
			     __field(u32, cmdsn)
			     __field(u64, lun)
			     __field(u16, cdb)
			     __field(u32, exp_datasn)
			     __field(int, response)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->itt = task->itt;
			   __entry->cmdsn = task->cmdsn;
			   __entry->lun = task->sc ? task->sc->device->lun : 0;
			   __entry->cdb = task->sc ? task->sc->cmnd[0] : ERL2_CDB_NONE;
			   __entry->exp_datasn = exp_datasn;
			   __entry->response = response;),
	    TP_printk("session%u cid=%u itt=0x%08x cmdsn=%u lun=%llu cdb=%s exp_datasn=%u response=%s",
		      __entry->sid, __entry->cid, __entry->itt, __entry->cmdsn,
		      __entry->lun, erl2_show_cdb(__entry->cdb),
		      __entry->exp_datasn, erl2_show_tmf(__entry->response))
);

TRACE_EVENT(task_retry,
	    TP_PROTO(struct erl2_conn *conn, struct erl2_task *task),
	    TP_ARGS(conn, task),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u32, itt)
			     __field(u32, cmdsn)
			     __field(u64, lun)
			     __field(u16, cdb)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->itt = task->itt;
			   __entry->cmdsn = task->cmdsn;
			   __entry->lun = task->sc ? task->sc->device->lun : 0;
			   __entry->cdb = task->sc ? task->sc->cmnd[0] : ERL2_CDB_NONE;),
	    TP_printk("session%u cid=%u itt=0x%08x cmdsn=%u lun=%llu cdb=%s",
		      __entry->sid, __entry->cid, __entry->itt, __entry->cmdsn,
		      __entry->lun, erl2_show_cdb(__entry->cdb))
);

TRACE_EVENT(task_lost,
	    TP_PROTO(struct erl2_conn *conn, struct erl2_task *task, int result),
	    TP_ARGS(conn, task, result),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u32, itt)
			     __field(u32, cmdsn)
			     __field(u64, lun)
			     __field(u16, cdb)
			     __field(int, result)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->itt = task->itt;
			   __entry->cmdsn = task->cmdsn;
			   __entry->lun = task->sc ? task->sc->device->lun : 0;
			   __entry->cdb = task->sc ? task->sc->cmnd[0] : ERL2_CDB_NONE;
			   __entry->result = result;),
	    TP_printk("session%u cid=%u itt=0x%08x cmdsn=%u lun=%llu cdb=%s result=%s",
		      __entry->sid, __entry->cid, __entry->itt, __entry->cmdsn,
		      __entry->lun, erl2_show_cdb(__entry->cdb),
		      erl2_show_host_byte(__entry->result >> 16 & 0xff))
);

TRACE_EVENT(recovery_end,
	    TP_PROTO(struct erl2_session *s, s64 us, unsigned int reassigned,
		     unsigned int retried, unsigned int lost),
	    TP_ARGS(s, us, reassigned, retried, lost),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(s64, us)
			     __field(unsigned int, reassigned)
			     __field(unsigned int, retried)
			     __field(unsigned int, lost)),
	    TP_fast_assign(__entry->sid = s->cls->sid;
			   __entry->us = us;
			   __entry->reassigned = reassigned;
			   __entry->retried = retried;
			   __entry->lost = lost;),
	    TP_printk("session%u us=%lld reassigned=%u retried=%u lost=%u",
		      __entry->sid, __entry->us, __entry->reassigned,
		      __entry->retried, __entry->lost)
);

TRACE_EVENT(session_reinstate,
	    TP_PROTO(struct erl2_session *s, unsigned int attempt, int err),
	    TP_ARGS(s, attempt, err),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(unsigned int, attempt)
			     __field(int, err)),
	    TP_fast_assign(__entry->sid = s->cls->sid;
			   __entry->attempt = attempt;
			   __entry->err = err;),
	    TP_printk("session%u attempt=%u err=%s",
		      __entry->sid, __entry->attempt,
		      erl2_show_errno(__entry->err))
);

TRACE_EVENT(async_message,
	    TP_PROTO(struct erl2_conn *conn, u8 event, u16 p1, u16 p2, u16 p3),
	    TP_ARGS(conn, event, p1, p2, p3),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u8, event)
			     __field(u16, p1)
			     __field(u16, p2)
			     __field(u16, p3)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->event = event;
			   __entry->p1 = p1;
			   __entry->p2 = p2;
			   __entry->p3 = p3;),
	    TP_printk("session%u cid=%u event=%s parameter1=%u parameter2=%u parameter3=%u",
		      __entry->sid, __entry->cid, erl2_show_async(__entry->event),
		      __entry->p1, __entry->p2, __entry->p3)
);

/* @opcode is that of the PDU the target rejected */
TRACE_EVENT(pdu_reject,
	    TP_PROTO(struct erl2_conn *conn, u8 reason, u8 opcode),
	    TP_ARGS(conn, reason, opcode),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u8, reason)
			     __field(u8, opcode)),
	    TP_fast_assign(__entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->reason = reason;
			   __entry->opcode = opcode & ISCSI_OPCODE_MASK;),
	    TP_printk("session%u cid=%u reason=%s pdu=%s",
		      __entry->sid, __entry->cid,
		      erl2_show_reject(__entry->reason),
		      erl2_show_opcode(__entry->opcode))
);

/*
 * Requests have CmdSN and ExpStatSN where responses have StatSN and ExpCmdSN;
 * DataSN (R2TSN, ExpDataSN) and Buffer Offset mean something in data PDUs only.
 */
TRACE_EVENT(pdu_send,
	    TP_PROTO(struct erl2_conn *conn, const struct iscsi_hdr *hdr),
	    TP_ARGS(conn, hdr),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u8, opcode)
			     __field(bool, immediate)
			     __field(u8, flags)
			     __field(u32, dlength)
			     __field(u32, itt)
			     __field(u32, ttt)
			     __field(u32, cmdsn)
			     __field(u32, exp_statsn)
			     __field(u32, datasn)
			     __field(u32, offset)),
	    TP_fast_assign(const struct iscsi_data *data = (const void *)hdr;

			   __entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->opcode = hdr->opcode & ISCSI_OPCODE_MASK;
			   __entry->immediate = !!(hdr->opcode & ISCSI_OP_IMMEDIATE);
			   __entry->flags = hdr->flags;
			   __entry->dlength = ntoh24(hdr->dlength);
			   __entry->itt = be32_to_cpu((__force __be32)hdr->itt);
			   __entry->ttt = be32_to_cpu(hdr->ttt);
			   __entry->cmdsn = be32_to_cpu(hdr->statsn);
			   __entry->exp_statsn = be32_to_cpu(hdr->exp_statsn);
			   __entry->datasn = be32_to_cpu(data->datasn);
			   __entry->offset = be32_to_cpu(data->offset);),
	    TP_printk("session%u cid=%u %s%s flags=0x%02x dlength=%u itt=0x%08x ttt=0x%08x cmdsn=%u exp_statsn=%u datasn=%u offset=%u",
		      __entry->sid, __entry->cid, erl2_show_opcode(__entry->opcode),
		      __entry->immediate ? " immediate" : "", __entry->flags,
		      __entry->dlength, __entry->itt, __entry->ttt, __entry->cmdsn,
		      __entry->exp_statsn, __entry->datasn, __entry->offset)
);

TRACE_EVENT(pdu_recv,
	    TP_PROTO(struct erl2_conn *conn, const struct iscsi_hdr *hdr),
	    TP_ARGS(conn, hdr),
	    TP_STRUCT__entry(__field(u32, sid)
			     __field(u16, cid)
			     __field(u8, opcode)
			     __field(u8, flags)
			     __field(u32, dlength)
			     __field(u32, itt)
			     __field(u32, ttt)
			     __field(u32, statsn)
			     __field(u32, exp_cmdsn)
			     __field(u32, max_cmdsn)
			     __field(u32, datasn)
			     __field(u32, offset)),
	    TP_fast_assign(const struct iscsi_data_rsp *data = (const void *)hdr;

			   __entry->sid = conn->session->cls->sid;
			   __entry->cid = conn->cid;
			   __entry->opcode = hdr->opcode & ISCSI_OPCODE_MASK;
			   __entry->flags = hdr->flags;
			   __entry->dlength = ntoh24(hdr->dlength);
			   __entry->itt = be32_to_cpu((__force __be32)hdr->itt);
			   __entry->ttt = be32_to_cpu(hdr->ttt);
			   __entry->statsn = be32_to_cpu(hdr->statsn);
			   __entry->exp_cmdsn = be32_to_cpu(hdr->exp_statsn);
			   __entry->max_cmdsn = be32_to_cpu(hdr->max_statsn);
			   __entry->datasn = be32_to_cpu(data->datasn);
			   __entry->offset = be32_to_cpu(data->offset);),
	    TP_printk("session%u cid=%u %s flags=0x%02x dlength=%u itt=0x%08x ttt=0x%08x statsn=%u exp_cmdsn=%u max_cmdsn=%u datasn=%u offset=%u",
		      __entry->sid, __entry->cid, erl2_show_opcode(__entry->opcode),
		      __entry->flags, __entry->dlength, __entry->itt, __entry->ttt,
		      __entry->statsn, __entry->exp_cmdsn, __entry->max_cmdsn,
		      __entry->datasn, __entry->offset)
);

#endif /* _ERL2_TRACE_H */

/* Out of the kernel's tree: found by -I$(src), see the Makefile. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
