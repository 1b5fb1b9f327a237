/**
 * What Linux tells about a running process. `/proc` is read by a process of its own, because it is
 * closed to a program with ordinary permissions.
 */

/** Whether there is something to ask. */
export const PROCESS_FACTS = Deno.build.os === "linux";

/** The most memory that the process has held at a time, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await output("cat", `/proc/${pid}/status`);
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  if (!match) throw new Error(`process ${pid} says nothing about its memory`);
  return Number(match[1]) * 1024;
}

/** The memory that the process holds now, in bytes. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await output("cat", `/proc/${pid}/status`);
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (!match) throw new Error(`process ${pid} says nothing about its memory`);
  return Number(match[1]) * 1024;
}

/** The most memory of a process that has just been started; `ended` waits for its end. */
export async function peakOf(pid: number, ended: () => Promise<void>): Promise<number> {
  // Its end takes the number away, so it is read again and again.
  const script = 'while grep VmHWM "/proc/$0/status" 2>/dev/null; do sleep 0.02; done';
  const watch = new Deno.Command("sh", { args: ["-c", script, String(pid)] }).output();
  await ended();
  const seen = new TextDecoder().decode((await watch).stdout).match(/\d+(?= kB\n$)/);
  if (!seen) throw new Error("nobody saw the process");
  return Number(seen[0]) * 1024;
}

/** How long the process has computed so far, in all its threads, in milliseconds. */
export async function cpuTime(pid: number): Promise<number> {
  const stat = await output("cat", `/proc/${pid}/stat`);
  // Behind the name, which may hold anything: from the third field on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10; // Linux counts in hundredths
}

/** How many files, sockets and the like the process has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await output("ls", `/proc/${pid}/fd`)).trim().split("\n").length;
}

/** How many sockets it has open. */
export async function openSockets(pid: number): Promise<number> {
  const files = await output("ls", "-l", `/proc/${pid}/fd`);
  return files.split("\n").filter((line) => line.includes("socket:[")).length;
}

/** How many threads the process has. */
export async function threads(pid: number): Promise<number> {
  return (await output("ls", `/proc/${pid}/task`)).trim().split("\n").length;
}

/** The IDs of the processes whose command line or environment has `text`, such as a path. */
export async function processesWith(text: string): Promise<string[]> {
  // So written, the pattern does not find those that look for it.
  const pattern = `[${text[0]}]${text.slice(1)}`;
  const script = 'cd /proc; grep -ls -e "$0" [0-9]*/cmdline [0-9]*/environ; true';
  const found = await output("sh", "-c", script, pattern);
  return [...new Set(found.match(/^\d+/gm))];
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}
