/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Module parameters for new sessions.
 */
#ifndef _ERL2_CONFIG_H
#define _ERL2_CONFIG_H

extern unsigned int erl2_param_erl;
extern unsigned int erl2_param_connections;
extern int erl2_param_time2wait;
extern int erl2_param_time2retain;

#endif /* _ERL2_CONFIG_H */
