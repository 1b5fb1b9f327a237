/**
 * The system calls by which a process changes files, as `strace` records them. The Debian package
 * has that name; containers allow it unless they are told otherwise.
 */
import { type Bytes, fromHex, fromUtf8 } from "../../../shared/bytes.ts";
import { threads } from "../process_facts.ts";
import type { ServerProcess } from "../server_process.ts";
import { until } from "../until.ts";

const CALLS = "openat,close,write,pwrite64,writev,pwritev,lseek,ftruncate,fallocate,fsync," +
  "fdatasync,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,rmdir," +
  "dup,dup2,dup3,fcntl,copy_file_range,sendfile";

/** One system call, or one end of it: fsyncs have both, as they cover what was written before. */
export interface SystemCall {
  /** Milliseconds since 1970, with fractions. */
  at: number;
  name: string;
  /** As `strace` writes them; bytes are in hex. */
  args: string[];
  result: number;
  /** Whether it begins here; otherwise it has ended. */
  begins: boolean;
}

/** Reports whether this machine lets a process be recorded. */
export async function canRecord(): Promise<boolean> {
  const trial = new Deno.Command("strace", {
    args: ["-f", "--seccomp-bpf", "true"],
    stderr: "null",
  });
  return await trial.output().then(({ success }) => success, () => false);
}

/** What runs a program so that its calls are recorded in the file `log`. */
export function recorder(log: string): string[] {
  const bytes = ["-xx", "-s", String(2 ** 24)];
  return ["strace", "-D", "-f", "-q", "--seccomp-bpf", "-ttt", ...bytes, "-e", `trace=${CALLS}`]
    .concat("-o", log);
}

/** Returns the calls in the file `log`, in their order. */
export async function* readCalls(log: string): AsyncIterable<SystemCall> {
  const file = await Deno.open(log);
  const begun = new Map<string, string>();
  for await (const line of linesOf(file.readable)) {
    const match = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line);
    if (!match) continue;
    const [, thread, time, text] = match;
    const at = Number(time) * 1000;
    const unfinished = text.endsWith(" <unfinished ...>");
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (unfinished) {
      begun.set(thread, text.slice(0, -" <unfinished ...>".length));
      const call = parse(`${begun.get(thread)}) = 0`);
      if (call) yield { at, ...call, begins: true };
      continue;
    }
    const whole = resumed ? `${begun.get(thread) ?? ""}${resumed[1]}` : text;
    const call = parse(whole);
    if (!call) continue;
    if (!resumed) yield { at, ...call, begins: true };
    yield { at, ...call, begins: false };
  }
}

/**
 * Kills a server whose calls are recorded in the file `log`, between two calls of each thread: the
 * record of a call that a kill breaks off does not say whether it was carried out.
 */
export async function killBetweenCalls(server: ServerProcess, log: string): Promise<void> {
  server.process.kill("SIGSTOP");
  await until("all of it has stopped", async () => {
    const stopped = (await Deno.readTextFile(log)).match(/--- stopped by SIGSTOP ---$/gm);
    return (stopped?.length ?? 0) >= await threads(server.pid);
  });
  await server.kill("SIGKILL");
}

/** Reports whether the record of the process `pid` is whole: it has ended. */
export async function isComplete(log: string, pid: number): Promise<boolean> {
  const { size } = await Deno.stat(log).catch(() => ({ size: 0 }));
  const tail = new Uint8Array(Math.min(size, 4096));
  if (size === 0) return false;
  using file = await Deno.open(log);
  await file.seek(size - tail.length, Deno.SeekMode.Start);
  await file.read(tail);
  return new RegExp(`^${pid} .*\\+\\+\\+ (exited|killed)`, "m").test(
    new TextDecoder().decode(tail),
  );
}

function parse(text: string): Pick<SystemCall, "name" | "args" | "result"> | null {
  const open = text.indexOf("(");
  const end = /\) *= (\d+)[^=]*$/.exec(text.slice(-200)); // a failure has a number below zero
  if (open <= 0 || !end) return null;
  const result = Number(end[1]);
  const args = text.slice(open + 1, text.length - end[0].length).split(/, (?![^[{]*[\]}])/);
  return { name: text.slice(0, open), args, result };
}

/** Returns the bytes of an argument such as "\x61\x62". */
export function bytesOf(argument: string): Bytes {
  const end = argument.lastIndexOf('"');
  if (!argument.startsWith('"') || argument.slice(end + 1) !== "") {
    throw new Error(`the record has not all of ${argument.slice(-40)}`);
  }
  return fromHex(argument.slice(1, end).replaceAll("\\x", ""));
}

export function textOf(argument: string): string {
  return fromUtf8(bytesOf(argument));
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncIterable<string> {
  let parts: string[] = [];
  for await (const text of stream.pipeThrough(new TextDecoderStream("latin1"))) {
    const lines = text.split("\n");
    for (const line of lines.slice(0, -1)) {
      yield parts.concat(line).join("");
      parts = [];
    }
    parts.push(lines.at(-1)!);
  }
}
