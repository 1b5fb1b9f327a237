/** Frames that are almost right, as a fuzzer makes them. */
import { type Bytes, concat } from "../../../shared/bytes.ts";
import { MAX_U32 } from "../../../shared/limits.ts";
import type { Chance } from "../fault/chance.ts";

/** Where a request has its version and its code, and its size in 4 bytes. */
const [VERSION, CODE, SIZE] = [16, 17, 18];
const SIZES = [0, 1, 255, 65_535, 65_536, 2 ** 20, 2 ** 22 + 1, 2 ** 30, 2 ** 31, MAX_U32];
const MOST_NOISE = 300;

type Frames = Bytes[];
type Mutation = (frames: Frames, at: number, chance: Chance) => void;

const MUTATIONS: readonly Mutation[] = [
  // a bit
  (frames, at, chance) => {
    if (frames[at].length > 0) frames[at][chance.whole(frames[at].length)] ^= 1 << chance.whole(8);
  },
  // a size, which holds up what follows or lets it begin too early
  (frames, at, chance) => {
    if (frames[at].length < SIZE + 4) return;
    const size = chance.whole(2) ? chance.pick(SIZES) : chance.whole(1_000);
    new DataView(frames[at].buffer).setUint32(SIZE, size, true);
  },
  (frames, at, chance) => set(frames[at], VERSION, chance.whole(5)),
  (frames, at, chance) => set(frames[at], CODE, 95 + chance.whole(40)),
  (frames, at) => frames.splice(at, 1),
  (frames, at) => frames.splice(at, 0, frames[at].slice()),
  (frames, at, chance) => frames.push(...frames.splice(chance.whole(at + 1), 1)),
  // an end that is missing, inside of a frame or of all
  (frames, at, chance) => frames[at] = frames[at].slice(0, chance.whole(frames[at].length + 1)),
  (frames, at) => frames.splice(at + 1),
  (frames, at, chance) => frames.splice(at, 0, noise(chance, chance.whole(MOST_NOISE))),
];

/** Returns `frames` as one text of bytes, after a few mutations. */
export function mutated(frames: readonly Bytes[], chance: Chance): Bytes {
  const changed = chance.shuffled(frames).map((frame) => frame.slice());
  for (let count = 1 + chance.whole(4); count > 0 && changed.length > 0; count--) {
    chance.pick(MUTATIONS)(changed, chance.whole(changed.length), chance);
  }
  return concat(...changed);
}

/** Cuts `bytes` into a few pieces, as a peer or a network may send them. */
export function* cutUp(bytes: Bytes, chance: Chance): Iterable<Bytes> {
  for (let rest = bytes; rest.length > 0;) {
    const size = 1 + chance.whole(chance.pick([3, 100, 5_000]));
    yield rest.subarray(0, size);
    rest = rest.subarray(size);
  }
}

export function noise(chance: Chance, size: number): Bytes {
  return Uint8Array.from({ length: size }, () => chance.whole(256));
}

function set(frame: Bytes, at: number, value: number): void {
  if (at < frame.length) frame[at] = value;
}
