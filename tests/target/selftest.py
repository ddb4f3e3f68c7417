#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Self-test of erl2-target: a raw initiator that keeps the rules, to see that
the target does too, and one that breaks them on purpose, to see that the judge
says so. Needs nothing but Python and a built erl2-target:

    selftest.py [PATH-OF-erl2-target]          prints TAP
"""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

TARGET = sys.argv[1] if len(sys.argv) > 1 else './erl2-target'
IQN = 'iqn.2025-01.test:target'
ISID = bytes([0x80, 0x12, 0x34, 0x56, 0, 1])
STEP = 65536
CRC = []
for n in range(256):
    for _ in range(8):
        n = (n >> 1) ^ 0x82f63b78 if n & 1 else n >> 1
    CRC.append(n)


def crc32c(data):
    c = 0xffffffff
    for b in data:
        c = CRC[(c ^ b) & 255] ^ (c >> 8)
    return c ^ 0xffffffff


class Closed(Exception):
    pass


class Failed(Exception):
    pass


class Pdu:
    def __init__(self, hdr, data):
        self.h, self.d, self.op = hdr, data, hdr[0] & 0x3f

    def u32(self, off):
        return struct.unpack('>I', self.h[off:off + 4])[0]

    def u16(self, off):
        return struct.unpack('>H', self.h[off:off + 2])[0]

    itt = property(lambda s: s.u32(16))
    ttt = property(lambda s: s.u32(20))
    statsn = property(lambda s: s.u32(24))
    datasn = property(lambda s: s.u32(36))
    off = property(lambda s: s.u32(40))


class Session:
    def __init__(self, isid=ISID):
        self.isid, self.tsih, self.cmdsn, self.itt = isid, 0, 0x10, 0x100

    def tag(self):
        self.itt += 1
        return self.itt


class Conn:
    # A socket closed with unread bytes sends a reset, which may overtake what
    # the target has not read yet: they stay open until the target has ended.
    kept = []

    def __init__(self, sess, cid, port):
        Conn.kept.append(self)
        self.sess, self.cid, self.exp = sess, cid, 0
        self.hd = self.dd = False
        self.keys, self.buf, self.ack = {}, b'', True
        self.s = socket.socket()
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s.connect(('127.0.0.1', port))

    def tx(self, h, d=b'', bad_data=False, bad_header=False):
        h = bytearray(h)
        h[5:8] = struct.pack('>I', len(d))[1:]
        out = bytes(h)
        if self.hd:
            out += struct.pack('<I', crc32c(h) ^ bad_header)
        if d:
            padded = d + b'\0' * (-len(d) % 4)
            out += padded
            if self.dd:
                out += struct.pack('<I', crc32c(padded) ^ bad_data)
        self.s.sendall(out)

    def take(self, n, limit):
        end = time.time() + limit
        while len(self.buf) < n:
            self.s.settimeout(max(0.001, end - time.time()))
            try:
                more = self.s.recv(262144)
            except socket.timeout:
                raise Failed('nothing came in %.1f s' % limit)
            except OSError as e:
                raise Closed(str(e))
            if not more:
                raise Closed('FIN')
            self.buf += more
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def rx(self, op=None, limit=5):
        h = self.take(48, limit)
        if self.hd and struct.unpack('<I', self.take(4, limit))[0] != crc32c(h):
            raise Failed('header digest of the target is wrong')
        n, d = int.from_bytes(h[5:8], 'big'), b''
        if n:
            d = self.take(n + (-n % 4), limit)
            if self.dd and struct.unpack('<I', self.take(4, limit))[0] != crc32c(d):
                raise Failed('data digest of the target is wrong')
            d = d[:n]
        p = Pdu(h, d)
        status = p.op in (0x21, 0x22, 0x23, 0x24, 0x26, 0x32, 0x3f) or \
            (p.op == 0x25 and h[1] & 1) or (p.op == 0x20 and p.itt != 0xffffffff)
        if status and self.ack and p.statsn == self.exp:
            self.exp = (p.statsn + 1) & 0xffffffff
        if op is not None and p.op != op:
            raise Failed('opcode %02x came, not %02x' % (p.op, op))
        return p

    def rest(self, limit=0.3):
        out = []
        try:
            while True:
                out.append(self.rx(limit=limit))
        except (Failed, Closed):
            return out

    def login(self, keys=None, exp0=0, stage=1, expect=0, **override):
        lead = not self.sess.tsih
        k = {'InitiatorName': 'iqn.2025-01.test:initiator', 'TargetName': IQN,
             'HeaderDigest': 'None', 'DataDigest': 'None',
             'MaxRecvDataSegmentLength': '8192'}
        if lead:
            k.update({'SessionType': 'Normal', 'ErrorRecoveryLevel': '2',
                      'MaxConnections': '8', 'InitialR2T': 'Yes',
                      'ImmediateData': 'No', 'MaxBurstLength': '65536',
                      'FirstBurstLength': '16384', 'DefaultTime2Wait': '0',
                      'DefaultTime2Retain': '20', 'MaxOutstandingR2T': '1',
                      'DataPDUInOrder': 'Yes', 'DataSequenceInOrder': 'Yes'})
        k.update(keys or {})
        text = b''.join(('%s=%s' % kv).encode() + b'\0' for kv in k.items() if kv[1])
        h = bytearray(48)
        h[0], h[1] = override.get('op', 0x43), 0x87
        h[8:14] = self.sess.isid
        h[14:16] = struct.pack('>H', self.sess.tsih)
        h[20:22] = struct.pack('>H', self.cid)
        h[24:28] = struct.pack('>I', override.get('cmdsn', self.sess.cmdsn))
        h[28:32] = struct.pack('>I', exp0)
        self.tx(h, text)
        p = self.rx(0x23)
        if p.u16(36) != expect:
            raise Failed('login status %04x' % p.u16(36))
        if expect:
            return p
        a = dict(x.split('=', 1) for x in p.d.decode().split('\0') if '=' in x)
        self.keys, self.exp = a, (p.statsn + 1) & 0xffffffff
        self.hd = a.get('HeaderDigest') == 'CRC32C'
        self.dd = a.get('DataDigest') == 'CRC32C'
        if lead:
            self.sess.tsih = p.u16(14)
        return p

    def hdr(self, op, flags, itt, cmdsn, lun=0):
        h = bytearray(48)
        h[0], h[1], h[9] = op, flags, lun
        h[16:20] = struct.pack('>I', itt)
        h[20:24] = b'\xff' * 4
        h[24:28] = struct.pack('>I', cmdsn)
        h[28:32] = struct.pack('>I', self.exp)
        return h

    def cmd(self, cdb, read=0, write=0, cmdsn=None, itt=None, imm=b'', send=True, lun=0,
            flags=None):
        itt = itt or self.sess.tag()
        if cmdsn is None:
            cmdsn, self.sess.cmdsn = self.sess.cmdsn, self.sess.cmdsn + 1
        h = self.hdr(1, 0x81 | (0x40 if read else 0) | (0x20 if write else 0), itt, cmdsn, lun)
        if flags is not None:
            h[1] = flags
        h[20:24] = struct.pack('>I', read or write)
        h[32:48] = cdb.ljust(16, b'\0')
        if send:
            self.tx(h, imm)
        return itt, cmdsn

    def read(self, lba, n, **k):
        return self.cmd(struct.pack('>BBIBHB', 0x28, 0, lba, 0, n, 0), read=n * 512, **k)

    def write(self, lba, n, **k):
        return self.cmd(struct.pack('>BBIBHB', 0x2a, 0, lba, 0, n, 0), write=n * 512, **k)

    def tur(self, **k):
        return self.cmd(b'\0' * 6, **k)

    def data_out(self, itt, ttt, sn, off, d, final, lun=0, **k):
        h = bytearray(48)
        h[0], h[1], h[9] = 5, 0x80 if final else 0, lun
        struct.pack_into('>II', h, 16, itt, ttt)
        struct.pack_into('>I', h, 28, self.exp)
        struct.pack_into('>II', h, 36, sn, off)
        self.tx(h, d, **k)

    def answer(self, r2t, data, chunk=8192, limit=None, skip=None, spoil=None):
        off, n, sn = r2t.off, r2t.u32(44), 0
        o = off
        while o < off + n:
            piece = min(chunk, off + n - o)
            if sn != skip:
                self.data_out(r2t.itt, r2t.ttt, sn, o, data[o:o + piece],
                              o + piece == off + n, bad_data=sn == spoil)
            sn, o = sn + 1, o + piece
            if limit and sn >= limit:
                break

    def tmf(self, fn, rtt=0xffffffff, refcmdsn=0, expdatasn=0, lun=0, imm=True):
        itt = self.sess.tag()
        h = self.hdr(0x42 if imm else 2, 0x80 | fn, itt, self.sess.cmdsn, lun)
        struct.pack_into('>I', h, 20, rtt)
        struct.pack_into('>II', h, 32, refcmdsn, expdatasn)
        self.tx(h)
        if not imm:
            self.sess.cmdsn += 1
        return itt

    def reassign(self, rtt, expdatasn=0, want=0):
        self.tmf(8, rtt, expdatasn=expdatasn)
        p = self.rx(0x22)
        if p.h[2] != want:
            raise Failed('TASK REASSIGN answers %d' % p.h[2])

    def logout(self, reason, cid, expstatsn=None, imm=True):
        h = self.hdr(0x46 if imm else 6, 0x80 | reason, self.sess.tag(), self.sess.cmdsn)
        h[20:24] = struct.pack('>HH', cid, 0)
        if expstatsn is not None:
            h[28:32] = struct.pack('>I', expstatsn)
        self.tx(h)

    def snack(self, kind, itt, beg, run, ttt=0xffffffff, lun=0):
        h = self.hdr(0x10, 0x80 | kind, itt, 0, lun)
        struct.pack_into('>I', h, 20, ttt)
        struct.pack_into('>II', h, 40, beg, run)
        self.tx(h)

    def nop(self, itt=None, ttt=0xffffffff, data=b''):
        h = self.hdr(0x40, 0x80, itt or self.sess.tag(), self.sess.cmdsn)
        struct.pack_into('>I', h, 20, ttt)
        self.tx(h, data)

    def rst(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.s.close()
        time.sleep(0.05)

    def bye(self):
        self.logout(0, 0)
        while self.rx().op != 0x26:
            pass
        self.s.close()


def pattern(n, seed=0):
    return bytes((i * 7 + seed + (i >> 9)) & 255 for i in range(n))


class Target:
    """One erl2-target, for one case."""
    port = 13261

    def __init__(self, *args, scenario=None):
        self.dir = tempfile.mkdtemp(prefix='erl2-selftest.')
        Target.port += 1
        ready = self.path('ready')
        cmd = [TARGET, '--listen', '127.0.0.1:%d' % Target.port, '--lun', 'ram:16m',
               '--lun', 'tape:', '--report', self.path('report'), '--log',
               self.path('log'), '--ready', ready, *args]
        if scenario is not None:
            with open(self.path('scn'), 'w') as f:
                f.write(scenario)
            cmd += ['--scenario', self.path('scn')]
        self.p = subprocess.Popen(cmd)
        for _ in range(500):
            if os.path.exists(ready):
                return
            if self.p.poll() is not None:
                raise Failed('erl2-target does not start')
            time.sleep(0.01)
        raise Failed('erl2-target is not ready')

    def path(self, name):
        return os.path.join(self.dir, name)

    def conn(self, sess, cid, **k):
        c = Conn(sess, cid, Target.port)
        c.login(**k)
        return c

    def end(self):
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGTERM)
        rc = self.p.wait(10)
        Conn.kept.clear()
        with open(self.path('report')) as f:
            lines = f.read().splitlines()
        if rc not in (0, 1):
            raise Failed('erl2-target exits with %d' % rc)
        self.counters = dict(x.split('=') for x in lines if x.count('=') == 1)
        breaches = [x for x in lines if x.startswith('JUDGE')]
        subprocess.call(['rm', '-rf', self.dir])
        return breaches


def same(a, b, what):
    if a != b:
        raise Failed('%s: %r, expected %r' % (what, a, b))


def write_all(c, lba, data, **k):
    itt, sn = c.write(lba, len(data) // 512, **k)
    while True:
        p = c.rx()
        if p.op == 0x31:
            c.answer(p, data)
        elif p.op == 0x21:
            same(p.h[3], 0, 'status of a write')
            return itt
        elif p.op != 0x3f:
            raise Failed('opcode %02x in a write' % p.op)


def read_all(c, n, buf=None, ack=True):
    """Data-In of one read up to its status."""
    buf = buf or bytearray(n)
    while True:
        p = c.rx()
        if p.op == 0x25:
            buf[p.off:p.off + len(p.d)] = p.d
            if p.h[1] & 0x40 and ack:
                c.snack(2, 0xffffffff, p.datasn + 1, 0, p.ttt)
            if p.h[1] & 1:
                return bytes(buf)
        elif p.op == 0x21:
            same(p.h[3], 0, 'status of a read')
            return bytes(buf)


DATA = pattern(2 * STEP)

# Cases of a good initiator: each gets a target, and no breach may be reported.


def good_io(t, **keys):
    s = Session()
    c = t.conn(s, 1, keys=keys)
    write_all(c, 0, DATA)
    c.read(0, 256)
    same(read_all(c, len(DATA)), DATA, 'data')
    c.nop(data=b'ping')
    same(c.rx(0x20).d, b'ping', 'echo')
    c.bye()


def good_digests(t):
    good_io(t, HeaderDigest='CRC32C', DataDigest='CRC32C')


def good_read_continues(t):
    s = Session()
    a = t.conn(s, 1)
    write_all(a, 0, DATA)
    itt, _ = a.read(0, 256)
    buf = bytearray(len(DATA))
    for _ in range(5):
        p = a.rx(0x25)
        buf[p.off:p.off + len(p.d)] = p.d
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.reassign(itt, 5)
    p = b.rx(0x25)
    same((p.datasn, p.off), (5, 5 * 8192), 'first Data-In after the reassignment')
    buf[p.off:p.off + len(p.d)] = p.d
    same(read_all(b, len(DATA), buf), DATA, 'data')
    b.bye()


def good_read_other_mrdsl(t):
    s = Session()
    a = t.conn(s, 1)
    write_all(a, 0, DATA)
    itt, _ = a.read(0, 256)
    for _ in range(3):
        a.rx(0x25)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp, keys={'MaxRecvDataSegmentLength': '4096'})
    b.reassign(itt, 0)
    p = b.rx(0x25)
    same((p.datasn, p.off, len(p.d)), (0, 0, 4096), 'recut Data-In')
    buf = bytearray(len(DATA))
    buf[:4096] = p.d
    same(read_all(b, len(DATA), buf), DATA, 'data')
    b.bye()


def good_write_continues(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.write(0, 256)
    a.answer(a.rx(0x31), DATA)
    a.answer(a.rx(0x31), DATA, limit=2)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.reassign(itt)
    p = b.rx(0x31)
    same(p.off, STEP + 2 * 8192, 'first byte asked for again')
    b.answer(p, DATA)
    same(b.rx(0x21).h[3], 0, 'status')
    b.read(0, 256)
    same(read_all(b, len(DATA)), DATA, 'data')
    b.bye()


def good_status_again(t):
    s = Session()
    a = t.conn(s, 1)
    a.ack = False
    itt, _ = a.tur()
    a.rx(0x21)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.reassign(itt)
    same(b.rx(0x21).itt, itt, 'status again')
    b.bye()


def good_status_acknowledged(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.tur()
    a.rx(0x21)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.tmf(8, itt)
    same(b.rx(0x22).h[2], 1, 'answer for a task that is over')
    b.bye()


def good_never_received(t):
    s = Session()
    a = t.conn(s, 1)
    itt, sn = a.tur(send=False)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.tur(cmdsn=sn, itt=itt)
    same(b.rx(0x21).itt, itt, 'status of the retry')
    b.bye()


def good_survivor(t):
    s = Session()
    a = t.conn(s, 1)
    b = t.conn(s, 2)
    c = t.conn(s, 3)
    itt, _ = a.write(0, 256)
    a.answer(a.rx(0x31), DATA, limit=1)
    a.rst()
    asyncs = [p for x in (b, c) for p in x.rest(0.2) if p.op == 0x32]
    same([(p.h[36], p.u16(38)) for p in asyncs], [(2, 1)], 'Async Messages')
    b.logout(2, 1, a.exp)
    same(b.rx(0x26).h[2], 0, 'logout')
    c.reassign(itt)
    while True:
        p = c.rx()
        if p.op == 0x21:
            break
        c.answer(p, DATA)
    b.read(0, 256)
    same(read_all(b, len(DATA)), DATA, 'data')
    b.bye()


def good_planned_removal(t):
    s = Session()
    a = t.conn(s, 1)
    b = t.conn(s, 2)
    itt, _ = a.write(0, 128)
    a.rx(0x31)
    a.logout(2, 1)
    same(a.rx(0x26).h[2], 0, 'logout')
    a.s.close()
    b.reassign(itt)
    b.answer(b.rx(0x31), DATA)
    same(b.rx(0x21).h[3], 0, 'status')
    b.bye()


def good_order_across_connections(t):
    s = Session()
    a = t.conn(s, 1)
    b = t.conn(s, 2)
    one, first = a.tur(send=False)
    two, _ = b.tur()
    same(b.rest(0.2), [], 'answers before the hole is filled')
    a.tur(itt=one, cmdsn=first)
    same(a.rx(0x21).itt, one, 'first')
    same(b.rx(0x21).itt, two, 'second')
    a.bye()


def good_waiting_dropped(t):
    """CmdSN 11 waits for 10 on a connection that is lost: both go again."""
    s = Session()
    a = t.conn(s, 1)
    b = t.conn(s, 2)
    one, sn1 = a.tur(send=False)
    two, sn2 = a.tur()
    a.rst()
    b.rest(0.1)
    b.logout(2, 1, a.exp)
    p = b.rx(0x26)
    same(p.u32(28), sn1, 'ExpCmdSN of the Logout Response')
    b.tur(itt=one, cmdsn=sn1)
    b.tur(itt=two, cmdsn=sn2)
    same([b.rx(0x21).itt, b.rx(0x21).itt], [one, two], 'both')
    b.bye()


def good_data_snack(t):
    s = Session()
    a = t.conn(s, 1)
    write_all(a, 0, DATA[:STEP])
    a.ack = False
    itt, _ = a.read(0, 128)
    got = [a.rx(0x25) for _ in range(8)]
    a.snack(0, itt, 2, 3)
    again = [a.rx(0x25) for _ in range(3)]
    same([p.datasn for p in again], [2, 3, 4], 'DataSNs')
    same([p.d for p in again], [p.d for p in got[2:5]], 'data')
    a.exp = got[7].statsn + 1
    a.ack = True
    a.bye()


def good_rdata_snack(t):
    s = Session()
    a = t.conn(s, 1)
    write_all(a, 0, DATA[:STEP])
    a.ack = False
    itt, _ = a.read(0, 128)
    last = [a.rx(0x25) for _ in range(8)][7]
    a.snack(3, itt, 0, 0, ttt=0x77)
    same([a.rx(0x25).datasn for _ in range(8)], list(range(8)), 'all of it again')
    p = a.rx(0x21)
    same((p.u32(20), p.statsn), (0x77, last.statsn), 'SNACK Tag and StatSN')
    a.exp = p.statsn + 1
    a.ack = True
    a.bye()


def good_status_snack(t):
    s = Session()
    a = t.conn(s, 1)
    a.ack = False
    itt, _ = a.tur()
    sn = a.rx(0x21).statsn
    a.snack(1, 0xffffffff, sn, 1)
    same(a.rx(0x21).statsn, sn, 'StatSN of the copy')
    a.exp = sn + 1
    a.ack = True
    a.bye()


def good_r2t_snack(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.write(0, 128)
    one = a.rx(0x31)
    a.snack(0, itt, 0, 1)
    same(a.rx(0x31).ttt, one.ttt, 'TTT of the copy')
    a.answer(one, DATA)
    a.rx(0x21)
    a.bye()


def good_data_ack(t):
    """After a DataACK a reassignment goes on from there."""
    s = Session()
    a = t.conn(s, 1)
    write_all(a, 0, DATA)
    itt, _ = a.read(0, 256)
    for _ in range(8):
        p = a.rx(0x25)
    same(p.h[1] & 0xc0, 0xc0, 'F and A at the end of the burst')
    a.snack(2, 0xffffffff, 8, 0, p.ttt)
    a.ack = False
    a.rest(0.1)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.rest(0.05)
    b.tmf(8, itt, expdatasn=8)
    b.rx(0x22)
    same(b.rx(0x25).datasn, 8, 'first Data-In')
    b.rest(0.1)
    b.bye()


def good_abort_plugs(t):
    """ABORT TASK with the CmdSN of a command that never came."""
    s = Session()
    a = t.conn(s, 1)
    itt, sn = a.tur(send=False)
    other, _ = a.tur()
    a.tmf(1, itt, refcmdsn=sn)
    seen = [a.rx(), a.rx()]
    same(sorted(p.op for p in seen), [0x21, 0x22], 'answers')
    same([p.h[2] for p in seen if p.op == 0x22], [0], 'ABORT TASK')
    a.bye()


def good_abort(t):
    s = Session()
    a = t.conn(s, 1)
    itt, sn = a.write(0, 128)
    a.rx(0x31)
    a.tmf(1, itt, refcmdsn=sn)
    same(a.rx(0x22).h[2], 0, 'ABORT TASK')
    a.tmf(1, itt, refcmdsn=sn)
    same(a.rx(0x22).h[2], 1, 'again')
    a.bye()


def good_lu_reset(t):
    """Standard semantics: the open TTT is served before the answer."""
    s = Session()
    a = t.conn(s, 1)
    a.write(0, 128)
    r = a.rx(0x31)
    a.tmf(5)
    same(a.rest(0.2), [], 'answer while a TTT is open')
    a.answer(r, DATA)
    same(a.rx(0x22).h[2], 0, 'LU RESET')
    a.bye()


def good_fence(t):
    """The answer waits for ExpStatSN on the other connection."""
    s = Session()
    a = t.conn(s, 1)
    b = t.conn(s, 2)
    b.ack = False
    b.tur()
    p = b.rx(0x21)
    a.tmf(5)
    same(a.rest(0.2), [], 'answer before the acknowledgment')
    ping = b.rx(0x20)
    b.exp, b.ack = p.statsn + 1, True
    b.nop(itt=0xffffffff, ttt=ping.ttt)
    same(a.rx(0x22).h[2], 0, 'LU RESET')
    a.bye()


def good_retention(t):
    s = Session()
    a = t.conn(s, 1, keys={'DefaultTime2Retain': '1'})
    b = t.conn(s, 2)
    itt, _ = a.write(0, 128)
    a.rx(0x31)
    a.rst()
    time.sleep(1.4)
    b.rest(0.1)
    b.logout(2, 1, a.exp)
    same(b.rx(0x26).h[2], 1, 'logout of a CID that expired')
    itt, _ = b.tur()
    p = b.rx(0x21)
    same((p.h[3], p.d[2 + 12], p.d[2 + 13]), (2, 0x47, 0x7f), 'unit attention')
    b.bye()


def good_session_reinstated(t):
    s = Session()
    a = t.conn(s, 1)
    a.rst()
    s2 = Session()
    b = t.conn(s2, 1)
    if s2.tsih == s.tsih:
        raise Failed('the TSIH is the same')
    c = Conn(s, 1, Target.port)
    c.login(exp0=a.exp, expect=0x020a)
    c.s.close()
    b.rest(0.05)
    b.bye()


def good_async_on_request(t):
    """A scenario: Async 1 at the first NOP, and the Logout that it asks for."""
    s = Session()
    a = t.conn(s, 1)
    a.nop(data=b'x')
    p = a.rx()
    while p.op != 0x32:
        p = a.rx()
    same(p.h[36], 1, 'AsyncEvent')
    a.rest(0.1)
    a.bye()


def good_invented(t):
    """Made up PDUs: in one piece, with the ITT that comes next, numbered."""
    a = t.conn(Session(), 1)
    a.sess.itt = 0x2004         # tag 5 of an initiator whose tags have 12 bits
    a.read(0, 1)
    p = a.rx(0x25)
    same((p.itt, p.off, p.datasn, len(p.d)), (0x3005, 512, 7, 5), 'made up Data-In')
    q = a.rx(0x25)
    same((q.itt, q.h[1] & 1), (0x2005, 1), 'the real one')
    r = a.rx(0x21)
    same((r.itt, r.statsn), (0x3005, q.statsn + 1), 'made up status')
    same(a.rx(0x21).statsn, q.statsn + 2, 'a copy of it')
    itts = [a.rx(0x20).itt for _ in range(3)]
    same(itts, [0xffffffff] * 3, 'NOP-Ins')
    if a.buf:
        raise Failed('more than was said')
    a.nop(data=b'x')
    same([a.rx(0x20).u32(28) for _ in range(2)], [0x11] * 2, 'ExpCmdSN stays')


def good_drip(t):
    """A PDU in pieces of 100 bytes, 20 ms apart."""
    a = t.conn(Session(), 1)
    a.read(0, 2)
    a.s.settimeout(1)
    begin, reads, got = time.time(), 0, 0
    while got < 48 + 1024:
        got += len(a.s.recv(65536))
        reads += 1
    if reads < 11 or time.time() - begin < 0.2:
        raise Failed('%d pieces in %.2f s' % (reads, time.time() - begin))


def good_digest_error(t):
    s = Session()
    a = t.conn(s, 1, keys={'DataDigest': 'CRC32C', 'HeaderDigest': 'CRC32C'})
    itt, _ = a.write(0, 128)
    r = a.rx(0x31)
    a.answer(r, DATA, spoil=2)
    p = a.rx(0x3f)
    same(p.h[2], 2, 'reason')
    p = a.rx(0x31)
    same((p.u32(36), p.off), (1, 2 * 8192), 'recovery R2T')
    a.answer(p, DATA)
    same(a.rx(0x21).h[3], 0, 'status')
    a.read(0, 128)
    same(read_all(a, STEP), DATA[:STEP], 'data')
    a.bye()


def good_tape(t):
    s = Session()
    a = t.conn(s, 1)
    for i in range(3):
        d = pattern(1024, i)
        a.cmd(struct.pack('>BB', 0x0a, 0) + struct.pack('>I', 1024)[1:], write=1024, lun=1)
        r = a.rx(0x31)
        a.data_out(r.itt, r.ttt, 0, 0, d, True, lun=1)
        same(a.rx(0x21).h[3], 0, 'WRITE')
    a.cmd(bytes([0x10, 0, 0, 0, 1]), lun=1)
    same(a.rx(0x21).h[3], 0, 'WRITE FILEMARKS')
    a.cmd(bytes([0x01]), lun=1)
    same(a.rx(0x21).h[3], 0, 'REWIND')
    for i in range(3):
        a.cmd(bytes([0x08, 0, 0, 4, 0]), read=1024, lun=1)
        same(read_all(a, 1024), pattern(1024, i), 'record %d' % i)
    a.cmd(bytes([0x08, 0, 0, 4, 0]), read=1024, lun=1)
    p = a.rx(0x21)
    same((p.h[3], p.d[2 + 2]), (2, 0x80), 'filemark')
    a.bye()


def good_many_r2ts(t):
    s = Session()
    a = t.conn(s, 1, keys={'MaxOutstandingR2T': '4', 'DataSequenceInOrder': 'No',
                           'MaxBurstLength': '16384'})
    same(a.keys['MaxOutstandingR2T'], '4', 'MaxOutstandingR2T')
    itt, _ = a.write(0, 256)
    first = [a.rx(0x31) for _ in range(4)]
    for r in first:
        a.answer(r, DATA)
    while True:
        p = a.rx()
        if p.op == 0x21:
            break
        a.answer(p, DATA)
    a.read(0, 256)
    same(read_all(a, len(DATA)), DATA, 'data')
    a.bye()


def good_unsolicited(t):
    s = Session()
    a = t.conn(s, 1, keys={'InitialR2T': 'No', 'ImmediateData': 'Yes'})
    itt, _ = a.write(0, 128, imm=DATA[:4096], flags=0x21)
    a.data_out(itt, 0xffffffff, 0, 4096, DATA[4096:12288], False)
    a.data_out(itt, 0xffffffff, 1, 12288, DATA[12288:16384], True)
    p = a.rx(0x31)
    same(p.off, 16384, 'offset of the R2T')
    a.answer(p, DATA)
    a.rx(0x21)
    a.read(0, 128)
    same(read_all(a, STEP), DATA[:STEP], 'data')
    a.bye()


# Cases of a bad initiator: the judge has to say this.


def bad_cmdsn_jump(t):
    a = t.conn(Session(), 1, keys={'ErrorRecoveryLevel': '0'})
    a.sess.cmdsn += 1
    a.tur()


def bad_window(t):
    a = t.conn(Session(), 1)
    a.tur(cmdsn=a.sess.cmdsn + 5000)


def bad_expstatsn_ahead(t):
    a = t.conn(Session(), 1)
    a.exp += 3
    a.tur()


def bad_expstatsn_back(t):
    a = t.conn(Session(), 1)
    a.tur()
    a.rx()
    a.tur()
    a.rx()
    a.exp -= 2
    a.tur()


def bad_ack_of_lost(t):
    a = t.conn(Session(), 1)
    a.tur()
    time.sleep(0.1)
    a.exp += 1
    a.tur()


def bad_tag_in_use(t):
    a = t.conn(Session(), 1)
    itt, _ = a.write(0, 128)
    a.rx(0x31)
    a.tur(itt=itt)


def bad_reassign_before_logout(t):
    s = Session()
    a, b = t.conn(s, 1), t.conn(s, 2)
    itt, _ = a.write(0, 128)
    a.rx(0x31)
    a.rst()
    b.rest(0.1)
    b.tmf(8, itt)


def bad_reassign_lun(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.write(0, 128)
    a.rx(0x31)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.tmf(8, itt, lun=1)


def bad_reassign_refcmdsn(t):
    s = Session()
    a = t.conn(s, 1)
    itt, sn = a.write(0, 128)
    a.rx(0x31)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.tmf(8, itt, refcmdsn=sn)


def bad_reassign_not_immediate(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.write(0, 128)
    a.rx(0x31)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.tmf(8, itt, imm=False)


def bad_expdatasn(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.read(0, 128)
    a.rx(0x25)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.tmf(8, itt, expdatasn=99)


def bad_login_expstatsn(t):
    s = Session()
    a = t.conn(s, 1)
    a.tur()
    a.rx()
    a.nop()
    a.rx()
    a.rst()
    t.conn(s, 1, exp0=a.exp - 5)


def bad_logout_expstatsn(t):
    s = Session()
    a, b = t.conn(s, 1), t.conn(s, 2)
    for _ in range(3):
        b.tur()
        b.rx()
    a.rst()
    b.rest(0.1)
    b.logout(2, 1, b.exp)


def bad_logout_waits(t):
    s = Session()
    a, b = t.conn(s, 1), t.conn(s, 2)
    a.rst()
    b.rest(0.1)
    b.logout(2, 1, a.exp, imm=False)


def bad_retry_accepted(t):
    s = Session()
    a = t.conn(s, 1)
    itt, sn = a.write(0, 128)
    a.rx(0x31)
    a.nop()
    a.rx(0x20)
    a.nop()
    a.rx(0x20)
    a.write(0, 128, itt=itt, cmdsn=sn)


def bad_retry_elsewhere(t):
    s = Session()
    a, b = t.conn(s, 1), t.conn(s, 2)
    a.tur(send=False)
    itt, sn = a.tur()
    time.sleep(0.1)
    b.tur(itt=itt, cmdsn=sn)


def bad_retry_differs(t):
    s = Session()
    a = t.conn(s, 1)
    a.tur(send=False)
    itt, sn = a.tur()
    a.cmd(b'\x03', itt=itt, cmdsn=sn)


def bad_data_out_offset(t):
    a = t.conn(Session(), 1)
    a.write(0, 128)
    r = a.rx(0x31)
    a.data_out(r.itt, r.ttt, 0, 8192, DATA[:8192], False)


def bad_data_out_sn(t):
    a = t.conn(Session(), 1)
    a.write(0, 128)
    r = a.rx(0x31)
    a.answer(r, DATA, skip=1)


def bad_data_out_final(t):
    a = t.conn(Session(), 1)
    a.write(0, 128)
    r = a.rx(0x31)
    a.data_out(r.itt, r.ttt, 0, 0, DATA[:8192], True)


def bad_old_ttt(t):
    s = Session()
    a = t.conn(s, 1)
    itt, _ = a.write(0, 128)
    r = a.rx(0x31)
    a.rst()
    b = t.conn(s, 1, exp0=a.exp)
    b.reassign(itt)
    b.rx(0x31)
    b.answer(r, DATA)


def bad_data_elsewhere(t):
    s = Session()
    a, b = t.conn(s, 1), t.conn(s, 2)
    a.write(0, 128)
    b.answer(a.rx(0x31), DATA)


def bad_unsolicited_forbidden(t):
    a = t.conn(Session(), 1)
    a.write(0, 128, flags=0x21)


def bad_immediate_data(t):
    a = t.conn(Session(), 1)
    a.write(0, 128, imm=DATA[:512])


def bad_leading_key(t):
    s = Session()
    t.conn(s, 1)
    t.conn(s, 2, keys={'MaxBurstLength': '65536'})


def bad_login_not_immediate(t):
    Conn(Session(), 1, Target.port).login(op=0x03)


def bad_reserved(t):
    a = t.conn(Session(), 1)
    h = a.hdr(0x40, 0x80, a.sess.tag(), a.sess.cmdsn)
    h[3] = 1
    a.tx(h)


def bad_snack_level(t):
    a = t.conn(Session(), 1, keys={'ErrorRecoveryLevel': '0'})
    a.snack(1, 0xffffffff, 0, 0)


def bad_snack_after_ack(t):
    a = t.conn(Session(), 1)
    itt, _ = a.read(0, 256)
    for _ in range(8):
        p = a.rx(0x25)
    a.snack(2, 0xffffffff, 8, 0, p.ttt)
    a.snack(0, itt, 3, 1)


def bad_ping_reply(t):
    a = t.conn(Session(), 1)
    a.nop(itt=0xffffffff, ttt=0x1234)


def bad_after_logout(t):
    a = t.conn(Session(), 1)
    t.conn(a.sess, 2)
    a.logout(1, 1)
    a.nop()


def bad_still_open(t):
    s = Session()
    a = t.conn(s, 1)
    t.conn(s, 1, exp0=a.exp)


GOOD = [
    (good_io, {}),
    (good_digests, {}),
    (good_read_continues, {'resumed_reads': 1, 'reassign0': 1}),
    (good_read_other_mrdsl, {'resumed_reads': 1}),
    (good_write_continues, {'resumed_writes': 1}),
    (good_status_again, {'resent_status': 1}),
    (good_status_acknowledged, {'reassign1': 1}),
    (good_never_received, {'reassign0': 0}),
    (good_survivor, {'logout2': 1, 'async2': 1}),
    (good_planned_removal, {'logout2': 1, 'resumed_writes': 1}),
    (good_order_across_connections, {}),
    (good_waiting_dropped, {}),
    (good_data_snack, {'snack0': 1}),
    (good_rdata_snack, {'snack3': 1}),
    (good_status_snack, {'snack1': 1}),
    (good_r2t_snack, {'snack0': 1}),
    (good_data_ack, {'snack2': 1}),
    (good_abort_plugs, {}),
    (good_abort, {}),
    (good_lu_reset, {}),
    (good_fence, {}),
    (good_retention, {'expired_tasks': 1}),
    (good_session_reinstated, {'reinstated_sessions': 1}),
    (good_tape, {}),
    (good_many_r2ts, {}),
    (good_unsolicited, {}),
]

INVENTED = """
on tx DataIn nth=1 : inject DataIn itt=unsent5,off=512,datasn=7,len=5 ; glue
on tx DataIn nth=1 : append ScsiRsp itt=unsent5 ; append ScsiRsp itt=unsent5
on tx DataIn nth=1 : append NopIn count=3 ; glue
on rx NopOut nth=1 : freeze ; cork ; send NopIn ; wait 50 ; uncork
"""

# What has to be said, and a scenario where one is needed.
BAD = [
    (bad_cmdsn_jump, '4.2.2.1: ScsiCmd: CmdSN', None),
    (bad_window, 'above MaxCmdSN', None),
    (bad_expstatsn_ahead, 'but only', None),
    (bad_expstatsn_back, 'goes back', None),
    (bad_ack_of_lost, 'that was lost', 'on tx ScsiRsp nth=1 : drop'),
    (bad_tag_in_use, 'belongs to a task', None),
    (bad_reassign_before_logout, 'before cid 1 is logged out', None),
    (bad_reassign_lun, '11.5.3: LUN in function 8', None),
    (bad_reassign_refcmdsn, '11.5.5: RefCmdSN', None),
    (bad_reassign_not_immediate, 'is not immediate', None),
    (bad_expdatasn, '11.5.6: ExpDataSN 99', None),
    (bad_login_expstatsn, '11.14.4: reinstatement login', None),
    (bad_logout_expstatsn, '11.14.4: Logout', None),
    (bad_logout_waits, 'recovery Logout is not immediate', None),
    (bad_retry_accepted, '7.2.1: CmdSN', None),
    (bad_retry_elsewhere, 'which is not logged out', None),
    (bad_retry_differs, 'differs from the original', None),
    (bad_data_out_offset, '11.8: offset 8192', None),
    (bad_data_out_sn, '11.7.5: DataSN 2', None),
    (bad_data_out_final, '11.7.1: F=1', None),
    (bad_old_ttt, 'E.1: Data-Out for ttt', None),
    (bad_data_elsewhere, '4.2.5.1: Data-Out', None),
    (bad_unsolicited_forbidden, '13.10', None),
    (bad_immediate_data, '13.11', None),
    (bad_leading_key, '13: MaxBurstLength in a login', None),
    (bad_login_not_immediate, '11.12: Login Request is not immediate', None),
    (bad_reserved, '11: NopOut: reserved bits 01 in byte 3', None),
    (bad_snack_level, '11.16: SNACK at ERL 0', None),
    (bad_snack_after_ack, '11.16.2: DataSN 3', None),
    (bad_ping_reply, '11.18: answer to ping', None),
    (bad_after_logout, '11.14: NopOut after the Logout', None),
    (bad_still_open, '6.3.4: connection reinstatement while', None),
]


def bad_time2wait(t):
    s = Session()
    a = t.conn(s, 1, keys={'DefaultTime2Wait': '2'})
    a.nop()
    a.rest(0.2)
    t.conn(s, 1, exp0=a.exp)


def run_good(fn, want, scenario=None):
    t = Target(scenario=scenario)
    try:
        fn(t)
    finally:
        breaches = t.end()
    if breaches:
        raise Failed(breaches[0])
    for k, v in want.items():
        same(int(t.counters[k]), v, k)


def run_bad(fn, text, scenario, *args):
    t = Target(*args, scenario=scenario)
    try:
        try:
            fn(t)
        except (Closed, Failed):
            pass
        for _ in range(100):
            with open(t.path('report')) as f:
                if text in f.read():
                    break
            time.sleep(0.02)
    finally:
        breaches = t.end()
    if not any(text in b for b in breaches):
        raise Failed('%r was not reported: %r' % (text, breaches))


def run_scenario_async():
    t = Target(scenario='on rx NopOut after nth=1 : async 1 0 0 5\n'
               'expect rx Logout reason=0 count 1\n')
    try:
        good_async_on_request(t)
    finally:
        breaches = t.end()
    if breaches:
        raise Failed(breaches[0])


def run_chap_refused():
    t = Target('--chap', 'user:secret12345678')
    try:
        Conn(Session(), 1, Target.port).login(expect=0x0201)
    finally:
        if t.end():
            raise Failed('a refusal is no breach')


def run_unmet():
    """A scenario whose rule never happens, or whose count is wrong, fails."""
    t = Target(scenario='on rx Tmf : drop\nexpect rx Text count 1\n')
    try:
        good_io(t)
    finally:
        breaches = t.end()
    same([b.split(': ')[1] for b in breaches], ['scenario', 'scenario'], 'reported')


def main():
    cases = [(f.__name__, lambda f=f, w=w: run_good(f, w)) for f, w in GOOD]
    cases += [(f.__name__, lambda f=f, x=x, s=s: run_bad(f, x, s)) for f, x, s in BAD]
    cases += [('bad_time2wait', lambda: run_bad(
        bad_time2wait, '7.5: reinstatement login',
        'on rx NopOut after nth=1 : wait 100 ; rst')),
        ('good_digest_error', lambda: run_good(
            good_digest_error, {'digest_errors': 1}, 'allow wrong data digest\n')),
        ('good_invented', lambda: run_good(good_invented, {}, INVENTED)),
        ('good_drip', lambda: run_good(good_drip, {}, 'on tx DataIn nth=1 : drip 100 20')),
        ('scenario_async', run_scenario_async),
        ('scenario_unmet', run_unmet),
        ('chap_refused', run_chap_refused)]
    print('TAP version 13\n1..%d' % len(cases))
    failed = 0
    for i, (name, fn) in enumerate(cases, 1):
        try:
            fn()
            print('ok %d %s' % (i, name))
        except (Failed, Closed, OSError, KeyError) as e:
            failed += 1
            print('not ok %d %s\n# %s: %s' % (i, name, type(e).__name__, e))
        sys.stdout.flush()
    return 1 if failed else 0


sys.exit(main())
