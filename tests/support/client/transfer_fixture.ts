/** People with clients in this process, on a real server, and the files that they send. */
import type { Received } from "../../../client/inbox/received.ts";
import { befriend, newPerson, openPerson, type Person } from "../fault/person.ts";
import { type FixtureOptions, ServerFixture } from "../server/server_fixture.ts";
import { sampleBytes } from "../pieces.ts";
import { tempFolder } from "../temp_folder.ts";

export class TransferFixture implements AsyncDisposable {
  readonly server: ServerFixture;
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;
  readonly #people: Person[] = [];

  private constructor(server: ServerFixture, folder: string, stack: AsyncDisposableStack) {
    this.server = server;
    this.folder = folder;
    this.#stack = stack;
  }

  static async start(options: FixtureOptions = {}): Promise<TransferFixture> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempFolder());
    const server = stack.use(await ServerFixture.start(options));
    return new TransferFixture(server, path, stack);
  }

  get port(): number {
    return this.server.listener.address.port;
  }

  /**
   * Someone new, whom all others know by a card, as they are known; `port` is where the server is,
   * or the way to it.
   */
  async person(name: string, port = this.port): Promise<Person> {
    const person = this.#stack.use(await newPerson(`${this.folder}/${name}`, name, port));
    for (const other of this.#people) await befriend(person, other);
    this.#people.push(person);
    return person;
  }

  /** Someone who was here before, and is no longer. */
  async again(name: string, port = this.port): Promise<Person> {
    return this.#stack.use(await openPerson(`${this.folder}/${name}`, port));
  }

  /** Where the files of `name` go. */
  out(name: string): string {
    return `${this.folder}/${name}-out`;
  }

  /** Writes a file of so many bytes. Returns its path. */
  async file(name: string, size: number, seed = 1): Promise<string> {
    const path = `${this.folder}/${name}`;
    await Deno.writeFile(path, sampleBytes(size, seed));
    return path;
  }

  /** The names of what lies in the folder of `name`, hidden files as well. */
  names(name: string): string[] {
    try {
      return [...Deno.readDirSync(this.out(name))].map((entry) => entry.name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** The chunks on the server's disk: names and sizes. */
  chunks(): string[] {
    return [...Deno.readDirSync(`${this.server.folder}/chunks`)].map(({ name }) => name).sort();
  }

  async receive({ client }: Person, name: string, options = {}): Promise<Received[]> {
    return await Array.fromAsync(client.receive(this.out(name), () => {}, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
