import type { Caller, Origin } from './caller.ts';
import type { Dispatched } from './dispatched.ts';
import type { Order } from './dispatcher.ts';
import type { Permission } from './permissions.ts';

/** A command that somebody has defined while the server runs. It acts outside: it is never a part of a transaction. */
export interface DefinedCommand {
  readonly name: string;
  /** All that its caller needs, its own permission first. */
  readonly permissions: readonly Permission[];
  /** JSON Schema of its fields. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Values that no record may show. */
  readonly secrets: readonly string[];
  /** Why it does not take an input, a sentence for each fault. @throws AppError where it cannot be told. */
  faults(input: Readonly<Record<string, unknown>>): Promise<string[]>;
  /** What it gives. @throws AppError when it fails. */
  run(order: DefinedOrder): Promise<unknown>;
}

/** One call of a defined command, after its checks. */
export interface DefinedOrder {
  input: Readonly<Record<string, unknown>>;
  caller: Caller;
  origin: Origin;
  /** How its work gives commands of its own. */
  dispatch: (order: Order) => Promise<Dispatched>;
  /** Null: nobody goes on with it after a crash. */
  journal: WorkJournal | null;
}

/** Keeps what the work of one command has called, where that work may have to be done again. */
export interface WorkJournal {
  /** The same in each try of the same work. */
  readonly name: string;
  /** The version of the work by which the calls on record were made; null: there are none. */
  readonly version: number | null;
  /** Milliseconds since 1970: where its time begins in each try; null: its time is the real one. */
  readonly startedAt: number | null;
  /** Makes the next call of that version, or gives what is on record at its place. Never rejects. */
  call(version: number, call: WorkCall): Promise<WorkAnswer>;
  /** Keeps lines that the work wrote, with the record of what called it. */
  log(lines: readonly WorkLine[]): void;
}

/** A line that a script wrote. */
export interface WorkLine {
  level: string;
  text: string;
}

/** One command that the work of another gives. */
export interface WorkCall {
  type: string;
  /** JSON text of an object. */
  inputJson: string;
  /** Who acts at this moment. @throws AppError when nobody may. */
  caller: () => Caller;
  origin: Origin;
}

export interface WorkAnswer {
  envelopeJson: string;
  /** Milliseconds since 1970: when it was put on record, or became known. */
  recordedAt: number;
}

/** What was defined; the bus owns the port, `features/command-definitions` implements it. */
export abstract class DefinedCommands {
  /** As a caller of that account sees it. */
  abstract find(type: string, accountId: string): DefinedCommand | undefined;
  /** All of an account, by name. */
  abstract all(accountId: string): DefinedCommand[];
}
