/** The realm's modules as one script text, because an isolate loads no files. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';

/** In order of dependence. */
const MODULES = [
  'host',
  'realm-time',
  'realm-freeze',
  'realm-format',
  'realm-bytes',
  'realm-url',
  'realm-run',
  'realm',
];

/** A script whose value is `createRealm`; top-level names of the modules are unique among them all. */
export function realmSource(): string {
  const extension = extname(import.meta.filename);
  const texts = MODULES.map((name) => {
    const text = readFileSync(new URL(`../realm/${name}${extension}`, import.meta.url), 'utf8');
    const code = extension === '.ts' ? stripTypeScriptTypes(text) : text;
    return code
      .replace(/^import\b[^;]*;/gm, '')
      .replace(/^export (?=[a-z])/gm, '')
      .replace(/^\/\/# sourceMappingURL=.*$/gm, '');
  });
  return `(() => { 'use strict';\n${texts.join('\n')}\nreturn createRealm;\n})()`;
}
