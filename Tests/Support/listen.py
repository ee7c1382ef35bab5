"""usage: listen.py KEY [GROUP…]

Hears what is broadcast or multicast to UDP port 123 of eth0, as relays and switches do that never ask. A line a
datagram: seconds since 1970 when it arrived (by the kernel), the datagram, and the MD5 of KEY and its first 48 bytes.
"""
import hashlib
import select
import socket
import struct
import sys

SO_TIMESTAMPNS = 35  # asm-generic/socket.h

key = sys.argv[1].encode()
index = socket.if_nametoindex("eth0")
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
for group in sys.argv[2:]:
    if ":" in group:
        request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
    else:
        request = socket.inet_aton(group) + socket.inet_aton("0.0.0.0") + struct.pack("@i", index)
        four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
for listener in four, six:
    listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    listener.bind(("", 123))
print("listening", flush=True)
while True:
    for listener in select.select([four, six], [], [])[0]:
        datagram, [(_, _, stamp)], _, _ = listener.recvmsg(2048, 64)
        seconds, nanoseconds = struct.unpack("@qq", stamp)
        digest = hashlib.md5(key + datagram[:48]).hexdigest()
        print(f"{seconds}.{nanoseconds:09} {datagram.hex()} {digest}", flush=True)
