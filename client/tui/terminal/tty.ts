/** The terminal that the whole screen is drawn on. */

export interface Tty {
  size(): { columns: number; rows: number };
  write(text: string): void;
  /** Yields what is typed, as it comes. */
  input(): AsyncIterable<Uint8Array>;
  /** Calls `resized` when the size has changed, and `ended` when the system wants an end. */
  watch(resized: () => void, ended: () => void): Disposable;
  /** Names the window, until the terminal is given back. */
  setTitle(text: string): void;
  /** Switches to the other screen, raw mode and pastes in brackets; disposing of it goes back. */
  take(): Disposable;
  /** Whether clicks and the wheel are told, instead of what the terminal does with them. */
  setMouse(on: boolean): void;
}

const MOUSE_ON = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF = "\x1b[?1006l\x1b[?1000l";
/** Terminals that keep no titles on a stack have none afterwards. */
const [KEEP_TITLE, OLD_TITLE] = ["\x1b[22;2t", `${titled("")}\x1b[23;2t`];
const TAKE = "\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J\x1b[H" + KEEP_TITLE;
const GIVE_BACK = `${MOUSE_OFF}\x1b[?2004l\x1b[?25h\x1b[?1049l${OLD_TITLE}`;

/** Returns the terminal of the process; undefined if it has none, or a dumb one. */
export function openTty(kind: string | undefined): Tty | undefined {
  if (kind === "dumb" || !Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return undefined;
  return {
    size: () => Deno.consoleSize(),
    write,
    input: typed,
    watch,
    take,
    setTitle: (text) => write(titled(text)),
    setMouse: (on) => write(on ? MOUSE_ON : MOUSE_OFF),
  };
}

function titled(text: string): string {
  return `\x1b]2;${text}\x07`;
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  unlessClosed(() => {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  });
}

/** Does something with the terminal; one whose window was closed shows nothing any more. */
function unlessClosed(use: () => void): void {
  try {
    use();
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EIO", "EPIPE"].includes(`${error.code}`);
}

async function* typed(): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(4096);
  const read = () =>
    Deno.stdin.read(buffer).catch((error) => {
      if (isClosed(error)) return null; // as at the end
      throw error;
    });
  for (let size; (size = await read()) !== null;) yield buffer.slice(0, size);
}

/** Windows tells of no changes of the size; there each frame looks. */
function watch(resized: () => void, ended: () => void): Disposable {
  const windows = Deno.build.os === "windows";
  const ends: Deno.Signal[] = windows ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of ends) Deno.addSignalListener(signal, ended);
  if (!windows) Deno.addSignalListener("SIGWINCH", resized);
  return {
    [Symbol.dispose]() {
      for (const signal of ends) Deno.removeSignalListener(signal, ended);
      if (!windows) Deno.removeSignalListener("SIGWINCH", resized);
    },
  };
}

/** However the process ends, short of SIGKILL, the terminal is as it was before. */
function take(): Disposable {
  let taken = true;
  const giveBack = () => {
    if (!taken) return;
    taken = false;
    unlessClosed(() => Deno.stdin.setRaw(false));
    write(GIVE_BACK);
  };
  const events = ["error", "unhandledrejection", "unload"];
  for (const event of events) addEventListener(event, giveBack);
  Deno.stdin.setRaw(true);
  write(TAKE);
  return {
    [Symbol.dispose]() {
      giveBack();
      for (const event of events) removeEventListener(event, giveBack);
    },
  };
}
