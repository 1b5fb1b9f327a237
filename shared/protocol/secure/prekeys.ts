/** Requests 107 to 109: prekeys of the asker, and those of another client; push 2001. */
import { COPY_MARK_SIZE, MAX_PREKEYS_PUBLISHED } from "../../limits.ts";
import { request, response } from "../entry.ts";
import { bytes, clientId, fields, flag, list, u32, type ValueOf } from "../layout.ts";
import { prekey } from "../prekey.ts";

export const prekeysPublished = response({ kind: "prekeys-published", code: 1007, payload: {} });

/** With `replace`, every prekey with a smaller ID than these is forgotten. */
export const publishPrekeys = request({
  kind: "publish-prekeys",
  code: 107,
  payload: { replace: flag, prekeys: list(prekey, { min: 1, max: MAX_PREKEYS_PUBLISHED }) },
  reply: prekeysPublished,
});

const known = {
  /** What the client said the last time, zeros if there was none. */
  mark: bytes(COPY_MARK_SIZE),
  /** The largest ID of a prekey that it ever published, 0 if there was none. */
  prekeyId: u32,
  /** How many prekeys of kind 3 are left. */
  oneTimeLeft: u32,
  /** How many of kind 4. */
  oneTimeKemLeft: u32,
};
const knownFields = fields(known);

/** What a client learns when it checks in. */
export type CheckedIn = ValueOf<typeof knownFields>;

export const checkedIn = response({ kind: "checked-in", code: 1008, payload: known });

/** Leaves a mark, by which a client tells whether its profile is an old copy. */
export const checkIn = request({
  kind: "check-in",
  code: 108,
  payload: { mark: bytes(COPY_MARK_SIZE) },
  reply: checkedIn,
});

export const prekeys = response({
  kind: "prekeys",
  code: 1009,
  payload: { clientId, prekeys: list(prekey) },
});

/** What the asker needs for a first message to `target`. */
export const fetchPrekeys = request({
  kind: "fetch-prekeys",
  code: 109,
  payload: { target: clientId },
  reply: prekeys,
});

/** Tells a subscriber that few of its one-time prekeys are left. */
export const prekeysLow = response({ kind: "prekeys-low", code: 2001, payload: {} });
