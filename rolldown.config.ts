import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown';

const DIST = join(realpathSync('.'), 'dist');
const WORKER = 'engines/expression/worker';

/** Reads what `nest build` has compiled. What a module finds by its own address lies where it lay, seen from `folder`. */
const compiled = (folder: string): Plugin => ({
  name: 'compiled',
  load(path) {
    if (!path.startsWith(DIST + sep)) return null;
    const own = relative(folder, path).replaceAll(sep, '/');
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
});

/** What is put together in `folder`. */
const into = (folder: string, { output, ...options }: RolldownOptions) =>
  defineConfig({
    ...options,
    platform: 'node',
    plugins: [compiled(folder)],
    onLog(_level, log) {
      // Drivers and views that Nest and TypeORM would load if they were installed.
      if (log.code !== 'UNRESOLVED_IMPORT' || !log.message.includes('node_modules'))
        throw new Error(log.message);
    },
    // The names of classes are told to people, and migrations are known by them.
    output: { ...output, dir: folder, keepNames: true, sourcemap: true, sourcemapExcludeSources: true },
  });

/** The server and the packages that it imports in a few files (docs/adr/0024-the-server-in-few-files.md). */
const server = into(DIST, {
  input: {
    main: 'dist/main.js',
    'copy-database': 'dist/copy-database.js',
    plugin: 'dist/plugin.js',
    'plugin-shared/nest': 'dist/plugin-shared/nest.js',
    'plugin-shared/zod': 'dist/plugin-shared/zod.js',
  },
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
  output: {
    // Beside main.js: addresses in them are seen from `dist`.
    chunkFileNames: 'part-[name].js',
    // In the order in which main.js asks for them: Nest has to find what reflect-metadata adds.
    codeSplitting: { groups: [{ name: 'packages', test: /node_modules/ }] },
  },
});

/** What evaluates expressions, in its own process. */
const expressionWorker = into(join(DIST, WORKER), { input: `dist/${WORKER}/main.js` });

export default [server, expressionWorker];
