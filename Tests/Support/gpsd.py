"""usage: gpsd.py mute|empty|blind|waiting|timed

A gpsd of paper on TCP port 2947: one that does not greet, one without a receiver, one that understands nothing of what
its receiver sends, one whose receiver has no fix, one whose receiver has the time.
"""
import datetime
import json
import socket
import sys
import threading
import time

kind = sys.argv[1]
listener = socket.create_server(("127.0.0.1", 2947))


def serve(client):
    def send(message):
        client.sendall((json.dumps(message, separators=(",", ":")) + "\r\n").encode())

    if kind == "mute":
        time.sleep(60)
        return
    send({"class": "VERSION", "release": "3.22", "rev": "3.22", "proto_major": 3, "proto_minor": 14})
    client.recv(4096)
    device = {"class": "DEVICE", "path": "/dev/gps9", "activated": "2026-11-21T10:00:00.000Z"}
    if kind in ("waiting", "timed"):
        device["driver"] = "u-blox"
    send({"class": "DEVICES", "devices": [] if kind == "empty" else [device]})
    while True:
        fix = {"class": "TPV", "device": "/dev/gps9", "mode": 1}
        if kind == "timed":
            fix.update(mode=3, time=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        if kind in ("waiting", "timed"):
            send(fix)
        time.sleep(1)


def answer(client):
    try:
        serve(client)
    except OSError:
        pass  # The client has gone away.


while True:
    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
