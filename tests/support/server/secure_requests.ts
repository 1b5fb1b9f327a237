/** Requests of all kinds and codes, for tests that walk through them. */
import type { Bytes } from "../../../shared/bytes.ts";
import { RequestCode } from "../protocol/codes.ts";
import {
  encodeSecureRequest,
  secureHeader,
  type SecureRequest,
} from "../../../shared/protocol/secure/requests.ts";
import { concat } from "../../../shared/bytes.ts";
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { prekeyOf } from "../prekeys.ts";
import { newToken, type Someone, textTo } from "./secure_peer.ts";

/** One well-formed request of each kind but the login, about `target`. */
export function allRequests({ id, name, publicKey }: Someone): SecureRequest[] {
  return [
    { kind: "register", name, publicKey },
    { kind: "list-clients", prefix: "", after: "" },
    { kind: "find-clients", ids: [id] },
    { kind: "find-name", name },
    textTo(id, "text"),
    { kind: "get-messages", after: 0 },
    { kind: "subscribe" },
    { kind: "acknowledge", messageIds: [1] },
    { kind: "acknowledge", messageIds: [] },
    { kind: "publish-prekeys", replace: true, prekeys: [prekeyOf(PrekeyKind.oneTime, 1)] },
    { kind: "check-in", mark: new Uint8Array(16).fill(1) },
    { kind: "fetch-prekeys", target: id },
    { kind: "open-upload", blob: newToken(), size: 30 },
    { kind: "put-chunk", blob: newToken(), chunk: 0, bytes: new Uint8Array(3) },
    { kind: "share", blob: newToken(), receivers: [id] },
    { kind: "get-chunk", blob: newToken(), chunk: 0 },
    { kind: "release", blob: newToken() },
    { kind: "file-state", blob: newToken() },
  ];
}

const SAMPLES: ReadonlyMap<number, SecureRequest> = new Map<number, SecureRequest>([
  [RequestCode.register, {
    kind: "register",
    name: "nobody",
    publicKey: new Uint8Array(160).fill(0x30),
  }],
  [RequestCode.clientList, { kind: "list-clients", prefix: "", after: "" }],
  [RequestCode.publicKey, { kind: "find-clients", ids: [new Uint8Array(16)] }],
  [RequestCode.findName, { kind: "find-name", name: "nobody" }],
  [RequestCode.unregister, { kind: "unregister" }],
  [RequestCode.send, textTo(new Uint8Array(16), "text", newToken())],
  [RequestCode.getMessages, { kind: "get-messages", after: 0 }],
  [RequestCode.subscribe, { kind: "subscribe" }],
  [RequestCode.acknowledge, { kind: "acknowledge", messageIds: [1] }],
  [RequestCode.publishPrekeys, {
    kind: "publish-prekeys",
    replace: false,
    prekeys: [prekeyOf(PrekeyKind.signed, 1)],
  }],
  [RequestCode.checkIn, { kind: "check-in", mark: new Uint8Array(16) }],
  [RequestCode.fetchPrekeys, { kind: "fetch-prekeys", target: new Uint8Array(16) }],
  [RequestCode.openUpload, { kind: "open-upload", blob: newToken(), size: 30 }],
  [RequestCode.putChunk, {
    kind: "put-chunk",
    blob: newToken(),
    chunk: 0,
    bytes: new Uint8Array(3),
  }],
  [RequestCode.share, { kind: "share", blob: newToken(), receivers: [newToken()] }],
  [RequestCode.getChunk, { kind: "get-chunk", blob: newToken(), chunk: 0 }],
  [RequestCode.release, { kind: "release", blob: newToken() }],
  [RequestCode.fileState, { kind: "file-state", blob: newToken() }],
]);

/** A request with this code: well-formed for a known code, else with some payload. */
export function requestOf(code: number): Bytes {
  const sample = SAMPLES.get(code);
  return sample ? encodeSecureRequest(sample) : concat(secureHeader(code, 3), new Uint8Array(3));
}
