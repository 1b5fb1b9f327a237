/** Which names a client, or a contact here, may have. */
import { ProtocolError } from "../../shared/errors.ts";
import { encodeName } from "../../shared/protocol/name.ts";
import { ClientError } from "../errors.ts";

/** @throws {ClientError} `bad-name` if `name` cannot be one; the message says why */
export function checkName(name: string): void {
  try {
    encodeName(name);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ClientError("bad-name", `"${name}" cannot be a name: ${error.message}`);
  }
  // A line break would also break me.info.
  if (/\p{Cc}/u.test(name)) {
    throw new ClientError("bad-name", "a name cannot hold line breaks or control characters");
  }
}
