/**
 * The other end of the measurements of the network alone: a process of its own, like the server,
 * that echoes on one port and swallows on another. As a program it prints both ports, as JSON, and
 * runs until it is killed.
 */
import { writeAll } from "../../shared/io.ts";
import { KiB } from "../../shared/limits.ts";

export interface LimitPeer extends AsyncDisposable {
  readonly pid: number;
  /** Sends back whatever it receives. */
  readonly echo: number;
  /** Takes bytes until the other side ends its stream, then answers with one byte. */
  readonly sink: number;
}

/** Starts the process and waits until it listens. */
export async function startLimitPeer(): Promise<LimitPeer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1", import.meta.url],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const stop = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
  };
  const output = child.stdout.pipeThrough(new TextDecoderStream());
  let line = "";
  for await (const text of output) {
    line += text;
    if (line.includes("\n")) break;
  }
  if (!line.includes("\n")) {
    await stop();
    throw new Error("the echo process did not start");
  }
  const ports = JSON.parse(line) as { echo: number; sink: number };
  return { ...ports, pid: child.pid, [Symbol.asyncDispose]: stop };
}

/** Serves each connection to a new port by `serve`. Returns the port. */
function listen(serve: (conn: Deno.TcpConn) => Promise<void>): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of listener) {
      conn.setNoDelay(true);
      serve(conn).catch(console.error).finally(() => conn.close());
    }
  })();
  return listener.addr.port;
}

async function echo(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4 * KiB);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    await writeAll(conn, buffer.subarray(0, count));
  }
}

async function swallow(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(256 * KiB);
  while (await conn.read(buffer) !== null);
  await writeAll(conn, new Uint8Array(1));
}

if (import.meta.main) console.log(JSON.stringify({ echo: listen(echo), sink: listen(swallow) }));
