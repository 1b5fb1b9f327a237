/**
 * Every limit that both sides or the specification know. Sizes are in bytes, times in milliseconds.
 */

export const KiB = 1024;
export const MiB = 1024 * KiB;

/** Size of a client ID. */
export const CLIENT_ID_SIZE = 16;
/** Size of the name field: UTF-8, padded with zeros. */
export const NAME_FIELD_SIZE = 255;
/** Longest name: one zero byte must follow it in its field. */
export const MAX_NAME_SIZE = NAME_FIELD_SIZE - 1;
/** Fewest characters (Unicode code points) of a name. */
export const MIN_NAME_LENGTH = 2;
/** Fewest characters (Unicode code points) of a passphrase. */
export const MIN_PASSPHRASE_LENGTH = 8;
/** Size of a public key, of either kind. */
export const PUBLIC_KEY_SIZE = 160;
/** Largest value of the 4-byte fields that hold sizes and message IDs. */
export const MAX_U32 = 0xffff_ffff;
/** Most content bytes of one classic message unless the operator says otherwise: 1 GiB. */
export const MAX_CONTENT_SIZE = 1024 * MiB;
/** Contents up to this size may be kept in memory and in the database; larger ones stream. */
export const MAX_INLINE_SIZE = 64 * KiB;
/** Longest text that a client sends, in bytes of UTF-8; longer ones are for a file. */
export const MAX_TEXT_SIZE = 1 * MiB;
/** Largest envelope between secure clients: its receiver opens no larger one. */
export const MAX_ENVELOPE_SIZE = 4 * MiB;
/** The last time that a date can hold, in milliseconds since 1970: in the year 275760. */
export const MAX_TIME = 8.64e15;
/** Longest Noise message, with its tags (Noise §3). */
export const MAX_NOISE_MESSAGE_SIZE = 65_535;
/** Size of the token that identifies one message of a sender, however often it is sent. */
export const TOKEN_SIZE = 16;
/** Most message IDs in one acknowledgement. */
export const MAX_ACKNOWLEDGED = 1024;
/** Size of a copy mark, by which a client notices that its profile is an old copy. */
export const COPY_MARK_SIZE = 16;
/** Most prekeys in one request that publishes them. */
export const MAX_PREKEYS_PUBLISHED = 256;
/** Most one-time prekeys of each of the two kinds that a server holds for a client. */
export const MAX_ONE_TIME_PREKEYS = 200;
/** One-time prekeys of one kind at which their owner is told that few are left. */
export const LOW_PREKEYS = 50;
/** Longest text of an error, in bytes of UTF-8. */
export const MAX_ERROR_TEXT_SIZE = 512;
/** Size of the random ID of an envelope's content. */
export const CONTENT_ID_SIZE = 16;
/** Most content IDs in a receipt, or in a deletion. */
export const MAX_TARGETS = 256;
/** Longest reaction, in bytes of UTF-8: the longest emoji has 35. */
export const MAX_EMOJI_SIZE = 64;
/** Longest time after which messages disappear, in seconds: 365 days. */
export const MAX_TIMER = 365 * 24 * 60 * 60;
/** Size of the ID of a file in chunks, which its uploader chooses. */
export const BLOB_ID_SIZE = 16;
/** Size of a chunk of a file's ciphertext, 1 MiB and a tag. The last one may be shorter. */
export const FILE_CHUNK_SIZE = 1 * MiB + 16;
/** Most clients in one page of the list. */
export const MAX_LISTED = 256;
/** Most clients that one request looks up by their IDs. */
export const MAX_LOOKED_UP = 256;
/** Size of the code that invites someone to register. */
export const INVITE_CODE_SIZE = 16;
/** Most receivers in one request that shares a file. */
export const MAX_RECEIVERS = 256;
