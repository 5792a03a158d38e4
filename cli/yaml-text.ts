import { isDeepStrictEqual } from 'node:util';
import { Document, isScalar, parse, Scalar, visit } from 'yaml';
import { isUnsafe, safe } from './terminal.ts';

/** Lines are folded by nobody: a text stays as its writer broke it. */
const layout = { lineWidth: 0, indent: 2, blockQuote: 'literal' } as const;

/**
 * The one text of a value: several lines as a literal block, and in quotes, escaped, what a terminal would obey or
 * what YAML would read back as something else.
 */
export function yamlText(value: unknown): string {
  const text = textOf(value, (held) => held.includes('\n') && !isUnsafe(held));
  if (isDeepStrictEqual(readBack(text), value)) return text;
  return textOf(value, () => false);
}

function textOf(value: unknown, isBlock: (text: string) => boolean): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (!isScalar(node) || typeof node.value !== 'string') return;
      if (isBlock(node.value)) node.type = Scalar.BLOCK_LITERAL;
      else if (isUnsafe(node.value) || node.value.includes('\n')) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return safe(document.toString({ ...layout, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }));
}

function readBack(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
