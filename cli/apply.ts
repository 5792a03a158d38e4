import { type CliCommand, everyFlag, parsedFlags } from './cli-command.ts';
import { type Change, changesOf, type Plan } from './config-changes.ts';
import { ConfigFolder } from './config-folder.ts';
import { ConfigShape, configsOf, type ConfigView } from './config-shape.ts';
import { CliFailure, exitCodes, Refusal, usage } from './failures.ts';
import type { Server } from './server.ts';
import { coloured, isAgreed, note, say, sayColoured } from './terminal.ts';

const done = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** `signalbox apply`: makes the server have what the files say. */
export const apply: CliCommand = {
  summary: 'make the server have what the files say',
  help: `signalbox apply   shows what differs between the files and the server, asks, and saves it on the server

  --dir <folder>   configs
  --prune          also deletes configurations that have no file
  --set-secrets    also sets the secrets of configurations that have theirs already (rotation)
  --dry-run        shows what differs and ends
  --yes            does not ask before
  --url <address>  the server, instead of SIGNALBOX_URL

Secrets come from the environment's variables that a file names: where a configuration is new or gets another scheme,
and with --set-secrets; else the server keeps its own. Drafts stay as they are. Who applies becomes the owner of what
he saves. It needs the permissions webhooks:read and webhooks:write.`,

  async run(args, connect) {
    const { values } = parsedFlags(args, {
      ...everyFlag,
      dir: { type: 'string' },
      prune: { type: 'boolean' },
      'set-secrets': { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      yes: { type: 'boolean' },
    });
    if (values.help) return say(apply.help);
    const folder = new ConfigFolder(values.dir ?? 'configs');
    const server = connect(values.url);
    const shape = await ConfigShape.of(server);
    const files = folder.read(shape);
    if (files.size === 0 && values.prune)
      throw usage(`${folder.path} has no file: --prune would delete every configuration`);
    const plan = changesOf(files, await configsOf(server), shape, {
      environment: process.env,
      isPruning: values.prune === true,
      setsSecrets: values['set-secrets'] === true,
    });
    show(plan, folder);
    if (plan.changes.length === 0 || values['dry-run']) return;
    if (!values.yes && !(await isAgreed(`Apply ${counted(plan.changes.length)} to ${server.url}?`)))
      throw new CliFailure(exitCodes.refused, 'Nothing was applied');
    await carryOut(server, plan.changes);
  },
};

function show({ changes, unmanaged }: Plan, folder: ConfigFolder): void {
  for (const { kind, key, patch, hasDraft } of changes) {
    sayColoured(coloured(`${kind} ${key}${hasDraft && kind === 'delete' ? ' (and its draft)' : ''}`, 'cyan'));
    for (const line of patch) sayColoured(coloured(line, colourOf(line)));
    say('');
  }
  if (unmanaged.length > 0)
    note(`Without a file in ${folder.path}, left alone (--prune deletes them): ${unmanaged.join(', ')}`);
  say(
    changes.length === 0
      ? 'Nothing differs: nothing to apply.'
      : `${counted(changes.length)}: ${summaryOf(changes)}`,
  );
}

function colourOf(line: string): 'red' | 'green' | 'grey' {
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : 'grey';
}

function counted(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`;
}

function summaryOf(changes: readonly Change[]): string {
  return (['create', 'update', 'delete'] as const)
    .map((kind) => ({ kind, count: changes.filter((change) => change.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} to ${kind}`)
    .join(', ');
}

/** Deletes first, because that may free an address; what finds its address taken is tried again after the others. */
async function carryOut(server: Server, changes: readonly Change[]): Promise<void> {
  const order = { delete: 0, update: 1, create: 2 };
  let waiting = [...changes].sort((a, b) => order[a.kind] - order[b.kind]);
  const refused: Change[] = [];
  while (waiting.length > 0) {
    const blocked: { change: Change; refusal: Refusal }[] = [];
    for (const change of waiting) {
      try {
        await carriedOut(server, change);
        say(`${done[change.kind]} ${change.key}`);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.code === 'webhook-config.address-taken') blocked.push({ change, refusal: error });
        else refused.push(told(change, error));
      }
    }
    if (blocked.length === waiting.length) {
      for (const { change, refusal } of blocked) refused.push(told(change, refusal));
      break;
    }
    waiting = blocked.map(({ change }) => change);
  }
  if (refused.length > 0)
    throw new CliFailure(exitCodes.refused, `${refused.length} of ${counted(changes.length)} not applied`);
}

function told(change: Change, { message, details, code }: Refusal): Change {
  note(`${change.key}: ${message} (${code})`);
  for (const detail of details) note(`  ${detail}`);
  if (code === 'webhook-config.version-conflict')
    note('  Somebody else changed it since it was compared: run signalbox apply again to see how it is now');
  return change;
}

async function carriedOut(server: Server, change: Change): Promise<void> {
  if (change.kind === 'create') {
    await server.command('CreateWebHookConfigCommand', change.fields);
    return;
  }
  const { id, version, updatedAt } = change.current;
  // Turning on and off is no new version, and deleting takes none.
  const { data: now } = await server.command<ConfigView>('GetWebHookConfigByIdQuery', { id });
  if (now.version !== version || now.updatedAt !== updatedAt)
    throw new Refusal('It is not what was shown', [], 'webhook-config.version-conflict');
  if (change.kind === 'delete') await server.command('DeleteWebHookConfigCommand', { id });
  else await server.command('UpdateWebHookConfigCommand', { ...change.fields, id, version });
}
