/** A large file by the classic protocol: up, and down again. */
import { writeAll } from "../../shared/io.ts";
import { CLIENT_ID_SIZE } from "../../shared/limits.ts";
import { RequestCode, ResponseCode } from "../support/protocol/codes.ts";
import { CLASSIC_VERSION, MessageType } from "../../shared/protocol/codes.ts";
import { encodeSendPrefix, SEND_PREFIX_SIZE } from "../../shared/protocol/classic/requests.ts";
import {
  decodeResponseHeader,
  encodeRequestHeader,
  RESPONSE_HEADER_SIZE,
} from "../../shared/protocol/frame.ts";
import { connect, Poller, readFull, register } from "./classic_load.ts";
import { perSecond, type Suite } from "./measure.ts";
import { FILE_SIZE, MB, randomBytes, STEP } from "./workload.ts";

/** The protocol alone: the sender's bytes come from memory, the receiver's go nowhere. */
export const classicFiles: Suite = {
  rows: [{
    name: "classic-up",
    title: "Up",
    unit: "MB/s",
    limits: ["loopback", "disk"],
    original: 149,
    goal: { atLeast: 149 },
  }, {
    name: "classic-down",
    title: "Down",
    unit: "MB/s",
    limits: ["loopback"],
    original: 264,
    goal: { atLeast: 264 },
  }],
  async open({ server: { port } }) {
    const from = await register(port);
    const to = await register(port);
    const step = randomBytes(STEP);
    const size = SEND_PREFIX_SIZE + FILE_SIZE;
    const header = { clientId: from, version: CLASSIC_VERSION, code: RequestCode.send, size };
    const start = [
      encodeRequestHeader(header),
      encodeSendPrefix({ to, type: MessageType.file, size: FILE_SIZE }),
    ];

    async function send(): Promise<number> {
      using conn = await connect(port);
      for (const part of start) await writeAll(conn, part);
      for (let sent = 0; sent < FILE_SIZE; sent += STEP) await writeAll(conn, step);
      const response = new Uint8Array(RESPONSE_HEADER_SIZE + CLIENT_ID_SIZE + 4);
      await readFull(conn, response);
      const { code } = decodeResponseHeader(response.subarray(0, RESPONSE_HEADER_SIZE));
      if (code !== ResponseCode.sent) throw new Error("the server refused a file");
      return FILE_SIZE / MB;
    }

    async function receive(poller: Poller): Promise<number> {
      const buffer = new Uint8Array(STEP);
      let received = 0;
      await poller.poll(async ({ size }, reader) => {
        for (let left = size; left > 0;) {
          left -= await reader.readSome(buffer.subarray(0, Math.min(STEP, left)));
        }
        received += size;
      });
      if (received !== FILE_SIZE) throw new Error(`${received} bytes were received`);
      return received / MB;
    }

    return async () => {
      const up = await perSecond(send);
      using poller = await Poller.connect(port, to);
      const down = await perSecond(() => receive(poller));
      await poller.poll(() => Promise.resolve()); // so that it is deleted now and not later
      return [up, down];
    };
  },
};
