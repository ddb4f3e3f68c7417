// SPDX-License-Identifier: GPL-2.0
/*
 * pad DEVICE: commands whose data is no multiple of four bytes (RFC 7143 11.7.7:
 * the last PDU of a sequence is padded). A block is written by a command that
 * announces up to three bytes more, and read by one that takes up to three less.
 *
 * Exit status 0: no byte wrong, no I/O failed.
 */
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK	512
#define LBA	64

static int run(int fd, int write, unsigned char *data, unsigned int len)
{
	unsigned char cdb[10] = { write ? 0x2a : 0x28, [5] = LBA, [8] = 1 };
	unsigned char sense[32];
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.dxfer_direction = write ? SG_DXFER_TO_DEV : SG_DXFER_FROM_DEV,
		.cmd_len = sizeof(cdb), .cmdp = cdb,
		.mx_sb_len = sizeof(sense), .sbp = sense,
		.dxfer_len = len, .dxferp = data, .timeout = 20000,
	};

	if (ioctl(fd, SG_IO, &io)) {
		perror("SG_IO");
		return 1;
	}
	if (io.status || io.host_status || io.driver_status) {
		printf("%s of %u bytes: status %x host %x driver %x\n",
		       write ? "write" : "read", len, io.status, io.host_status,
		       io.driver_status);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned char out[BLOCK + 4], in[BLOCK];
	unsigned int round, i, errors = 0, wrong = 0;
	int fd = argc > 1 ? open(argv[argc - 1], O_RDWR) : -1;

	if (fd < 0) {
		perror("usage: pad DEVICE");
		return 2;
	}
	for (round = 0; round < 12; round++) {
		unsigned int more = round % 4, len = BLOCK - (round + 1) % 4;

		for (i = 0; i < sizeof(out); i++)
			out[i] = i * 7 + round * 31 + 1;
		memset(in, 0, sizeof(in));
		errors += run(fd, 1, out, BLOCK + more);
		errors += run(fd, 0, in, len);
		if (memcmp(in, out, len)) {
			printf("round %u is wrong\n", round);
			wrong++;
		}
	}
	close(fd);
	printf("pad: %u rounds, %u I/O errors, %u wrong\n", round, errors, wrong);
	return errors || wrong;
}
