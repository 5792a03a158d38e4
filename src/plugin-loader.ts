import { existsSync, readFileSync } from 'node:fs';
// Whole: an older Node lacks registerHooks, and would end with a syntax error before our own sentence.
import * as nodeModule from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PluginError, type PluginModule, reasonOf } from './plugin-requests.ts';

/** The modules that plugins share with the server, as it has them: with their own, Nest and the bus would not know them. */
const shared = new Map([
  ['signalbox/plugin', './plugin.js'],
  ['@nestjs/common', './plugin-shared/nest.js'],
  ['zod', './plugin-shared/zod.js'],
]);

/** One entry of PLUGINS with the modules that it exports. */
export interface Plugin {
  specifier: string;
  modules: readonly PluginModule[];
}

/** Folders whose files are plugins' own; what is installed below them is not. */
const roots = new Set<string>();
/** What the loader is just importing itself. */
let asked: string | null = null;

/**
 * Imports the modules that PLUGINS names: files and folders from the working directory, and packages by their name.
 * @throws PluginError naming the one that cannot be loaded.
 */
export async function loadPlugins(specifiers: readonly string[]): Promise<Plugin[]> {
  if (specifiers.length > 0) shareModules(new Set(specifiers));
  const plugins: Plugin[] = [];
  for (const specifier of specifiers) plugins.push(await load(specifier));
  return plugins;
}

async function load(specifier: string): Promise<Plugin> {
  let exported: Record<string, unknown>;
  try {
    asked = isPath(specifier) ? urlOf(specifier) : specifier;
    exported = (await import(asked)) as Record<string, unknown>;
  } catch (thrown) {
    throw new PluginError(specifier, `cannot be loaded: ${reasonOf(thrown)}`);
  }
  // A CommonJS module shows what it exports under `default` too.
  const modules = [...new Set(Object.values(exported))].filter(isModule);
  if (modules.length === 0) throw new PluginError(specifier, 'exports no Nest module');
  return { specifier, modules };
}

/** From now on what is shared is the server's own wherever the file that imports it lies. */
function shareModules(names: ReadonlySet<string>): void {
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL } = context;
      if (specifier === asked) {
        asked = null;
        // Packages are looked for where the server was started, not where it lies.
        const from = names.has(specifier) ? { ...context, parentURL: workingDirectory() } : context;
        const found = nextResolve(specifier, from);
        roots.add(rootOf(found.url));
        return found;
      }
      const file = shared.get(specifier);
      if (file === undefined || !isOfPlugin(parentURL)) return nextResolve(specifier, context);
      return { url: new URL(file, import.meta.url).href, format: 'module', shortCircuit: true };
    },
  });
}

function isOfPlugin(url: string | undefined): boolean {
  if (!url?.startsWith('file:')) return false;
  const path = fileURLToPath(url);
  return [...roots].some(
    (root) => path.startsWith(root) && !path.slice(root.length).split(sep).includes('node_modules'),
  );
}

/** The folder of the package to which a file belongs, with a separator at its end; without a package its own folder. */
function rootOf(url: string): string {
  if (!url.startsWith('file:')) return sep;
  const own = dirname(fileURLToPath(url));
  for (let folder = own; ; folder = dirname(folder)) {
    if (isPackage(folder)) return join(folder, sep);
    if (folder === dirname(folder)) return join(own, sep);
  }
}

function isPackage(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  // One without a name only says how the files beside it are read.
  return existsSync(manifest) && 'name' in (JSON.parse(readFileSync(manifest, 'utf8')) as object);
}

function isPath(specifier: string): boolean {
  return /^\.{0,2}[\\/]/.test(specifier) || /^[A-Za-z]:[\\/]/.test(specifier);
}

/** Not an import's own rules: a folder is found by the `main` of its package.json. */
function urlOf(path: string): string {
  return pathToFileURL(nodeModule.createRequire(workingDirectory()).resolve(path)).href;
}

function workingDirectory(): string {
  return pathToFileURL(join(process.cwd(), 'plugins')).href;
}

function isModule(value: unknown): value is PluginModule {
  if (typeof value === 'object' && value !== null && 'module' in value) return isModule(value.module);
  if (typeof value !== 'function') return false;
  return ['imports', 'providers', 'controllers', 'exports'].some((key) => Reflect.hasMetadata(key, value));
}
