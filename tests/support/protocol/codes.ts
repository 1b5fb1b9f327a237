/** The codes of the specification, written down on their own. */

export const RequestCode = {
  register: 100,
  clientList: 101,
  publicKey: 102,
  send: 103,
  getMessages: 104,
  /** From here on: secure alone. */
  subscribe: 105,
  acknowledge: 106,
  publishPrekeys: 107,
  checkIn: 108,
  fetchPrekeys: 109,
  handshake: 110,
  login: 112,
  findName: 113,
  unregister: 114,
  openUpload: 120,
  putChunk: 121,
  share: 122,
  getChunk: 123,
  release: 124,
  fileState: 125,
} as const;

export const ResponseCode = {
  registered: 1000,
  clientList: 1001,
  publicKey: 1002,
  sent: 1003,
  messages: 1004,
  /** From here on: secure alone, but for the failure. */
  subscribed: 1005,
  acknowledged: 1006,
  prekeysPublished: 1007,
  checkedIn: 1008,
  prekeys: 1009,
  handshake: 1110,
  loggedIn: 1112,
  foundName: 1113,
  unregistered: 1114,
  upload: 1120,
  chunkStored: 1121,
  shared: 1122,
  chunk: 1123,
  released: 1124,
  fileState: 1125,
  /** A message that the server sends by itself, to a subscriber. */
  push: 2000,
  "prekeys-low": 2001,
  stopping: 2002,
  failure: 9000,
} as const;
