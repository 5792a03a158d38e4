import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { usage } from './failures.ts';
import type { Server } from './server.ts';

/** The server that the environment and the flag `--url` name. */
export type Connect = (url: string | undefined) => Server;

/** What stands behind `signalbox`. */
export interface CliCommand {
  /** A few words for the list of all. */
  summary: string;
  help: string;
  run(args: readonly string[], connect: Connect): Promise<void>;
}

/** Flags by node's own rules. @throws with its sentence, which names the flag. */
export function parsedFlags<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  allowPositionals = false,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    // The first sentence; what follows tells of things that no flag of ours has.
    throw usage((error as Error).message.split('. ')[0]!);
  }
}

/** The flags of every command but `cmd`. */
export const everyFlag = { url: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
