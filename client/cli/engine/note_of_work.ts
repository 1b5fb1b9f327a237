import { AsyncLocalStorage } from "node:async_hooks";

/** Whoever hears what the user may want to know of the work at hand. */
export const noteOfWork = new AsyncLocalStorage<(text: string) => void>();

/** Tells the asker that an engine works for; `otherwise` is called if it works for nobody. */
export function noteToAsker(text: string, otherwise: (text: string) => void): void {
  (noteOfWork.getStore() ?? otherwise)(text);
}
