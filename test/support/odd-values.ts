import { between } from '../crash/seeded.ts';

/** Texts that a statement could trip over, by what is odd about them. */
export const oddTexts = {
  'an empty text': '',
  'a quote': "'",
  'two quotes': "''",
  'a text that ends a statement': "'); DROP TABLE things; --",
  'a backslash and a quote': "\\'",
  'line ends of all kinds': 'a\nb\r\nc\rd\u2028e\u2029f',
  'letters beyond the basic plane': '𝒳 👩‍👩‍👧 \u{10FFFF}',
  'combining marks as they are': 'e\u0301 é',
  'a byte order mark': '\uFEFFtext',
  'what looks like a parameter': '? ?1 :name @name $name %s {0}',
  'comments and quotes of SQL': '-- /* */ "name" `name` [name]',
  'what looks like a number': '1e5',
  'what looks like an array': '{"a",b,NULL}',
  'the word that stands for nothing in an array': 'NULL',
  'a very long text': "it's long ".repeat(300_000),
};

/** A text, a number or bytes. */
export function randomValue(random: () => number): unknown {
  const kind = random();
  if (kind < 0.6) return randomText(random);
  if (kind < 0.75) return (random() - 0.5) * 10 ** between(random, -12, 15);
  if (kind < 0.85) return between(random, -1_000_000, 1_000_000);
  return Buffer.from(Array.from({ length: between(random, 1, 200) }, () => between(random, 0, 255)));
}

const pieces = ["'", "''", '\\', ';', '--', '/*', '*/', '"', '\n', 'é', '漢', '👩‍👧', 'X', ' ', ')', ','];

function randomText(random: () => number): string {
  let text = '';
  for (let left = between(random, 0, 40); left > 0; left--) {
    const isPiece = random() < 0.6;
    text += isPiece
      ? pieces[between(random, 0, pieces.length - 1)]
      : String.fromCodePoint(between(random, 1, 0xd7ff));
  }
  return text;
}
