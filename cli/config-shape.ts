import { catalogueOf, itemOf } from './catalogue.ts';
import { fieldOf, isRecord, type JsonSchema, variantFor, withDefaults } from './json-schema.ts';
import type { Server } from './server.ts';

/** A configuration as the server shows it. */
export interface ConfigView extends Record<string, unknown> {
  id: number;
  key: string;
  version: number;
  hasDraft: boolean;
  updatedAt: string;
}

/** The fields of a configuration that a file has: without what the server adds, without secrets. */
export type ConfigFields = Record<string, unknown> & { key: string };

/** What the server shows where nothing was said, and the catalogue has no default for. */
const shownDefaults: Readonly<Record<string, unknown>> = { responseMode: 'sync' };
/** Names of headers, which the server keeps in small letters. */
const headerNames = ['name', 'timestampHeader', 'idHeader'];

/** Which fields a configuration has, in which order and with which defaults: as the server's catalogue says it. */
export class ConfigShape {
  private constructor(readonly schema: JsonSchema) {}

  static async of(server: Server): Promise<ConfigShape> {
    return new ConfigShape(itemOf(await catalogueOf(server), 'CreateWebHookConfigCommand').inputSchema);
  }

  /** What a file would say of a configuration. */
  fieldsOf(view: ConfigView): ConfigFields {
    const known = Object.entries(view).filter(([name]) => fieldOf(this.schema, name));
    return this.canonical(Object.fromEntries(known));
  }

  /** The one form of the fields: ordered, with defaults, without what says nothing. */
  canonical(fields: Record<string, unknown>): ConfigFields {
    const said = Object.entries(fields).filter(
      ([name, value]) => value !== null && value !== undefined && value !== shownDefaults[name],
    );
    const filled = ordered(withDefaults(Object.fromEntries(said), this.schema), this.schema) as ConfigFields;
    const verification = filled['verification'];
    if (isRecord(verification)) filled['verification'] = canonicalVerification(verification);
    return filled;
  }
}

function canonicalVerification({
  secrets: _secrets,
  hasSecret: _hasSecret,
  ...settings
}: Record<string, unknown>) {
  if (settings['scheme'] !== 'hmac') return settings;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      headerNames.includes(name) && typeof value === 'string' ? value.toLowerCase() : value,
    ]),
  );
}

/** Fields in the order of the schema; objects that it leaves open stay as they are. */
function ordered(value: unknown, schema: JsonSchema): unknown {
  const variant = variantFor(schema, value);
  if (Array.isArray(value)) return value.map((item) => ordered(item, variant.items ?? {}));
  if (!isRecord(value) || !variant.properties) return value;
  const known = Object.keys(variant.properties).filter((name) => Object.hasOwn(value, name));
  const others = Object.keys(value).filter((name) => !known.includes(name));
  return Object.fromEntries(
    [...known, ...others].map((name) => [name, ordered(value[name], fieldOf(variant, name) ?? {})]),
  );
}

/** All configurations of the caller's account at one moment, by key. */
export async function configsOf(server: Server): Promise<Map<string, ConfigView>> {
  const { data } = await server.command<ConfigView[]>('LookupWebHookByKeyCommand');
  // Not by locale: the order has to be the same everywhere.
  const sorted = data.sort((a, b) => (a.key < b.key ? -1 : 1));
  return new Map(sorted.map((config) => [config.key, config]));
}

/** The settings of a verification that are proven with a secret; null where nothing is proven. */
export function provenBy(fields: Record<string, unknown>): Record<string, unknown> | null {
  const verification = fields['verification'];
  return isRecord(verification) && verification['scheme'] !== 'none' ? verification : null;
}
