/** How to tell of messages beside showing them, as the options of commands say. */

/** A bell, or desktop notifications by the sequences OSC 9 and OSC 777, of which terminals know. */
const WAYS = ["bell", "osc9", "osc777", "off"] as const;
export type Way = (typeof WAYS)[number];

/** The options of commands that show messages as they come. */
export const NOTIFYING = {
  "on-message": {
    value: "CMD",
    help: "Run CMD in the shell for each message, with the message\n" +
      "as JSON on its standard input",
  },
  notify: {
    value: "HOW",
    help: "Tell of messages by the terminal: bell, osc9 or osc777\n" +
      "(desktop notifications), or off (default)",
    words: WAYS,
  },
} as const;

/** Their values, if a command has them. */
export interface Notifying {
  readonly "on-message"?: string;
  readonly notify?: Way;
}
