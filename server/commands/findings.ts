/** Prints what was found, if anything was. @throws {Error} then, with `message` */
export function failOn(
  findings: readonly string[],
  message: string,
  { print = true } = {},
): void {
  if (findings.length === 0) return;
  if (print) console.log(findings.join("\n"));
  throw new Error(message);
}
