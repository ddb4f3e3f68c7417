// SPDX-License-Identifier: GPL-2.0
/*
 * Which commands may be executed twice.
 */
#include <linux/kernel.h>
#include <scsi/iscsi_proto.h>
#include <scsi/scsi.h>
#include <scsi/scsi_proto.h>

#include "proto/rerun.h"

/* SBC-4 opcodes and service actions that scsi_proto.h does not have */
#define ERL2_PRE_FETCH_16	0x90

#define ERL2_READ_DEFECT_12	0xb7
#define ERL2_WRITE_ATOMIC_16	0x9c

/*
 * Reading what describes the unit. TEST UNIT READY and REQUEST SENSE are not
 * here: their answer is an event that is reported once.
 */
static bool erl2_reads_about_unit(const u8 *cdb)
{
	switch (cdb[0]) {
	case INQUIRY:
	case REPORT_LUNS:
	case PERSISTENT_RESERVE_IN:
	case MODE_SENSE:
	case MODE_SENSE_10:
		return true;
	case MAINTENANCE_IN:
		switch (cdb[1] & 0x1f) {
		case MI_REPORT_IDENTIFYING_INFORMATION:
		case MI_REPORT_TARGET_PGS:
		case MI_REPORT_ALIASES:
		case MI_REPORT_SUPPORTED_OPERATION_CODES:
		case MI_REPORT_SUPPORTED_TASK_MANAGEMENT_FUNCTIONS:
		case MI_REPORT_PRIORITY:
		case MI_REPORT_TIMESTAMP:
			return true;
		}
		return false;
	}
	return false;
}

/* Reading the medium of a unit that has no position. */
static bool erl2_reads_blocks(const u8 *cdb)
{
	switch (cdb[0]) {
	case READ_6:
	case READ_10:
	case READ_12:
	case READ_16:
	case VERIFY:
	case VERIFY_12:
	case VERIFY_16:
	case PRE_FETCH:
	case ERL2_PRE_FETCH_16:
	case READ_CAPACITY:
	case READ_DEFECT_DATA:
	case ERL2_READ_DEFECT_12:
	case LOG_SENSE:
	/*
	 * The next two have an effect that is there to stay, and the same one
	 * each time. A unit attention that TEST UNIT READY takes along would
	 * have been lost with any other command in its place.
	 */
	case SYNCHRONIZE_CACHE:
	case SYNCHRONIZE_CACHE_16:
	case TEST_UNIT_READY:
		return true;
	case SERVICE_ACTION_IN_16:
		switch (cdb[1] & 0x1f) {
		case SAI_READ_CAPACITY_16:
		case SAI_GET_LBA_STATUS:
		case SAI_REPORT_REFERRALS:
			return true;
		}
		return false;
	case ZBC_IN:
		return (cdb[1] & 0x1f) == ZI_REPORT_ZONES;
	case VARIABLE_LENGTH_CMD:
		switch (cdb[8] << 8 | cdb[9]) {
		case READ_32:
		case VERIFY_32:
			return true;
		}
		return false;
	}
	return false;
}

/*
 * Writing what the command says to where it says. The SCSI layer sends nothing
 * else to these blocks until the command has ended, so that a second time
 * changes nothing. COMPARE AND WRITE, ORWRITE and the XD family depend on what
 * was there before.
 */
static bool erl2_writes_blocks(const u8 *cdb)
{
	switch (cdb[0]) {
	case WRITE_6:
	case WRITE_10:
	case WRITE_12:
	case WRITE_16:
	case ERL2_WRITE_ATOMIC_16:
	case WRITE_VERIFY:
	case WRITE_VERIFY_12:
	case WRITE_VERIFY_16:
	case WRITE_SAME:
	case WRITE_SAME_16:
	case UNMAP:
		return true;
	case VARIABLE_LENGTH_CMD:
		switch (cdb[8] << 8 | cdb[9]) {
		case WRITE_32:
		case WRITE_VERIFY_32:
		case WRITE_SAME_32:
			return true;
		}
		return false;
	}
	return false;
}

/**
 * erl2_may_rerun() - may a command of unknown outcome be executed once more?
 * @scsi_type: peripheral device type, TYPE_*
 * @cdb: the command; 16 bytes at least
 *
 * RFC 7143 10.6: what a tape or a changer did already must not be done twice.
 * The answer is no for every command that is not known to be harmless, which
 * leaves out reservations, formatting, copies and everything of a vendor's.
 *
 * Context: any.
 * Return: true if a second execution is no different from the first.
 */
bool erl2_may_rerun(u8 scsi_type, const u8 *cdb)
{
	if (erl2_reads_about_unit(cdb))
		return true;

	switch (scsi_type) {
	case TYPE_DISK:
	case TYPE_RBC:
		return erl2_reads_blocks(cdb) || erl2_writes_blocks(cdb);
	case TYPE_ROM:
	case TYPE_WORM:
	case TYPE_MOD:
	case TYPE_ZBC:
		/*
		 * What is written once, or at a write pointer, is not the same
		 * the second time.
		 */
		return erl2_reads_blocks(cdb);
	}
	return false;
}
