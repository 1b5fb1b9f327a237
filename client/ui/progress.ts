/** A progress bar on a terminal; nothing in a pipe. */
import cliProgress from "cli-progress";
import type { OnProgress } from "../collector.ts";

/** Shows how far a file is while it moves. */
export interface Progress {
  update: OnProgress;
  /** Takes the bar away, so that other lines may follow. */
  stop(): void;
}

/** Files below this size are through before a bar could be read, in bytes. */
const WORTH_SHOWING = 1024 * 1024;

/** A bar on standard error where `visible`, else nothing. */
export function createProgress(visible: boolean): Progress {
  if (!visible) return { update() {}, stop() {} };
  let bar: cliProgress.SingleBar | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stop,
    update(done, size) {
      if (size < WORTH_SHOWING) return;
      if (!bar) {
        bar = new cliProgress.SingleBar({
          format: "{bar} {percentage} % of {megabytes} MB, {eta_formatted} left",
          clearOnComplete: true,
          hideCursor: true,
        }, cliProgress.Presets.shades_classic);
        bar.start(size, 0, { megabytes: (size / 1e6).toFixed(1) });
      }
      bar.update(done);
      if (done === size) stop();
    },
  };
}
