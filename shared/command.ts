/** What a command of either program declares; its parsing and its help follow from that. */

/** What a shell completes; commas separate several contacts. */
type Completes = "file" | "folder" | "command" | "contact" | "contacts";

/** An argument that is identified by its position. */
export interface Operand {
  /** What help calls it, such as NAME; not needed if `words` lists all allowed values. */
  readonly name?: string;
  readonly words?: readonly string[];
  /** Whether it may be left out; or stands only behind the one before, and then must. */
  readonly optional?: true | "with the one before";
  /** Whether it takes all further arguments; one at least. */
  readonly repeated?: true;
  readonly completes?: Completes;
  /** Whether the text is a whole number. */
  readonly integer?: true;
  /** @throws {UsageError} */
  readonly parse?: (text: string) => unknown;
}

/** An argument that is identified by its name: --NAME, or --NAME VALUE. */
export interface Option {
  /** What help calls its value, such as DIR; a flag has none. */
  readonly value?: string;
  readonly help: string;
  /** All values that are allowed, if only these are. */
  readonly words?: readonly string[];
  readonly completes?: Completes;
  /** Whether the text is a whole number. */
  readonly integer?: true;
  /** @throws {UsageError} */
  readonly parse?: (text: string) => unknown;
}

/** In the order of their positions. */
export type Operands = Readonly<Record<string, Operand>>;
export type Options = Readonly<Record<string, Option>>;

/** The values of a command's operands and options. */
export type Args<P extends Operands, O extends Options> =
  & (string extends keyof P ? unknown : { readonly [K in keyof P]: OperandValue<P[K]> })
  & (string extends keyof O ? unknown : { readonly [K in keyof O]: OptionValue<O[K]> });

type OperandValue<P extends Operand> = P extends { repeated: true } ? Parsed<P>[]
  : P extends { optional: unknown } ? Parsed<P> | undefined
  : Parsed<P>;
type OptionValue<O extends Option> = O extends { value: string } ? Parsed<O> | undefined : boolean;
type Parsed<A> = A extends { parse: (text: string) => infer T } ? T
  : A extends { words: readonly (infer W)[] } ? W
  : string;

/** The part of a command that both programs have. */
export interface Declaration<P extends Operands, O extends Options> {
  readonly name: string;
  readonly operands?: P;
  readonly options?: O;
  /** One line of help, without a full stop. */
  readonly summary: string;
  readonly details: string;
  /** What the error says about a superfluous argument. */
  readonly tooMany?: string;
  /** Checks the arguments together. @throws {UsageError} */
  check?(args: Args<P, O>): void;
}

/** A command whose arguments can be parsed, of whatever types they are. */
export interface Declared {
  readonly name: string;
  readonly operands: Operands;
  readonly options: Options;
  readonly summary: string;
  readonly details: string;
  readonly tooMany?: string;
  // deno-lint-ignore no-explicit-any
  check?(args: any): void;
}
