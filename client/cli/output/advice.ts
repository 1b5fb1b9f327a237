/** Advice that names a command, such as "see: messaging-client list". */

/** Returns `text` with its advised commands completed. It must not have words of other people. */
export type Advise = (text: string) => string;

/** What a shell takes as it is. */
const PLAIN = /^[\w./~@%+=:,-]+$/;

/**
 * Returns what gives advised commands the option --profile that the command at hand was given, as
 * they would work on another profile without it.
 */
export function adviceFor(profile: string | undefined): Advise {
  if (profile === undefined) return (text) => text;
  const value = PLAIN.test(profile) ? profile : `'${profile.replaceAll("'", "'\\''")}'`;
  return (text) => {
    return text.replace(
      /\bmessaging-client (?=[a-z])/g,
      () => `messaging-client --profile ${value} `,
    );
  };
}
