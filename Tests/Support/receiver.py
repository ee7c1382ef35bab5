"""usage: receiver.py PORT FILE SIZE PAUSE

A receiver behind a terminal server: plays FILE to whoever connects to PORT of 127.0.0.1, SIZE bytes at a time with PAUSE
seconds between them, beginning a second after that, then is silent. gpsd takes it as `tcp://127.0.0.1:PORT`.
"""
import socket
import sys
import time

port, path, size, pause = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
with open(path, "rb") as file:
    stream = file.read()
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(1)
connections = []
while True:
    connections.append(listener.accept()[0])
    time.sleep(1)
    try:
        for start in range(0, len(stream), size):
            connections[-1].sendall(stream[start : start + size])
            time.sleep(pause)
    except OSError:
        pass
