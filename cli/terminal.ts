import { createInterface } from 'node:readline/promises';
import { usage } from './failures.ts';

/**
 * What a terminal would obey or show as something else: control characters but for tab and line break, the
 * characters that turn the direction of writing, invisible ones, and halves of a character.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udfff]/u;
const UNSAFE_ALL = new RegExp(UNSAFE, 'gu');

export function isUnsafe(text: string): boolean {
  return UNSAFE.test(text);
}

/** Shows what a terminal would obey as `\u001b`, which in JSON and in quoted YAML means the same. */
export function safe(text: string): string {
  return text.replace(
    UNSAFE_ALL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same for one line: a line break in it is no line break of ours. */
export function safeLine(text: string): string {
  return safe(text.replaceAll('\n', String.raw`\n`).replaceAll('\t', String.raw`\t`));
}

export function say(text: string): void {
  process.stdout.write(`${safe(text)}\n`);
}

/** For what is no part of the result. */
export function note(text: string): void {
  process.stderr.write(`${safe(text)}\n`);
}

const colours = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;
export type Colour = keyof typeof colours;

/** Safe text in a colour, where there is somebody to see it. */
export function coloured(text: string, colour: Colour): string {
  const shown = safe(text);
  if (!process.stdout.isTTY || process.env['NO_COLOR']) return shown;
  return `\u001b[${colours[colour]}m${shown}\u001b[0m`;
}

/** Prints what `coloured` has made safe already. */
export function sayColoured(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Asks before something is done. @throws where nobody can be asked. */
export async function isAgreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw usage(`${question} Nobody can be asked here: say --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question(`${safe(question)} [y/N] `), closed]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Columns under their heads, as wide as they have to be and no wider than a limit. */
export function tableText(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  widthMax = 60,
): string {
  const lines = [heads, ...rows].map((cells) => cells.map((cell) => cut(safeLine(cell), widthMax)));
  const widths = heads.map((_, at) => Math.max(...lines.map((cells) => cells[at]!.length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
