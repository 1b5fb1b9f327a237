/**
 * A process that moves files by the client's engine, to be killed in the middle:
 * `send FOLDER PORT PATH` to bob, or `receive FOLDER PORT OUT`. Each step is a line with the bytes
 * that are done; the last line is `end`. A number behind these is the step at which it stands still
 * until it is killed.
 */
import { openPerson } from "./person.ts";

const encoder = new TextEncoder();

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

if (import.meta.main) {
  const [what, folder, port, path, last] = Deno.args;
  const person = await openPerson(folder, Number(port));
  let steps = 0;
  const onProgress = (done: number) => {
    say(String(done));
    if (++steps === Number(last)) Deno.stdin.readSync(new Uint8Array(1));
  };
  say("start");
  if (what === "send") {
    await person.client.sendFile("bob", path, onProgress);
  } else {
    for await (const received of person.client.receive(path, onProgress)) {
      if (received.type === "file") say(`file ${received.path}`);
      else say(received.type === "problem" ? `problem ${received.error.code}` : received.type);
    }
  }
  await person[Symbol.asyncDispose]();
  say("end");
}
