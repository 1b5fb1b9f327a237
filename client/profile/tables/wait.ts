/** Why something waits although the server can be reached. Times are milliseconds since 1970. */
export type Wait = {
  /** When the server refused it. */
  readonly since: number;
  /** When it may be tried again. */
  readonly until: number;
  /** The server's words, for people. */
  readonly reason: string;
};

/** Reports whether it is too early to try again. A clock that was set back ends a wait. */
export function stillWaits(wait: Wait | null | undefined, now: number): boolean {
  return wait !== null && wait !== undefined && wait.since <= now && now < wait.until;
}
