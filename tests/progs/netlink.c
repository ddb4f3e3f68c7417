// SPDX-License-Identifier: GPL-2.0
/*
 * netlink HANDLE REQUEST [NUMBER...] - a request to scsi_transport_iscsi, as iscsid
 * makes them, but whichever and whenever
 *
 *	create			a session without a connection; prints its number
 *	destroy SID
 *	create-conn SID CID
 *	destroy-conn SID CID
 *	bind SID CID		to a socket that is not connected
 *	start SID CID
 *	stop SID CID FLAG	1: TERM, 3: RECOVER
 *	logout SID CID		send_pdu of a Logout Request
 *	login SID CID		send_pdu of a Login Request without text
 *	stats SID CID N		asks for the statistics N times, which go to iscsid
 *
 * HANDLE is what /sys/class/iscsi_transport/NAME/handle says. Prints what the kernel
 * answers, "error N" with a negative errno. Exit status 0: no error, 1: one, 2:
 * it could not ask.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* include/scsi/iscsi_if.h, which is not for user space */
enum {
	CREATE_SESSION = 11, DESTROY_SESSION, CREATE_CONN, DESTROY_CONN, BIND_CONN,
	SET_PARAM, START_CONN, STOP_CONN, SEND_PDU, GET_STATS,
};

struct event {
	__u32 type;
	__u32 error;
	__u64 handle;
	__u32 u[6];
	union {
		__s32 code;
		__u32 sid;
		__u32 word[4];
	} r;
};

struct request {
	struct nlmsghdr nlh;
	struct event ev;
	unsigned char pdu[48];
};

static const struct {
	const char *name;
	unsigned int type;
	int numbers;
} requests[] = {
	{ "create", CREATE_SESSION, 0 },
	{ "destroy", DESTROY_SESSION, 1 },
	{ "create-conn", CREATE_CONN, 2 },
	{ "destroy-conn", DESTROY_CONN, 2 },
	{ "bind", BIND_CONN, 2 },
	{ "start", START_CONN, 2 },
	{ "stop", STOP_CONN, 3 },
	{ "logout", SEND_PDU, 2 },
	{ "login", SEND_PDU, 2 },
	{ "stats", GET_STATS, 3 },
};

static void fill(struct request *q, unsigned int n, char **numbers)
{
	struct event *ev = &q->ev;
	__u64 fd;
	int i;

	for (i = 0; i < requests[n].numbers && i < 2; i++)
		ev->u[i] = strtoul(numbers[i], NULL, 0);
	switch (requests[n].type) {
	case CREATE_SESSION:
		ev->u[0] = 1;
		ev->u[1] = 32 | 8 << 16;
		break;
	case BIND_CONN:
		fd = socket(AF_INET, SOCK_STREAM, 0);
		memcpy(&ev->u[2], &fd, sizeof(fd));
		ev->u[4] = 1;
		break;
	case STOP_CONN:
		ev->u[4] = strtoul(numbers[2], NULL, 0);
		break;
	case SEND_PDU:
		ev->u[2] = sizeof(q->pdu);
		q->pdu[0] = requests[n].name[3] == 'i' ? 0x43 : 0x46;
		q->pdu[1] = q->pdu[0] == 0x43 ? 0x87 : 0x80;
		break;
	}
}

/* Events for iscsid come as well where it is not there. */
static int answer(int fd, unsigned int type)
{
	union {
		struct request q;
		char room[4096];
	} got;
	const struct event *ev = &got.q.ev;

	do {
		if (recv(fd, &got, sizeof(got), 0) < (ssize_t)sizeof(got.q.nlh))
			return 2;
	} while (got.q.nlh.nlmsg_type != type &&
		 got.q.nlh.nlmsg_type != 103 && got.q.nlh.nlmsg_type != NLMSG_ERROR);
	if (got.q.nlh.nlmsg_type == NLMSG_ERROR) {
		printf("error %d\n", *(int *)(&got.q.nlh + 1));
		return 1;
	}
	if (got.q.nlh.nlmsg_type == 103 || ev->error) {
		printf("error %d\n", (int)ev->error);
		return 1;
	}
	if (type == CREATE_SESSION) {
		printf("%u\n", ev->r.sid);
	} else if (type != DESTROY_SESSION && type != CREATE_CONN && ev->r.code) {
		printf("error %d\n", ev->r.code);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 20 };
	struct request q = {};
	unsigned long times = 1;
	unsigned int n, nr = sizeof(requests) / sizeof(*requests);
	int fd;

	for (n = 0; n < nr; n++)
		if (argc >= 3 && !strcmp(argv[2], requests[n].name))
			break;
	if (n == nr || argc != 3 + requests[n].numbers) {
		fprintf(stderr, "usage: netlink HANDLE REQUEST [NUMBER...]\n");
		return 2;
	}
	fd = socket(PF_NETLINK, SOCK_RAW, NETLINK_ISCSI);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit))) {
		perror("netlink");
		return 2;
	}
	q.nlh.nlmsg_len = sizeof(q.nlh) + sizeof(q.ev);
	q.nlh.nlmsg_type = requests[n].type;
	q.nlh.nlmsg_flags = NLM_F_REQUEST;
	q.nlh.nlmsg_pid = getpid();
	q.ev.type = requests[n].type;
	q.ev.handle = strtoull(argv[1], NULL, 0);
	fill(&q, n, argv + 3);
	if (q.ev.type == SEND_PDU)
		q.nlh.nlmsg_len += sizeof(q.pdu);
	if (q.ev.type == GET_STATS)
		times = strtoul(argv[5], NULL, 0);
	while (times--)
		if (sendto(fd, &q, q.nlh.nlmsg_len, 0,
			   (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
			perror("netlink");
			return 2;
		}
	return q.ev.type == GET_STATS ? 0 : answer(fd, requests[n].type);
}
