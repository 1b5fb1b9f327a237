/**
 * The assertions that the tests use, with types: `deno-std` republishes `@std/assert` without its
 * declarations, so this is their one typed home.
 */
import { assert as untypedAssert } from "@std/assert/assert";
import { assertEquals as untypedAssertEquals } from "@std/assert/equals";
import { assertRejects as untypedAssertRejects } from "@std/assert/rejects";
import { assertThrows as untypedAssertThrows } from "@std/assert/throws";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** Fails unless `condition` is truthy. */
export const assert: (condition: unknown, message?: string) => asserts condition = untypedAssert;

/** Fails unless both values are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void =
  untypedAssertEquals;

/** Fails unless `fn` throws an `errorClass`. Returns the error. */
export const assertThrows: <E extends Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  messageIncludes?: string,
) => E = untypedAssertThrows;

/** Fails unless `fn` rejects with an `errorClass`. Returns the error. */
export const assertRejects: <E extends Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  messageIncludes?: string,
) => Promise<E> = untypedAssertRejects;
