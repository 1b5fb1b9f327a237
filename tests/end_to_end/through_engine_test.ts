/**
 * The commands once more, through engines: what they print and their exit codes are the same. Left
 * out are the tests of profiles that others change or copy, and of passphrases that are missing: an
 * engine has the profile, and holds the passphrase.
 */
import "../support/client/through_engines.ts";
import "./changes_test.ts";
import "./contacts_test.ts";
import "./conversation_test.ts";
import "./files_test.ts";
import "./offline_first_test.ts";
import "./sending_test.ts";
