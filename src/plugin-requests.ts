import type { DynamicModule, Type } from '@nestjs/common';
import { z } from 'zod';
import { HANDLED_REQUEST, permissions, type RequestClass } from './bus/index.ts';
import type { Plugin } from './plugin-loader.ts';

/** A module as Nest imports it. */
export type PluginModule = Type<unknown> | DynamicModule;

/** Why the server does not start with a plugin, as a sentence that names it. */
export class PluginError extends Error {
  constructor(specifier: string, reason: string) {
    super(`PLUGINS ${specifier} ${reason.replace(/\.$/, '')}.`);
  }
}

/** A request with the class that handles it. */
interface Handled {
  request: RequestClass;
  handler: Type<unknown>;
}

const namePattern = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/;

/** @throws PluginError where a plugin has a command that the bus could not take, or one whose name is taken. */
export function checkPlugins(plugins: readonly Plugin[], server: DynamicModule): void {
  const taken = new Map(handledBy([server]).map(({ request }) => [request.name, 'the server']));
  for (const { specifier, modules } of plugins) {
    for (const { request, handler } of handledBy(modules)) {
      const owner = taken.get(request.name);
      const fault =
        faultOf(request, handler) ??
        (owner && `has a name that is taken: ${owner} has a command of that name`);
      if (fault) throw new PluginError(specifier, `has the command "${request.name}", which ${fault}`);
      taken.set(request.name, `PLUGINS ${specifier}`);
    }
  }
}

/** A failure of the start, told as the plugin's where it is one of its modules that Nest could not put together. */
export function startFailure(plugins: readonly Plugin[], thrown: unknown): unknown {
  // Nest says the name of what lacks what it needs.
  const { type: name } = (thrown ?? {}) as { type?: unknown };
  const guilty = plugins.find(({ modules }) =>
    providersOf(modules).some((one) => (classOf(one) as { name?: string } | null)?.name === name),
  );
  return guilty && typeof name === 'string'
    ? new PluginError(guilty.specifier, `cannot be put together: ${reasonOf(thrown)}`)
    : thrown;
}

/** The first sentence of what was thrown, whatever it is. */
export function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.split('\n', 1)[0]!.slice(0, 500) || 'it says nothing of why';
}

function faultOf({ name, spec }: RequestClass, handler: Type<unknown>): string | null {
  const { kind, permission, input, success, effects } = spec;
  if (!namePattern.test(name))
    return 'has a name that cannot be: a letter, then letters, digits, dots, hyphens or underscores';
  if (kind !== 'command' && kind !== 'query') return 'is neither of the kind "command" nor "query"';
  if (!permissions.includes(permission))
    return `needs the permission "${permission}", which does not exist: there are ${permissions.join(', ')}`;
  if (effects !== undefined && effects !== 'database' && effects !== 'outside')
    return 'has effects that are neither "database" nor "outside"';
  if (typeof success !== 'string') return 'has no success message';
  if (typeof (handler.prototype as { execute?: unknown }).execute !== 'function')
    return `is handled by ${handler.name}, which has no method "execute"`;
  return schemaFault(input);
}

function schemaFault(input: z.ZodType): string | null {
  const isStrict = input instanceof z.ZodObject && input.def.catchall instanceof z.ZodNever;
  if (!isStrict) return 'has an input that is no strict object: make it with z.strictObject';
  try {
    z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
    return null;
  } catch (thrown) {
    return `has an input that cannot be written as JSON Schema: ${reasonOf(thrown)}`;
  }
}

function handledBy(modules: readonly PluginModule[]): Handled[] {
  return [...new Set(providersOf(modules).map(classOf))].flatMap((handler) => {
    if (typeof handler !== 'function') return [];
    const request = Reflect.getMetadata(HANDLED_REQUEST, handler) as RequestClass | undefined;
    return request ? [{ request, handler: handler as Type<unknown> }] : [];
  });
}

function classOf(provider: unknown): unknown {
  return (provider as { useClass?: unknown } | null)?.useClass ?? provider;
}

/** The providers of the modules and of all that they import. */
function providersOf(modules: readonly unknown[], seen = new Set<unknown>()): unknown[] {
  return modules.flatMap((entry) => {
    const { module: type = entry, ...dynamic } = entry as Partial<DynamicModule>;
    if (typeof type !== 'function' || seen.has(entry)) return [];
    seen.add(entry);
    const ofClass = (key: string) => (Reflect.getMetadata(key, type) ?? []) as unknown[];
    const imports = [...(dynamic.imports ?? []), ...ofClass('imports')];
    const providers = [...(dynamic.providers ?? []), ...ofClass('providers')];
    return [...providers, ...providersOf(imports, seen)];
  });
}
