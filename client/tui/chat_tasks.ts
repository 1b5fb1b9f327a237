/** Does what follows from keys and commands. */
import { safetyLines } from "../cli/output/trust.ts";
import { ClientError } from "../errors.ts";
import type { ChatLink, Params } from "./link/chat_link.ts";
import type { ChatPages } from "./chat_pages.ts";
import type { ChatScreen } from "./chat_screen.ts";
import { itemText } from "./lines/item_text.ts";
import { peerOf } from "./link/model.ts";
import { textDialog } from "./state/state.ts";
import type { Task } from "./state/step.ts";
import type { Turns } from "./turns.ts";
import type { Tty } from "./terminal/tty.ts";
import { withOffers } from "./input/write.ts";

export interface ChatTasksOptions {
  readonly link: ChatLink;
  readonly tty: Tty;
  /** Returns the paths that begin with `path`; those of folders end with a slash. */
  readonly filesFrom: (path: string) => Promise<string[]>;
  /** Returns a path as other processes find it. */
  readonly place: (path: string) => string;
}

const WAITS = "Kept here; it is sent as soon as the server can be reached.";

export class ChatTasks {
  /** Texts that are on their way to the engine. */
  readonly #texts = new Set<Promise<void>>();

  constructor(
    private readonly options: ChatTasksOptions,
    private readonly screen: ChatScreen,
    private readonly pages: ChatPages,
    private readonly turns: Turns,
    private readonly quit: () => void,
  ) {}

  /** Does it; says so if that fails. */
  async do(task: Task): Promise<void> {
    const done = this.#do(task);
    if (task.kind !== "call" || task.text === undefined) return await done;
    this.#texts.add(done);
    await done;
    this.#texts.delete(done);
  }

  /** Resolves when the engine has all texts so far; undefined if it has them already. */
  sent(): Promise<unknown> | undefined {
    return this.#texts.size > 0 ? Promise.all(this.#texts) : undefined;
  }

  async #do(task: Task): Promise<void> {
    try {
      await this.#run(task);
    } catch (error) {
      // It is kept until the server can be reached, and shown; sent again it would come twice.
      if (error instanceof ClientError && error.code === "queued") return this.screen.tell(WAITS);
      this.screen.fail(error);
      if (task.kind === "call" && task.text !== undefined) this.screen.giveBack(task.text);
    }
  }

  async #run(task: Task): Promise<void> {
    const { screen, pages, options: { tty, link, filesFrom } } = this;
    switch (task.kind) {
      case "open":
        return await pages.open(task.id);
      case "look-up":
        return await pages.lookUp(task.name);
      case "earlier":
        return await this.turns.once("earlier", () => pages.readEarlier());
      case "newest":
        return screen.state.open === null ? undefined : await pages.open(screen.state.open);
      case "around":
        return await pages.openAround(task.id, task.number);
      case "call":
        return await this.#call(task.method, task.params, task.done);
      case "show": {
        const items = await link.request(task.method, task.params);
        const lines = items.length === 0 ? ["Nothing."] : items.map(itemText);
        return screen.change({ dialog: textDialog(task.title, lines) });
      }
      case "search":
        return await pages.search(task.text);
      case "fetch":
        return await this.#fetch(task.number);
      case "verify":
        return await this.#verify(task.id);
      case "files": {
        const paths = await filesFrom(task.path);
        return screen.show(withOffers(screen.state, paths.map((path) => `/file ${path}`)));
      }
      case "mouse":
        return tty.setMouse(task.on);
      case "redraw":
        return screen.redraw();
      case "quit":
        return this.quit();
    }
  }

  async #call(method: string, params: Params, done?: string): Promise<void> {
    await this.options.link.request(method, this.#placed(params));
    if (done !== undefined) this.screen.tell(done);
    await this.pages.list();
  }

  /** The engine works in another folder. */
  #placed(params: Params): Params {
    const { place } = this.options;
    const { paths, out } = params;
    return {
      ...params,
      ...(Array.isArray(paths) ? { paths: paths.map(place) } : {}),
      ...(typeof out === "string" ? { out: place(out) } : {}),
    };
  }

  /** Shows the safety number of a conversation. */
  async #verify(id: string): Promise<void> {
    const [item] = await this.options.link.request("verify", { peer: peerOf(id) });
    const says = item.verified === true
      ? "is verified."
      : "is not verified. Is it the same on the other side? /verify yes";
    const name = this.screen.state.conversations.find((one) => one.id === id)?.name ?? id;
    const lines = safetyLines(String(item.safetyNumber), this.screen.state);
    this.screen.change({ dialog: textDialog(`${name} ${says}`, lines) });
  }

  /** Fetches the file of a message. */
  async #fetch(number: number): Promise<void> {
    const { screen } = this;
    const message = screen.state.messages.find((message) => message.number === number);
    const waiting = await this.options.link.request("files");
    const found = waiting.find(({ entry }) => entry === number);
    if (!found) {
      return screen.fail(message?.file?.path ? "it is saved already" : "it does not wait");
    }
    screen.tell(`Fetching ${found.name}…`);
    await this.#call("fetch", { number: found.transfer, out: "." }, `${found.name} is saved.`);
  }
}
