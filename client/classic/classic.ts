import { ClassicOpener } from "./classic_opener.ts";
import { ClassicSender, type ReadyOutbox } from "./classic_sender.ts";
import { type ClassicOptions, KeyExchange } from "./key_exchange.ts";

/** The entry to all that exists for the classic protocol alone, except its transport. */
export class Classic {
  readonly keys: KeyExchange;
  readonly sender: ClassicSender;
  readonly opener: ClassicOpener;

  constructor(options: ClassicOptions & { outbox: () => Promise<ReadyOutbox | null> }) {
    this.keys = new KeyExchange(options);
    this.sender = new ClassicSender({ ...options, keys: this.keys });
    this.opener = new ClassicOpener({ ...options, keys: this.keys });
  }
}
