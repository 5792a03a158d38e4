import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const LINES_MAX = 300;
const codeFile = /\.(ts|js|cjs|mjs|tsx|jsx|css|html|lua|sh)$/;
const textFile = /\.(ts|js|cjs|mjs|tsx|jsx|css|html|lua|sh|md|json|ya?ml|xml|bpmn|feel)$/;
/** Folders that are not ours: made by tools, or by an installation. */
const foreignFolders = new Set(['node_modules', 'dist', 'data', '.git', '.work', '.shots', 'coverage']);

/** Every file below a folder, as a path from the root. */
function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return foreignFolders.has(entry.name) ? [] : filesBelow(path);
  });
}

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every match of a pattern with the file and line where it stands. */
function findings(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index) => {
        const match = pattern.exec(line);
        return match ? [`${path}:${index + 1} ${match[0]}`] : [];
      }),
  );
}

const source = filesBelow('src');
const product = source.filter((path) => !path.endsWith('.spec.ts'));
const everything = ['src', 'cli', 'test', 'bench', 'docs', 'studio', 'deploy', '.ci']
  .flatMap(filesBelow)
  .filter((path) => textFile.test(path))
  .concat(
    readdirSync(root).filter((name) => /^(README|CHANGELOG|Dockerfile)|\.(ts|json|yml|yaml)$/.test(name)),
  );
const code = [...source, ...filesBelow('cli'), ...filesBelow('test'), ...filesBelow('bench')].filter((path) =>
  codeFile.test(path),
);

/** Each command and query: its class and the file in which it stands. */
const requests = product.flatMap((path) =>
  [...textOf(path).matchAll(/^export class (\w+) extends bpmRequest\(/gm)].map((match) => ({
    name: match[1]!,
    path,
  })),
);

/** `CreateWebHookConfigCommand` → `create-webhook-config`. */
function fileWords(name: string): string {
  return name
    .replace(/(Command|Query)$/, '')
    .replaceAll('WebHook', 'Webhook')
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
}

describe('A command or query', () => {
  it('is found by these rules at all', () => {
    expect(requests.length).toBeGreaterThanOrEqual(12);
  });

  it('lies in the file of its name, alone', () => {
    const found = requests.map(({ path }) => path);
    const expected = requests.map(({ name, path }) =>
      join(dirname(path), `${fileWords(name)}.${name.endsWith('Query') ? 'query' : 'command'}.ts`),
    );
    expect(found).toStrictEqual(expected);
    expect(new Set(found).size).toBe(found.length);
  });

  it('is what each file with that suffix holds', () => {
    const suffixed = product.filter((path) => /\.(command|query)\.ts$/.test(path));
    expect(suffixed.sort()).toStrictEqual(requests.map(({ path }) => path).sort());
  });

  it('has its spec among the command specs, and each spec there has its command', () => {
    const specs = filesBelow('test/commands').filter((path) => path.endsWith('.spec.ts'));
    const edges = ['command-endpoint', 'command-endpoint-answers', 'login'];
    const expected = [...requests.map(({ name }) => fileWords(name)), ...edges];
    expect(specs.map((path) => basename(path, '.spec.ts')).sort()).toStrictEqual(expected.sort());
  });

  it('is wired in: the catalogue knows exactly those that have a file', () => {
    const catalogue = JSON.parse(textOf('test/catalogue.snapshot.json')) as Record<string, unknown>;
    expect(Object.keys(catalogue).sort()).toStrictEqual(requests.map(({ name }) => name).sort());
  });

  it('is typed as a string in one file of the product only: the one that makes the example', () => {
    const quoted = new RegExp(`['"\`](${requests.map(({ name }) => name).join('|')})['"\`]`);
    const files = findings(product, quoted).map((finding) => finding.slice(0, finding.indexOf(':')));
    // Where the exception is no longer needed, this fails too, and the rule becomes the stricter one.
    expect([...new Set(files)]).toStrictEqual([join('src', 'welcome.ts')]);
  });
});

describe('The source', () => {
  it('reads the environment in the configuration and nowhere else', () => {
    const readers = findings(
      product,
      /process\.env\b|process\[.env.\]|import .*\benv\b.* from 'node:process'/,
    );
    const files = readers.map((finding) => finding.slice(0, finding.indexOf(':')));
    expect([...new Set(files)]).toStrictEqual([join('src', 'config.ts')]);
  });

  it('has no default exports', () => {
    expect(findings([...source, ...filesBelow('cli')], /^export default\b|\bas default\b/)).toStrictEqual([]);
  });

  it('lies at most three folders deep', () => {
    expect(source.filter((path) => path.split('/').length > 5)).toStrictEqual([]);
  });
});

describe('A file', () => {
  it(`has at most ${LINES_MAX} lines of code`, () => {
    const tooLong = code
      .map((path) => ({ path, lines: textOf(path).replace(/\n$/, '').split('\n').length }))
      .filter(({ lines }) => lines > LINES_MAX);
    expect(tooLong).toStrictEqual([]);
  });

  it('is named by what it does or is, never by a word that says nothing', () => {
    const empty = /^(services?|managers?|helpers?|utils?|commons?|base|impl|types?)$/;
    const bad = code.filter((path) =>
      path
        .replace(codeFile, '')
        .split(/[/.\-_]/)
        .some((word) => empty.test(word)),
    );
    expect(bad).toStrictEqual([]);
  });

  it('leaves nothing to do without the number of its issue', () => {
    expect(findings(everything, /\b(TOD[O]|FIXM[E])\b(?!\(#\d+\))/)).toStrictEqual([]);
  });

  it('names no path of the machine on which it was written', () => {
    const homes = /(?<![\w.])\/(home|Users|root)\/\w[\w.-]*|\b[A-Z]:\\Users\\/;
    const own = [root, homedir()].filter((path) => path.split('/').filter(Boolean).length >= 2);
    const ownPaths = everything.flatMap((path) =>
      own.filter((folder) => textOf(path).includes(folder)).map((folder) => `${path}: ${folder}`),
    );
    expect([...findings(everything, homes), ...ownPaths]).toStrictEqual([]);
  });
});

describe('The documents', () => {
  it('name only paths that exist', () => {
    const documents = [...filesBelow('docs'), 'README.md'].filter(
      (path) => path.endsWith('.md') && existsSync(join(root, path)),
    );
    const missing = documents.flatMap((document) =>
      [...textOf(document).matchAll(/`((?:src|cli|docs|test|bench|deploy)\/[^`\s]*)`/g)]
        .map((match) => match[1]!)
        .filter((path) => !existsSync(join(root, solidPart(path))))
        .map((path) => `${document}: ${path}`),
    );
    expect(missing).toStrictEqual([]);
  });
});

/** The part of a path before its first placeholder or line number: `src/*.ts` → `src`, `test/a.ts:12` → `test/a.ts`. */
function solidPart(path: string): string {
  const placeholder = path.search(/[*<{…]/);
  if (placeholder === -1) return path.replace(/:\d+$|#.*$/, '');
  return path.slice(0, path.lastIndexOf('/', placeholder));
}
