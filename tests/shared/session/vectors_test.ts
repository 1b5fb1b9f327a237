/** The product against the published vectors, which the reference made. */
import { fromHex, toHex } from "../../../shared/bytes.ts";
import { type Identity, publicIdentity, verifyIdentity } from "../../../shared/crypto/identity.ts";
import { fastestMlKem, nobleMlKem } from "../../../shared/crypto/ml_kem_engine.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { Reader } from "../../../shared/cursor.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { decodePrekeys, encodePrekey, encodePrekeys } from "../../support/prekeys.ts";
import { initiate, type Offer, respond } from "../../../shared/session/agreement.ts";
import { decodeContent, encodeContent, paddedSize } from "../../../shared/session/content.ts";
import { publicPrekey, verifyBundle } from "../../../shared/session/prekeys.ts";
import type { AgreedKeys } from "../../../shared/session/ratchet.ts";
import { decodeReset, encodeReset } from "../../../shared/session/reset.ts";
import { safetyNumber } from "../../../shared/session/safety_number.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import {
  identityOf,
  partyOf,
  prekeysOf,
  scripted,
  secretsOf,
} from "../../support/session/vector_parties.ts";
import { agreeAsB } from "./reference/agreement.ts";
import { pad } from "./reference/content.ts";
import { personOf } from "./reference/identity.ts";
import type { OwnPrekey } from "./reference/prekeys.ts";
import { type PrekeyVector, readVectors } from "./reference/vector_files.ts";

const vectors = readVectors();

Deno.test("vectors: identities", async () => {
  const { agreement: { agreements }, ratchet, prekeys, identities } = vectors;
  const persons = [...agreements, ratchet].flatMap(({ A, B }) => [A, B]);
  for (const person of [...persons, prekeys.owner, ...identities.identities]) {
    const secrets = {
      signing: fromHex(person["signing secret"]),
      agreement: fromHex(person["agreement secret"]),
    };
    assertEquals(toHex(await publicIdentity(secrets)), person.identity);
    assertEquals(toHex((await identityOf(person)).clientId), person["client ID"]);
  }
  for (const { name, identity } of identities.refused) {
    const error = assertThrows(() => verifyIdentity(fromHex(identity)), Error);
    assert(error instanceof CryptoError, `${name}: ${error}`);
  }
});

Deno.test("vectors: prekeys and their signatures", async () => {
  const { owner, prekeys, bundles } = vectors.prekeys;
  const signing = fromHex(owner["signing secret"]);
  for (const vector of prekeys) {
    const secret = { id: vector["prekey ID"], kind: vector.kind, secret: fromHex(vector.secret) };
    const prekey = await publicPrekey(secret, signing);
    assertEquals(toHex(prekey.key), vector.key);
    assertEquals(toHex(prekey.signature), vector.signature);
    assertEquals(toHex(encodePrekey(prekey)), vector.prekey);
    assertEquals(decodePrekeys(new Reader(fromHex(vector.prekey))), [prekey]);
  }
  for (const { name, bundle } of bundles) {
    const decoded = decodePrekeys(new Reader(fromHex(bundle)));
    const verified = verifyBundle(await identityOf(owner), decoded);
    assertEquals(verified.oneTime !== null, !/without|no one-time/.test(name), name);
    assertEquals(toHex(encodePrekeys(decoded)), bundle);
  }
});

Deno.test("vectors: bundles that are refused", async () => {
  const owner = await identityOf(vectors.prekeys.owner);
  const own = await partyOf(vectors.ratchet.A);
  const random = (size: number) => new Uint8Array(size).fill(1);
  for (const { name, bundle } of vectors.prekeys["refused bundles"]) {
    const start = async () =>
      initiate(
        own,
        owner,
        verifyBundle(owner, decodePrekeys(new Reader(fromHex(bundle)))),
        random,
        await fastestMlKem(),
      );
    const error = await assertRejects(start, Error);
    assert(error instanceof CryptoError || error instanceof ProtocolError, `${name}: ${error}`);
  }
});

Deno.test("vectors: the agreement, both sides", async () => {
  for (const vector of vectors.agreement.agreements) {
    const [A, B] = [await partyOf(vector.A), await partyOf(vector.B)];
    const { EKa, coins, CT, SPKb, PQPKb, OPKb } = vector;
    const bundle = verifyBundle(B.identity, prekeysOf(vector));
    const { random, done } = scripted(EKa.secret, coins);
    const { keys, offer } = await initiate(A, B.identity, bundle, random, nobleMlKem);
    done();
    const expected: Offer = {
      signedId: SPKb["prekey ID"],
      kemId: PQPKb["prekey ID"],
      oneTimeId: OPKb?.["prekey ID"] ?? 0,
      ephemeral: fromHex(EKa["public key"]),
      ciphertext: fromHex(CT),
    };
    assertEquals(offer, expected);
    for (const agreed of [keys, respond(B, A.identity, offer, secretsOf(vector))]) {
      assertEquals(hexKeys(agreed), [
        vector["root key"],
        vector["header key of A"],
        vector["next header key of B"],
      ]);
    }
    const offered = { ...offer, ephemeral: new Uint8Array(32) };
    const agree = () => respond(B, A.identity, offered, secretsOf(vector));
    assertEquals(assertThrows(agree, CryptoError).code, "bad-key");
  }
});

