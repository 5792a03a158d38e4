import { nearestOf, usage } from './failures.ts';
import { isRecord, type JsonSchema } from './json-schema.ts';
import type { Server } from './server.ts';

/** One command or query as the server describes it. */
export interface CatalogueItem {
  $type: string;
  kind: string;
  permission: string;
  inputSchema: JsonSchema;
}

export async function catalogueOf(server: Server): Promise<CatalogueItem[]> {
  const { data } = await server.command<{ items: CatalogueItem[] }>('GetCommandCatalogueQuery');
  return data.items;
}

/** The item of a `$type`. @throws with the name that was probably meant. */
export function itemOf(items: readonly CatalogueItem[], $type: string): CatalogueItem {
  const found = items.find((item) => item.$type === $type);
  if (found) return found;
  const names = items.map((item) => item.$type);
  const whole = names.find((name) => [`${$type}Command`, `${$type}Query`].includes(name));
  const meant = whole ?? nearestOf($type, names);
  throw usage(`The server has no command or query "${$type}"`, [
    meant ? `Did you mean ${meant}?` : 'signalbox cmd --list shows all of them',
  ]);
}

/** The fields of an example that the server's API docs give for a `$type`, where there is one. */
export async function exampleOf(server: Server, $type: string): Promise<Record<string, unknown> | null> {
  let held = await server.document('api/openapi.json');
  const path = [
    'paths',
    '/api/bpm/cmd',
    'post',
    'requestBody',
    'content',
    'application/json',
    'examples',
    $type,
    'value',
  ];
  for (const name of path) held = isRecord(held) ? held[name] : undefined;
  if (!isRecord(held)) return null;
  const { $type: _, ...fields } = held;
  return fields;
}
