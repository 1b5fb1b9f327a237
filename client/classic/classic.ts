/** The entry to all that exists for the classic protocol alone, except its transport. */
import type { Peers } from "../contacts/peers.ts";
import type { Network } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import { ClassicOpener } from "./classic_opener.ts";
import { ClassicSender } from "./classic_sender.ts";
import { KeyExchange } from "./key_exchange.ts";

export interface ClassicOptions {
  profile: Profile;
  network: Network;
  peers: Peers;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** What a profile exchanges with classic clients, or as one. */
export class Classic {
  readonly keys: KeyExchange;
  readonly sender: ClassicSender;
  readonly opener: ClassicOpener;

  constructor(options: ClassicOptions) {
    this.keys = new KeyExchange(options);
    this.sender = new ClassicSender({ ...options, keys: this.keys });
    this.opener = new ClassicOpener({ ...options, keys: this.keys });
  }
}
