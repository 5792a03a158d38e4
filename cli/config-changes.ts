import { isDeepStrictEqual } from 'node:util';
import { createTwoFilesPatch } from 'diff';
import { type ConfigFile, configText } from './config-file.ts';
import { type ConfigFields, type ConfigShape, type ConfigView, provenBy } from './config-shape.ts';
import { usage } from './failures.ts';

/** Lines around a change that are shown. */
const CONTEXT_LINES = 3;

interface ChangeParts {
  key: string;
  /** The lines of a unified diff. */
  patch: string[];
  hasDraft: boolean;
}

/** One thing that has to be done to make the server have what the files say. */
export type Change = ChangeParts &
  (
    | { kind: 'create'; fields: ConfigFields }
    | { kind: 'update'; fields: Record<string, unknown>; current: ConfigView }
    | { kind: 'delete'; current: ConfigView }
  );

export interface Plan {
  changes: Change[];
  /** Keys that the server has and no file. */
  unmanaged: string[];
}

export interface PlanOptions {
  environment: Readonly<Record<string, string | undefined>>;
  isPruning: boolean;
  setsSecrets: boolean;
}

/** What differs between files and server. @throws with every variable that is needed and not set. */
export function changesOf(
  files: ReadonlyMap<string, ConfigFile>,
  configs: ReadonlyMap<string, ConfigView>,
  shape: ConfigShape,
  options: PlanOptions,
): Plan {
  const faults: string[] = [];
  const changes: Change[] = [];
  for (const file of files.values()) {
    const current = configs.get(file.fields.key);
    const before = current ? shape.fieldsOf(current) : null;
    const needed =
      needsSecrets(file.fields, current) || (options.setsSecrets && provenBy(file.fields) !== null);
    const secrets = needed ? secretsOf(file, options.environment) : [];
    if (typeof secrets === 'string') faults.push(secrets);
    else if (!before || needed || !isDeepStrictEqual(before, file.fields))
      changes.push(changeOf(file, current, before, secrets));
  }
  if (faults.length > 0) throw usage('Secrets are missing', faults);
  const unmanaged = [...configs.values()].filter(({ key }) => !files.has(key));
  if (!options.isPruning) return { changes, unmanaged: unmanaged.map(({ key }) => key) };
  for (const current of unmanaged) {
    const patch = patchOf(
      configText(shape.fieldsOf(current), null),
      '',
      `server/${current.key}`,
      '/dev/null',
    );
    changes.push({ kind: 'delete', key: current.key, patch, current, hasDraft: current.hasDraft });
  }
  return { changes, unmanaged: [] };
}

function changeOf(
  file: ConfigFile,
  current: ConfigView | undefined,
  before: ConfigFields | null,
  secrets: readonly string[],
): Change {
  const { fields, path } = file;
  const after = configText(fields, secrets.length > 0 ? file.secretVariables : null);
  const sent = secrets.length > 0 ? { ...fields, verification: { ...provenBy(fields), secrets } } : fields;
  if (!current || !before)
    return {
      kind: 'create',
      key: fields.key,
      patch: patchOf('', after, '/dev/null', path),
      fields: sent,
      hasDraft: false,
    };
  const { key, ...withoutKey } = sent;
  const patch = patchOf(configText(before, null), after, `server/${key}`, path);
  return { kind: 'update', key, patch, fields: withoutKey, current, hasDraft: current.hasDraft };
}

/** True where the server has none that it could keep. */
function needsSecrets(fields: ConfigFields, current: ConfigView | undefined): boolean {
  const wanted = provenBy(fields);
  if (!wanted) return false;
  const kept = current && provenBy(current);
  if (!kept || kept['hasSecret'] !== true || kept['scheme'] !== wanted['scheme']) return true;
  return wanted['scheme'] === 'preset' && kept['name'] !== wanted['name'];
}

/** The secrets in clear; a sentence where they are not to be had. */
function secretsOf(
  { path, secretVariables }: ConfigFile,
  environment: Readonly<Record<string, string | undefined>>,
): string[] | string {
  if (!secretVariables)
    return `${path}: verification.secrets is missing: name the variable that holds the secret, as [{env: NAME}]`;
  const absent = secretVariables.filter((name) => !environment[name]);
  if (absent.length > 0) return `${path}: set ${absent.join(' and ')} to the secret of its verification`;
  return secretVariables.map((name) => environment[name]!);
}

/** A unified diff without its first two lines, which say nothing here. */
function patchOf(before: string, after: string, from: string, to: string): string[] {
  const text = createTwoFilesPatch(from, to, before, after, '', '', { context: CONTEXT_LINES });
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => !/^={5,}$/.test(line));
}
