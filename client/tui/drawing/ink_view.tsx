/** Draws states on the terminal with ink. */
import process from "node:process";
import { render } from "ink";
import { Screen } from "./screen.tsx";
import type { ChatState } from "../state/state.ts";
import type { Tty } from "../terminal/tty.ts";
import type { View } from "./view.ts";

/**
 * Ink ends the process by these signals where nobody else listens, by the means of Node, which do
 * not see who does. The chat has its own manners: it keeps the draft and gives the terminal back.
 */
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"];

const CLEAR = "\x1b[2J\x1b[H";

/** Ink only draws: keys, the screen and its restoration are those of {@link Tty}. */
export function inkView(tty: Tty, colours: boolean): View {
  let app: ReturnType<typeof render> | undefined;
  const leave = () => {};
  for (const signal of SIGNALS) process.on(signal, leave);
  const reset = () => {
    app?.unmount();
    app = undefined;
    tty.write(CLEAR);
  };
  return {
    draw(state) {
      const screen = <Screen state={state} colours={colours} />;
      if (app) return app.rerender(screen);
      app = render(screen, {
        stdout: outputOf(tty, state),
        stdin: NO_INPUT,
        patchConsole: false,
        interactive: true,
        incrementalRendering: true,
        maxFps: 1000, // who calls has a pace of its own
      });
    },
    reset,
    close() {
      app?.unmount();
      app = undefined;
      // A window that is closed sends SIGHUP twice: the second one comes when the chat has ended.
      for (const signal of SIGNALS) if (signal !== "SIGHUP") process.off(signal, leave);
    },
  };
}

/** What ink uses of a stream to write to. The size does not change: another one has another app. */
function outputOf(tty: Tty, { columns, rows }: ChatState): NodeJS.WritableStream {
  const output = {
    isTTY: true,
    columns,
    rows,
    write(text: string, written?: () => void) {
      tty.write(text);
      if (written) queueMicrotask(written);
      return true;
    },
    on: () => output,
    off: () => output,
  };
  return output as unknown as NodeJS.WritableStream;
}

/** Ink reads nothing. */
const NO_INPUT = { isTTY: false, on() {}, off() {} } as unknown as NodeJS.ReadableStream;
