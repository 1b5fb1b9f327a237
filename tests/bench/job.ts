/** What the load generator is asked to do, and what it answers. */

/** What is asked of the generator; times in milliseconds, sizes in bytes. */
export type Job =
  /** Handshakes alone, `workers` at a time: the request is always the same, the answer unread. */
  | { kind: "handshakes"; port: number; workers: number; milliseconds: number }
  /** Connections until they are logged in, `workers` at a time. */
  | { kind: "logins"; port: number; workers: number; milliseconds: number }
  /** Round trips of a handshake's size, each on a connection of its own. */
  | { kind: "connects"; port: number; workers: number; milliseconds: number }
  /** Messages to one mailbox, `depth` unanswered at a time by each of `senders`. */
  | { kind: "send"; port: number; senders: number; depth: number; milliseconds: number }
  /**
   * Messages of one sender, {@link PIPELINE} unanswered at a time, to a subscriber who acknowledges
   * as many at once. The result is how many there were.
   */
  | { kind: "push"; port: number; milliseconds: number }
  /** How many of `count` waiting messages a second are pushed to one who subscribes. */
  | { kind: "backlog"; port: number; count: number }
  /** Round trips on open connections, `depth` of `size` bytes under way on each. */
  | {
    kind: "echo";
    port: number;
    connections: number;
    size: number;
    depth: number;
    milliseconds: number;
  }
  /** From send to pushed arrival, one message after the other. */
  | { kind: "latency"; port: number; milliseconds: number }
  /** The same for an echo. */
  | { kind: "echo-latency"; port: number; size: number; milliseconds: number }
  /** Opens connections that stay: logged in and subscribed, or plain. */
  | { kind: "open"; port: number; connections: number; secure: boolean }
  /** Closes them, and those of a crowd. */
  | { kind: "close" }
  /** Polls of a mailbox in which `count` messages wait, one after the other. */
  | { kind: "poll"; port: number; count: number; milliseconds: number }
  /**
   * Opens connections that stay: idle ones, ones that drip bytes, and active ones that each send a
   * message every `pace` milliseconds. The latter two begin with "resume".
   */
  | {
    kind: "crowd";
    port: number;
    idle: number;
    dripping: number;
    active: number;
    pace: number;
  }
  | { kind: "pause" }
  | { kind: "resume" }
  /** Messages, polls, files and visits at a steady pace. */
  | { kind: "mixed"; port: number; milliseconds: number };

export interface JobResult {
  /** What was measured, one or several figures. */
  values: number[];
  /** Share of a core that the generator used meanwhile. */
  busy: number;
}

/** The load generator, in a process of its own. */
export interface LoadProcess extends AsyncDisposable {
  readonly pid: number;
  /** Has one job done. One at a time. */
  run(job: Job): Promise<JobResult>;
}
