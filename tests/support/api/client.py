"""A client of the JSON-RPC, written from client/daemon/API.md alone, with Python's library alone.

Usage: python3 client.py PROGRAM SERVER FOLDER, where PROGRAM is a JSON array of arguments. It ends
with code 0 and the line "done" if everything is as API.md says.
"""

import hmac
import itertools
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 120


class Failed(Exception):
    """The error of an answer."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data") or {}


class Rpc:
    """One conversation: requests, answers, notifications, and requests of the other side."""

    def __init__(self, reader, writer, answers=None):
        self.reader = reader
        self.writer = writer
        self.ids = itertools.count(1)
        self.waiting = {}
        self.events = queue.Queue()
        self.told = []
        self.strange = queue.Queue()
        self.answers = answers or {}
        threading.Thread(target=self.read, daemon=True).start()

    def write(self, value):
        line = value if isinstance(value, str) else json.dumps(value)
        self.writer.write((line + "\n").encode())
        self.writer.flush()

    def read(self):
        for line in self.reader:
            message = json.loads(line)
            if isinstance(message, list) or message.get("id") is None and "error" in message:
                self.strange.put(message)
            elif "method" not in message:
                self.waiting[message["id"]].put(message)
            elif "id" in message:
                result = self.answers[message["method"]](message["params"])
                self.write({"jsonrpc": "2.0", "id": message["id"], "result": result})
            elif message["method"] == "event":
                self.events.put(message["params"])
            else:
                self.told.append((message["method"], message["params"]))

    def begin(self, method, params=None):
        number = next(self.ids)
        self.waiting[number] = queue.Queue()
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}
        self.write(request)
        return number

    def end(self, number):
        answer = self.waiting[number].get(timeout=PATIENCE)
        assert answer["jsonrpc"] == "2.0", answer
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]

    def call(self, method, **params):
        return self.end(self.begin(method, {k.replace("_", "-"): v for k, v in params.items()}))

    def notify(self, method, params):
        self.write({"jsonrpc": "2.0", "method": method, "params": params})

    def event(self, wanted):
        """Waits for an event of which `wanted` is true."""
        while True:
            event = self.events.get(timeout=PATIENCE)
            if wanted(event):
                return event

    def failure(self, method, **params):
        try:
            self.call(method, **params)
        except Failed as failed:
            return failed
        raise AssertionError(f"{method} did not fail")

    def of(self, number, kind):
        """What was told of a request by notifications of this kind."""
        return [params for method, params in self.told
                if method == kind and params["request"] == number]


def over_stdio(program, server, folder, answers):
    process = subprocess.Popen(
        [*program, "--profile", folder, "--server", server, "daemon", "--stdio"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, Rpc(process.stdout, process.stdin, answers)


def prove(conn, secret):
    """Shows the engine on a port that we know the secret, once it has shown it."""
    own = os.urandom(32)
    conn.sendall(own.hex().encode() + b"\n")
    line = b""
    while not line.endswith(b"\n"):
        line += conn.recv(1)
    theirs, proof = (bytes.fromhex(word) for word in line.decode().split())

    def proof_of(role):
        return hmac.digest(secret, role + own + theirs, "sha256")

    assert hmac.compare_digest(proof, proof_of(b"engine")), "a stranger listens on the port"
    conn.sendall(proof_of(b"front end").hex().encode() + b"\n")


def over_socket(folder):
    with open(os.path.join(folder, "engine.json")) as file:
        place = json.load(file)
    if "socket" in place:
        conn = socket.socket(socket.AF_UNIX)
        conn.connect(os.path.join(folder, place["socket"]))
    else:
        conn = socket.create_connection(("127.0.0.1", place["port"]))
        prove(conn, bytes.fromhex(place["secret"]))
    return Rpc(conn.makefile("rb"), conn.makefile("wb"))


def started(program, server, folder):
    """A daemon without --stdio, once it says where it listens."""
    process = subprocess.Popen(
        [*program, "--profile", folder, "--server", server, "daemon", "--idle", "60"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    end = time.monotonic() + PATIENCE
    while not os.path.exists(os.path.join(folder, "engine.json")):
        assert process.poll() is None and time.monotonic() < end, "the daemon does not start"
        time.sleep(0.01)
    return process


def check_discovery(rpc):
    description = rpc.call("rpc.discover")
    assert description["openrpc"].startswith("1.3."), description["openrpc"]
    methods = {method["name"]: method for method in description["methods"]}
    for name in ["register", "send", "send-file", "fetch", "history", "subscribe", "stop"]:
        assert name in methods, name
    params = {param["name"]: param for param in methods["send"]["params"]}
    assert params["peer"]["required"] and params["peer"]["schema"]["type"] == "string", params


def check_errors(rpc):
    for method, params, code, name in [
        ("sned", {}, -32601, None),
        ("history", {}, -32602, "peer"),
        ("history", {"peer": 5}, -32602, "peer"),
        ("history", {"peer": "bob", "wrong": 1}, -32602, "wrong"),
        ("receive", {"max_size": "huge"}, -32602, "max-size"),
    ]:
        failed = rpc.failure(method, **params)
        assert (failed.code, failed.data.get("param")) == (code, name), (method, failed.data)
    failed = rpc.failure("history", peer="nobody")
    assert (failed.code, failed.data["code"]) == (-32000, "unknown-name"), failed.data
    rpc.write("this is no JSON")
    assert rpc.strange.get(timeout=PATIENCE)["error"]["code"] == -32700
    rpc.write([{"jsonrpc": "2.0", "id": "a", "method": "whoami"}, 1])
    answers = {answer["id"]: answer for answer in rpc.strange.get(timeout=PATIENCE)}
    assert answers["a"]["result"]["items"][0]["name"] == "alice", answers
    assert answers[None]["error"]["code"] == -32600, answers


def check_texts(alice, bob):
    for number, (one, other, name) in enumerate([(alice, bob, "bob"), (bob, alice, "alice")]):
        text = f"Grüße {number} 🙂\nin two lines"
        (sent,) = one.call("send", peer=name, text=text)["items"]
        assert sent["to"]["name"] == name, sent
        event = other.event(lambda e: (e.get("entry") or {}).get("text") == text)
        assert event["entry"]["direction"] == "received", event
    # A text that a person types.
    alice.call("send", peer="bob")
    bob.event(lambda e: (e.get("entry") or {}).get("text") == "typed")
    listing = alice.begin("history", {"peer": "bob", "stream": True})
    assert alice.end(listing)["items"] == []
    texts = [params["item"].get("text") for params in alice.of(listing, "item")]
    assert len(texts) == 3 and texts[-1] == "typed", texts


def check_file(alice, bob, folder):
    path = os.path.join(folder, "big.bin")
    content = os.urandom(1024 * 1024) * 8
    with open(path, "wb") as file:
        file.write(content)
    sending = alice.begin("send-file", {"peer": "bob", "paths": [path]})
    alice.end(sending)
    progress = [params["progress"] for params in alice.of(sending, "progress")]
    assert progress and progress[-1]["size"] == len(content), progress
    event = bob.event(lambda e: e["kind"] == "transfer" and e["transfer"]["state"] == "waiting")
    out = os.path.join(folder, "out")
    (fetched,) = bob.call("fetch", number=event["number"], out=out)["items"]
    with open(fetched["path"], "rb") as file:
        assert file.read() == content
    done = bob.event(lambda e: e["kind"] == "transfer" and e["transfer"]["state"] == "done")
    assert done["transfer"]["done"] == len(content), done


def check_cancelling(bob, other):
    following = bob.begin("receive", {"follow": True, "stream": True})
    # It runs, and holds nobody up.
    assert other.call("whoami")["items"][0]["name"] == "bob"
    assert bob.waiting[following].empty(), "following ended by itself"
    bob.notify("cancel", {"request": following})
    try:
        bob.end(following)
    except Failed as failed:
        assert failed.data["code"] == "interrupted", failed.data


def main(program, server, folder):
    alice_folder, bob_folder = (os.path.join(folder, name) for name in ("alice", "bob"))
    os.mkdir(bob_folder)
    first, alice = over_stdio(program, server, alice_folder, {"text": lambda _: "typed"})
    second = started(program, server, bob_folder)
    bob, other = over_socket(bob_folder), over_socket(bob_folder)
    try:
        check_discovery(alice)
        assert alice.call("version") == bob.call("version")
        for rpc, name in [(alice, "alice"), (bob, "bob")]:
            (identity,) = rpc.call("register", **{"as": name})["items"]
            assert identity["name"] == name, identity
            assert "entry" in rpc.call("subscribe")["kinds"]
            rpc.event(lambda e: e["kind"] == "connection" and e["state"] == "connected")
        check_texts(alice, bob)
        check_errors(alice)
        check_file(alice, bob, folder)
        check_cancelling(bob, other)
        bob.call("stop")
        assert second.wait(PATIENCE) == 0
        # What is asked last is still answered when standard input ends.
        last = alice.begin("whoami")
        first.stdin.close()
        assert alice.end(last)["items"][0]["name"] == "alice"
        assert first.wait(PATIENCE) == 0
        print("done")
    finally:
        first.kill()
        second.kill()


main(json.loads(sys.argv[1]), *sys.argv[2:])
