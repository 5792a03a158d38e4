import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { type SourceCode, sourceCodes } from './source-codes.ts';

/** Where a person writes what each code means. */
export const textsPath = new URL('../../docs/errors.yaml', import.meta.url);
/** What is made of it. */
export const pagePath = new URL('../../docs/errors.md', import.meta.url);

interface CodeText {
  cause: string;
  next: string;
  /** In place of a status, where the source has none. */
  seen?: string;
}

type Texts = Record<string, { about: string; codes: Record<string, CodeText> }>;

const intro = `# Errors

Every answer that is no success has a \`code\`, and so has every execution that did not succeed: \`<slice>.<reason>\`. Codes stay;
sentences may change. What \`errors\` says comes first, this page says what to do about it. \`Retry-After\` is there wherever
waiting helps. Plugins and your own commands may have codes of their own.

This page is written by \`npm run docs:errors\`, from the source and \`docs/errors.yaml\`.
`;

export interface ErrorsPage {
  text: string;
  /** What has to be done so that source and texts agree. */
  faults: string[];
}

/** The page as it has to be. */
export async function errorsPage(): Promise<ErrorsPage> {
  const { codes, unreadable } = sourceCodes();
  const texts = parse(readFileSync(textsPath, 'utf8')) as Texts;
  const faults = [
    ...unreadable.map(
      (place) =>
        `${place}: let the type of this code say which texts it can be (a literal, or a union of them)`,
    ),
    ...faultsOf(codes, texts),
  ];
  const sections = Object.entries(texts).map(([slice, { about, codes: ofSlice }]) => {
    const rows = Object.entries(ofSlice).map(([code, text]) => row(code, text, codes.get(code)));
    return [
      `## ${slice}`,
      about,
      ['| code | status | cause | what to do |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ].join('\n\n');
  });
  const options = await resolveConfig(pagePath);
  const text = await format([intro, ...sections].join('\n\n'), { ...options, parser: 'markdown' });
  return { text, faults };
}

function row(code: string, { cause, next, seen }: CodeText, source: SourceCode | undefined): string {
  const statuses = [...(source?.statuses ?? [])].sort().join(', ') || seen || '?';
  return `| \`${code}\` | ${statuses} | ${cell(cause)} | ${cell(next)} |`;
}

function cell(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', String.raw`\|`);
}

function faultsOf(codes: ReadonlyMap<string, SourceCode>, texts: Texts): string[] {
  const known = new Map(
    Object.entries(texts).flatMap(([slice, { codes }]) =>
      Object.entries(codes).map(([code, text]) => [code, { slice, text }]),
    ),
  );
  const missing = [...codes]
    .filter(([code]) => !known.has(code))
    .map(([code, { places }]) => missingSentence(code, places));
  const others = [...known].flatMap(([code, { slice, text }]) => {
    const source = codes.get(code);
    if (!source) return [`docs/errors.yaml: "${code}" is made nowhere in the source any more: remove it`];
    if (!code.startsWith(`${slice}.`)) return [`docs/errors.yaml: "${code}" stands under "${slice}"`];
    if (!text.cause || !text.next) return [`docs/errors.yaml: "${code}" needs a cause and what to do next`];
    if (source.statuses.size === 0 && !text.seen)
      return [`docs/errors.yaml: "${code}" has no status in the source: say in "seen" where one meets it`];
    if (source.statuses.size > 0 && text.seen)
      return [`docs/errors.yaml: "${code}" has a status in the source: remove its "seen"`];
    return [];
  });
  return [...missing, ...others];
}

function missingSentence(code: string, places: readonly string[]): string {
  const slice = code.slice(0, code.indexOf('.'));
  return [
    `"${code}" (${places.join(', ')}) is not explained. Add to docs/errors.yaml under "${slice}", then run npm run docs:errors:`,
    `${slice}:\n  codes:\n    ${code}:\n      cause: why one meets it\n      next: what to do then`,
  ].join('\n');
}
