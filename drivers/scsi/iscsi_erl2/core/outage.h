/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Outages: what the SCSI layer is told of them.
 */
#ifndef _ERL2_OUTAGE_H
#define _ERL2_OUTAGE_H

#include "core/erl2.h"

void erl2_outage_init(struct erl2_session *s);
void erl2_session_block(struct erl2_session *s);
void erl2_session_unblock_new(struct erl2_session *s);
void erl2_session_begin_outage(struct erl2_session *s,
			       enum erl2_session_state state);
void erl2_session_io_resumes(struct erl2_session *s);
void erl2_session_end_outage(struct erl2_session *s);
void erl2_session_fail_all(struct erl2_session *s, int result);
void erl2_session_expire(struct erl2_session *s);

#endif /* _ERL2_OUTAGE_H */
