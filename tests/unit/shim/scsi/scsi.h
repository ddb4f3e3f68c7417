/* SPDX-License-Identifier: GPL-2.0 */
#include <scsi/scsi_proto.h>
