/** What the load generator can do. */
import type { Bytes } from "../../shared/bytes.ts";
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import { encodeSecureRequest } from "../../shared/protocol/secure/requests.ts";
import { connect, exchange } from "./classic_load.ts";
import { Crowd } from "./crowd.ts";
import type { Job, JobResult } from "./job.ts";
import { echo, echoLatency, latencies, pump, rate, renew, sendFrame } from "./load_work.ts";
import { perSecond } from "./measure.ts";
import { mixedWork } from "./mixed_work.ts";
import { backlog, livePushes, messageIdOf } from "./load_pushes.ts";
import { type LoadIdentity, newIdentity, SecureLink } from "./secure_link.ts";
import { randomBytes } from "./workload.ts";

/** Bytes of a response to a handshake. */
const HANDSHAKE_SIZE = 103;

const NOTHING: JobResult = { values: [], busy: 0 };
/** Mailboxes that the messages of a job go to at least: no sender may fill one alone. */
const RECEIVERS = 4;
/** How long one may send to a mailbox before it takes no more, in milliseconds. */
const FILLING = 250;
/** Connections that are opened at a time. */
const OPENING = 16;

export class LoadJobs {
  readonly #open: Disposable[] = [];
  readonly #identities: LoadIdentity[] = [];
  #crowd = new Crowd();

  async run(job: Job): Promise<JobResult> {
    switch (job.kind) {
      case "handshakes": {
        const { request } = new ChannelOpening();
        const responses = Array.from({ length: job.workers }, () => new Uint8Array(HANDSHAKE_SIZE));
        return await rate(job, (worker) => exchange(job.port, request, responses[worker]));
      }
      case "connects": {
        const request = randomBytes(HANDSHAKE_SIZE);
        const responses = Array.from({ length: job.workers }, () => request.slice());
        return await rate(job, (worker) => exchange(job.port, request, responses[worker]));
      }
      case "logins": {
        const identities = await this.#identitiesOf(job.workers);
        for (const identity of identities) (await SecureLink.login(job.port, identity)).close();
        return await rate(job, async (worker) => {
          (await SecureLink.login(job.port, identities[worker])).close();
        });
      }
      case "send":
        return await this.#send(job);
      case "echo":
        return await echo(job);
      case "push":
        return await livePushes(job);
      case "backlog":
        return await backlog(job);
      case "latency":
        return await this.#latency(job);
      case "echo-latency":
        return await echoLatency(job);
      case "open":
        await this.#openIdle(job);
        return NOTHING;
      case "close":
        for (const link of this.#open.splice(0)) link[Symbol.dispose]();
        this.#crowd[Symbol.dispose]();
        this.#crowd = new Crowd();
        return NOTHING;
      case "poll":
        return await this.#poll(job);
      case "crowd":
        await this.#crowd.open(job);
        return NOTHING;
      case "pause":
        this.#crowd.pause();
        return NOTHING;
      case "resume":
        this.#crowd.resume();
        return NOTHING;
      case "mixed": {
        const { value, busy = 0 } = await perSecond(() => mixedWork(job));
        return { values: [value], busy };
      }
    }
  }

  async #identitiesOf(count: number): Promise<LoadIdentity[]> {
    while (this.#identities.length < count) this.#identities.push(await newIdentity());
    return this.#identities.slice(0, count);
  }

  async #send(
    { port, senders, depth, milliseconds }: Job & { kind: "send" },
  ): Promise<JobResult> {
    using stack = new DisposableStack();
    const receivers: Bytes[] = [];
    const count = Math.max(RECEIVERS, Math.ceil(milliseconds / FILLING / senders));
    for (let i = 0; i < count; i++) {
      const receiver = await newIdentity();
      stack.use(await SecureLink.login(port, receiver));
      receivers.push(receiver.id);
    }
    const links: SecureLink[] = [];
    for (const identity of await this.#identitiesOf(senders)) {
      links.push(stack.use(await SecureLink.login(port, identity)));
    }
    const { value, busy = 0 } = await perSecond(async () => {
      const end = performance.now() + milliseconds;
      const counts = await Promise.all(links.map((link) => pump(link, receivers, { depth, end })));
      return counts.reduce((sum, count) => sum + count);
    });
    return { values: [value], busy };
  }

  async #latency({ port, milliseconds }: Job & { kind: "latency" }): Promise<JobResult> {
    const [from, to] = await this.#identitiesOf(2);
    using sender = await SecureLink.login(port, from);
    using receiver = await SecureLink.login(port, to);
    await receiver.subscribe();
    const frame = sendFrame(to.id);
    return await latencies(milliseconds, async () => {
      renew(frame);
      const sent = sender.write(frame);
      const { payload } = await receiver.expect(ResponseCode.push);
      const arrived = performance.now();
      await sent;
      await sender.expect(ResponseCode.sent);
      const messageIds = [messageIdOf(payload)];
      await receiver.write(encodeSecureRequest({ kind: "acknowledge", messageIds }));
      await receiver.expect(ResponseCode.acknowledged);
      return arrived;
    });
  }

  async #poll({ port, count, milliseconds }: Job & { kind: "poll" }): Promise<JobResult> {
    const identity = await newIdentity();
    using link = await SecureLink.login(port, identity);
    for (let i = 0; i < count; i++) {
      const frame = sendFrame(identity.id);
      renew(frame);
      await link.write(frame);
      await link.expect(ResponseCode.sent);
    }
    const request = encodeSecureRequest({ kind: "get-messages", after: 0 });
    return await rate({ workers: 1, milliseconds }, async () => {
      await link.write(request);
      await link.expect(ResponseCode.messages);
    });
  }

  async #openIdle({ port, connections, secure }: Job & { kind: "open" }): Promise<void> {
    const first = this.#open.length;
    const identities = secure ? await this.#identitiesOf(first + connections) : [];
    let next = first;
    await Promise.all(Array.from({ length: OPENING }, async () => {
      for (let i; (i = next++) < first + connections;) {
        if (!secure) {
          this.#open.push(await connect(port));
          continue;
        }
        const link = await SecureLink.login(port, identities[i]);
        this.#open.push(link);
        await link.subscribe();
      }
    }));
  }
}
