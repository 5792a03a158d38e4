/** What the client's exit says; the numbers are in docs/cli.md. */
export const exitCodes = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that is told in sentences and ends the client with its exit code. */
export class CliFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

/** What was typed, set or written into a file cannot be worked with. */
export function usage(message: string, details: readonly string[] = []): CliFailure {
  return new CliFailure(exitCodes.usage, message, details);
}

/** Nobody answers, or somebody who is not Signalbox. */
export function unreachable(message: string): CliFailure {
  return new CliFailure(exitCodes.unreachable, message);
}

/** The server said no: its message, its sentences and its code. */
export class Refusal extends CliFailure {
  constructor(
    message: string,
    details: readonly string[],
    readonly code: string,
  ) {
    super(exitCodes.refused, message, details);
  }
}

/** The name that was probably meant: the nearest one, if it is near at all. */
export function nearestOf(word: string, names: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const found = names
    .map((name) => ({ name, distance: distanceOf(lower, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return found && found.distance <= Math.max(2, word.length / 4) ? found.name : undefined;
}

/** How many letters have to be changed, added or left out (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const next = [at];
    for (let other = 1; other <= to.length; other++) {
      const replaced = row[other - 1]! + (from[at - 1] === to[other - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[other]! + 1, next[other - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
