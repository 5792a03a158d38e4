import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

const dist = resolve('dist');

/** Reads what `nest build` has compiled. What a module finds by its own address lies where it lay before. */
const compiled: Plugin = {
  name: 'compiled',
  load(path) {
    if (!path.startsWith(dist + sep)) return null;
    const own = relative(dist, path).replaceAll(sep, '/');
    const code = readFileSync(path, 'utf8')
      .replaceAll('import.meta.dirname', `(import.meta.dirname + '/${dirname(own)}')`)
      .replaceAll('import.meta.filename', `(import.meta.dirname + '/${own}')`)
      .replaceAll('import.meta.url', `new URL('./${own}', import.meta.url).href`);
    return { code, map: readFileSync(`${path}.map`, 'utf8') };
  },
  renderChunk(code, { fileName }) {
    const found = /\b__(?:dirname|filename)\b/.exec(code);
    if (found)
      this.error(`${fileName} asks for ${found[0]}, which a module has not: its package has to stay outside`);
    return null;
  },
};

/** The names of classes are told to people, and migrations are known by them. */
const readable = { keepNames: true, sourcemap: true, sourcemapExcludeSources: true };

/** The server and the packages that it imports in a few files (docs/adr/0024-the-server-in-few-files.md). */
const server = defineConfig({
  input: {
    main: 'dist/main.js',
    'copy-database': 'dist/copy-database.js',
    plugin: 'dist/plugin.js',
    'plugin-shared/nest': 'dist/plugin-shared/nest.js',
    'plugin-shared/zod': 'dist/plugin-shared/zod.js',
  },
  platform: 'node',
  // Compiled code, what looks for files of its own, and what only few use.
  external: [
    '@node-rs/argon2',
    'app-root-path',
    'isolated-vm',
    'pino',
    'pino-pretty',
    'sqlite3',
    /^@opentelemetry\/(exporter|resources|sdk)/,
  ],
  plugins: [compiled],
  onLog(_level, log) {
    // Drivers and views that Nest and TypeORM would load if they were installed.
    if (log.code !== 'UNRESOLVED_IMPORT' || !log.message.includes('node_modules'))
      throw new Error(log.message);
  },
  output: {
    dir: 'dist',
    // Beside main.js: addresses in them are as far from `dist`.
    chunkFileNames: 'part-[name].js',
    // In the order in which main.js asks for them: Nest has to find what reflect-metadata adds.
    codeSplitting: { groups: [{ name: 'packages', test: /node_modules/ }] },
    ...readable,
  },
});

/** What evaluates expressions, in its own process. */
const expressionWorker = defineConfig({
  input: 'dist/engines/expression/worker/main.js',
  platform: 'node',
  plugins: [compiled],
  output: { dir: 'dist/engines/expression/worker', ...readable },
});

export default [server, expressionWorker];