const hexKeys = ({ root, headerKey, nextHeaderKey }: AgreedKeys) =>
  [root, headerKey, nextHeaderKey].map(toHex);

/** As the reference has it. */
const ownPrekey = (vector: PrekeyVector): OwnPrekey => ({
  kind: vector.kind,
  id: vector["prekey ID"],
  secret: fromHex(vector.secret),
  key: fromHex(vector.key),
  signature: fromHex(vector.signature),
});

Deno.test("vectors: the reference agrees with a start by the engine that clients use", async () => {
  const engine = await fastestMlKem();
  for (const vector of vectors.agreement.agreements) {
    const [A, B] = [await partyOf(vector.A), await partyOf(vector.B)];
    const bundle = verifyBundle(B.identity, prekeysOf(vector));
    const { keys, offer } = await initiate(A, B.identity, bundle, randomBytes, engine);
    const own = await personOf(
      fromHex(vector.B["signing secret"]),
      fromHex(vector.B["agreement secret"]),
    );
    const { SPKb, PQPKb, OPKb } = vector;
    const prekeys = {
      SPKb: ownPrekey(SPKb),
      PQPKb: ownPrekey(PQPKb),
      OPKb: OPKb && ownPrekey(OPKb),
    };
    const { ephemeral, ciphertext } = offer;
    const agreed = await agreeAsB(own, A.identity.publicKey, prekeys, ephemeral, ciphertext);
    const { rootKey, headerKeyA, nextHeaderKeyB } = agreed;
    assertEquals(hexKeys(keys), [rootKey, headerKeyA, nextHeaderKeyB].map(toHex));
  }
});

Deno.test("vectors: contents", () => {
  for (const { name, "message type": type, value, padded } of vectors.contents.contents) {
    const { id, file, receipt, edit, delete: deleted, reaction, reply, ...others } = value;
    const content = {
      ...others,
      id: fromHex(id),
      ...file && { file: { ...file, blob: fromHex(file.blob), key: fromHex(file.key) } },
      ...receipt && { receipt: { ...receipt, ids: fromHex(receipt.ids) } },
      ...edit && { edit: { ...edit, target: fromHex(edit.target) } },
      ...deleted && { delete: fromHex(deleted) },
      ...reaction && { reaction: { ...reaction, target: fromHex(reaction.target) } },
      ...reply && { reply: fromHex(reply) },
    };
    assertEquals(toHex(encodeContent(content)), padded, name);
    assertEquals(decodeContent(fromHex(padded), type), content, name);
  }
});

Deno.test("vectors: contents of a newer version", () => {
  for (const { name, "message type": type, unknown, content } of vectors.contents.newer) {
    const decoded = decodeContent(pad(fromHex(content)), type);
    assertEquals(decoded.unknown, { name: unknown, encoded: fromHex(content) }, name);
    assertEquals(Object.keys(decoded).toSorted(), ["at", "id", "unknown"], name);
  }
});

Deno.test("vectors: contents that are refused", () => {
  for (const { name, "message type": type, content } of vectors.contents.refused) {
    const error = assertThrows(() => decodeContent(pad(fromHex(content)), type), Error);
    assert(error instanceof ProtocolError && error.code === "malformed", `${name}: ${error}`);
  }
});

Deno.test("vectors: padding", () => {
  const { "P(L)": lengths, contents, refused, "padded to another length": others } =
    vectors.padding;
  for (const { L, "P(L)": P } of lengths) assertEquals(paddedSize(L), P, `P(${L})`);
  for (const { padded } of contents) {
    const content = decodeContent(fromHex(padded), MessageType.text);
    assertEquals(toHex(encodeContent(content)), padded);
  }
  for (const { name, padded } of [...refused, ...others]) {
    const error = assertThrows(() => decodeContent(fromHex(padded), MessageType.text), Error);
    assert(error instanceof ProtocolError && error.code === "malformed", `${name}: ${error}`);
  }
});

Deno.test("vectors: resets", async () => {
  const { sender, receiver, resets, refused } = vectors.resets;
  const [from, to]: Identity[] = [await identityOf(sender), await identityOf(receiver)];
  const signing = fromHex(sender["signing secret"]);
  for (const { time, "message IDs": messageIds, reset } of resets) {
    assertEquals(toHex(await encodeReset({ time, messageIds }, from, to, signing)), reset);
    assertEquals(decodeReset(fromHex(reset), from, to), { time, messageIds });
  }
  for (const { name, reset } of refused) {
    const error = assertThrows(() => decodeReset(fromHex(reset), from, to), Error);
    assert(error instanceof CryptoError && error.code === "decrypt-failed", `${name}: ${error}`);
  }
});

Deno.test("vectors: safety numbers", async () => {
  for (const { clients, "safety number": number } of vectors.safetyNumbers.pairs) {
    const [one, other] = await Promise.all(
      clients.map(({ identity }) => verifyIdentity(fromHex(identity))),
    );
    assertEquals(safetyNumber(one, other), number);
    assertEquals(safetyNumber(other, one), number);
  }
});
