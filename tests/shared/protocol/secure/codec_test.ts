import fc from "fast-check";
import { type Bytes, concat } from "../../../../shared/bytes.ts";
import { Reader } from "../../../../shared/cursor.ts";
import { FrameReader } from "../../../../shared/protocol/frame_stream.ts";
import {
  decodeRequestHeader,
  decodeResponseHeader,
  REQUEST_HEADER_SIZE,
  RESPONSE_HEADER_SIZE,
} from "../../../../shared/protocol/frame.ts";
import {
  decodeSecureRequest,
  encodeSecureRequest,
  type SecureRequest,
} from "../../../../shared/protocol/secure/requests.ts";
import {
  decodeSecureResponse,
  encodeSecureResponse,
} from "../../../../shared/protocol/secure/responses.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { bytes, pieceSizes, runs, secureRequest, secureResponse } from "../../../support/fuzz.ts";
import { cut, PieceSource } from "../../../support/pieces.ts";
import { testCodec } from "../../../support/protocol/codec_properties.ts";

const MUTATIONS = 10_000;

interface Addressed {
  clientId: Bytes;
  request: SecureRequest;
}

const addressed = fc.record({ clientId: bytes(16), request: secureRequest });

testCodec<Addressed>(
  "secure request",
  (frame) => {
    const reader = new Reader(frame);
    const header = decodeRequestHeader(reader.bytes(REQUEST_HEADER_SIZE));
    const request = decodeSecureRequest(header, reader.rest());
    return { clientId: header.clientId, request };
  },
  ({ clientId, request }) => {
    const frame = encodeSecureRequest(request);
    assert(frame.subarray(0, 16).every((byte) => byte === 0));
    frame.set(clientId);
    return frame;
  },
  addressed,
  MUTATIONS,
);

testCodec(
  "secure response",
  (frame) => {
    const reader = new Reader(frame);
    const header = decodeResponseHeader(reader.bytes(RESPONSE_HEADER_SIZE));
    return decodeSecureResponse(header, reader.rest());
  },
  encodeSecureResponse,
  secureResponse,
  MUTATIONS,
);

Deno.test("secure frames: however they are cut, they are read whole (property)", async () => {
  const property = fc.asyncProperty(
    fc.array(secureRequest, { maxLength: 6 }),
    pieceSizes(700),
    fc.integer({ min: 1, max: 600 }),
    async (requests, sizes, bufferSize) => {
      const stream = concat(...requests.map(encodeSecureRequest));
      const frames = new FrameReader(new PieceSource(cut(stream, sizes)), bufferSize);
      for (const request of requests) {
        assert(await frames.more());
        const header = decodeRequestHeader(await frames.read(REQUEST_HEADER_SIZE));
        assertEquals(decodeSecureRequest(header, await frames.read(header.size)), request);
      }
      assert(!await frames.more());
    },
  );
  await fc.assert(property, runs(3000));
});
