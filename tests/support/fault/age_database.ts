/**
 * Makes all that a server keeps older: its next start expires it.
 *
 * Usage: deno run --allow-read --allow-write tests/support/fault/age_database.ts DATABASE DAYS
 */
import { Database } from "@db/sqlite";

const [path, days] = Deno.args;
const database = new Database(path);
database.exec("PRAGMA synchronous = FULL");
database.exec("UPDATE time_mark SET running = running + ?", Number(days) * 24 * 60 * 60 * 1000);
database.close();
