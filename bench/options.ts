import { parseArgs } from 'node:util';

/** How long and how much to measure. */
export interface Options {
  rounds: number;
  /** Measured seconds of each row and connection count in each round. */
  seconds: number;
  /** After each start, with 50 connections. */
  warmUpSeconds: number;
  connections: number[];
  /** Every row is measured at these; otherwise a row may have fewer of its own. */
  areConnectionsGiven: boolean;
  /** Names of rows; empty: all. */
  only: string[];
  /** The result is the published one: nothing left out, nothing shortened. */
  isFull: boolean;
}

/** The connection counts at which a row is measured. */
export function countsOf({ connections }: { connections?: number[] }, options: Options): number[] {
  return options.areConnectionsGiven ? options.connections : (connections ?? options.connections);
}

/** How to call it. */
export const usage = `npm run bench -- [options]
  --rounds N         interleaved rounds (5)
  --seconds N        measured seconds per row and connection count (5)
  --connections A,B  connection counts of every row (1,50,200; of the last eleven rows 50)
  --only A,B         only these rows: fastify, native, script, node-red, express,
                     bare-parts, mapped, chain, keyed, repeated, async,
                     native-postgres, script-postgres, script-postgres-2, keyed-postgres,
                     async-postgres, async-postgres-2
  --quick            one round of one second, to see that everything works
Shortened runs write to bench/.work/last/ instead of bench/.
Exit code 1: a wrong answer, a lost record, one of ours not run, or (full runs) a missed floor.`;

const full = { rounds: 5, seconds: 5, warmUpSeconds: 3, connections: [1, 50, 200] };

/** Reads the command line; undefined asks for the usage. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return undefined;
  const base = values.quick === true ? { ...full, rounds: 1, seconds: 1, warmUpSeconds: 1 } : full;
  const options = {
    ...base,
    rounds: wholeNumber(values.rounds, base.rounds),
    seconds: wholeNumber(values.seconds, base.seconds),
    connections: values.connections?.split(',').map((text) => wholeNumber(text, 0)) ?? base.connections,
    areConnectionsGiven: values.connections !== undefined,
    only: values.only?.split(',') ?? [],
  };
  const isLong = options.rounds >= full.rounds && options.seconds >= full.seconds;
  return { ...options, isFull: isLong && options.only.length === 0 && !options.areConnectionsGiven };
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000) throw new Error(`"${text}" must be 1 to 1000`);
  return value;
}
