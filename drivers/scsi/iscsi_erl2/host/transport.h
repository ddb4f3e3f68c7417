/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scsi_transport_iscsi face of the module.
 */
#ifndef _ERL2_TRANSPORT_H
#define _ERL2_TRANSPORT_H

int erl2_transport_register(const char *name);
void erl2_transport_unregister(void);

#endif /* _ERL2_TRANSPORT_H */
