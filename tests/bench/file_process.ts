/**
 * A client as a process of its own, so that its memory and its share of the machine are those of a
 * real one. As a program it takes a profile's folder, a name and a port, and registers. Then it
 * reads one job per line from standard input: `know NAME`, `send NAME PATH` or `receive FOLDER`. It
 * answers each with the bytes and the milliseconds that it took, as JSON.
 */
import { TextLineStream as UntypedTextLineStream } from "@std/streams/text-line-stream";
import type { Client } from "../../client/client.ts";
import { newPerson } from "../support/fault/person.ts";

// `deno-std` republishes `@std/streams` without its declarations.
const TextLineStream: new () => TransformStream<string, string> = UntypedTextLineStream;

export interface FileJobResult {
  readonly bytes: number;
  readonly milliseconds: number;
}

export interface FileProcess extends AsyncDisposable {
  readonly pid: number;
  /** Has one job done. One at a time. */
  run(...job: string[]): Promise<FileJobResult>;
}

/** Starts the process and waits until `name` is registered. */
export async function startFileProcess(
  folder: string,
  name: string,
  port: number,
): Promise<FileProcess> {
  const permissions = ["--no-prompt", "--allow-net=127.0.0.1", "--allow-read", "--allow-write"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, import.meta.url, folder, name, String(port)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const answers = linesOf(child.stdout).getReader();
  const input = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const answer = async (): Promise<FileJobResult> => {
    const { done, value } = await answers.read();
    if (done) throw new Error("the client's process has ended");
    return JSON.parse(value);
  };
  await answer();
  return {
    pid: child.pid,
    async run(...job) {
      await input.write(encoder.encode(`${JSON.stringify(job)}\n`));
      return await answer();
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await child.status;
      await answers.cancel();
      await input.abort().catch(() => {});
    },
  };
}

function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<string> {
  return stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
}

/** Returns how many bytes of files were moved. */
async function work(client: Client, [what, ...rest]: readonly string[]): Promise<number> {
  if (what === "know") {
    await client.contactBook.setAlias(rest[0], rest[0]);
    return 0;
  }
  if (what === "send") {
    const [name, path] = rest;
    await client.sendFile(name, path, ignore);
    return (await Deno.stat(path)).size;
  }
  let bytes = 0;
  for await (const received of client.receive(rest[0], ignore)) {
    if (received.type === "problem") throw received.error;
    if (received.type === "file") bytes += received.size;
  }
  return bytes;
}

function ignore(): void {}

if (import.meta.main) {
  const [folder, name, port] = Deno.args;
  const { client } = await newPerson(folder, name, Number(port));
  console.log(JSON.stringify({ bytes: 0, milliseconds: 0 }));
  for await (const line of linesOf(Deno.stdin.readable)) {
    const start = performance.now();
    const bytes = await work(client, JSON.parse(line));
    console.log(JSON.stringify({ bytes, milliseconds: performance.now() - start }));
  }
}
