import type { Received } from "../../../client/inbox/received.ts";
import { PrekeyKind } from "../../../shared/protocol/prekey.ts";
import { until } from "../until.ts";
import { EvilServer } from "./evil_server.ts";
import { Party } from "./parties.ts";
import type { PrekeyShelf } from "./prekey_shelf.ts";

/** Alice and Bob on an honest server, and a clock for both. */
export class Scene implements AsyncDisposable {
  now = 1_700_000_000_000;

  private constructor(
    readonly server: EvilServer,
    readonly alice: Party,
    readonly bob: Party,
    readonly stack: AsyncDisposableStack,
  ) {}

  static async open(): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const server = stack.use(new EvilServer());
    const [alice, bob] = [stack.use(await Party.open()), stack.use(await Party.open())];
    const scene = new Scene(server, alice, bob, stack);
    for (const [party, name] of [[alice, "alice"], [bob, "bob"]] as const) {
      party.now = () => scene.now;
      await party.with(server.address, (client) => client.register(name, { classic: false }));
    }
    return scene;
  }

  /** What Bob receives. */
  async received(): Promise<string[]> {
    return await this.bob.receive(this.server.address);
  }

  async say(text: string): Promise<void> {
    await this.alice.send(this.server.address, "bob", text);
  }

  /** Alice forgets her sessions, so that her next text is a first message. */
  startAnew(): void {
    this.alice.profile.sessions.clear();
  }

  /** The IDs of the prekeys of that kind whose secrets Bob has. */
  secrets(kind: PrekeyKind): number[] {
    return this.bob.profile.prekeys.after(0).filter((it) => it.kind === kind).map(({ id }) => id);
  }

  /** How often clients have checked in. */
  get checkIns(): number {
    return this.server.requests.filter(({ kind }) => kind === "check-in").length;
  }

  /** How many one-time prekeys of Bob are on the server. */
  get left(): number {
    return this.#shelf.prekeys.filter(({ kind }) => kind === PrekeyKind.oneTime).length;
  }

  /** Strangers draw that many prekeys of Bob. */
  draw(count: number): void {
    for (let i = 0; i < count; i++) this.#shelf.draw();
  }

  /**
   * Has Bob follow; `work` may begin when he has looked after his prekeys, and is told of
   * messages. It gets what comes first, and asks `next` for more.
   */
  async follow(
    work: (first: Promise<Received>, next: () => Promise<Received>) => Promise<void>,
  ): Promise<void> {
    const { bob, server } = this;
    await bob.with(server.address, async (client) => {
      const before = this.checkIns;
      const following = client.follow(`${bob.folder}/out`, () => {});
      const next = async () => (await following.next()).value!;
      const first = next();
      await until("Bob looks after his prekeys", () => this.checkIns === before + 1);
      await until("Bob follows", () => server.follows(bob.profile.identity.id));
      await work(first, next);
      await following.return(undefined);
    });
  }

  get #shelf(): PrekeyShelf {
    return this.server.shelf(this.bob.profile.identity.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}
