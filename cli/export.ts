import { isDeepStrictEqual } from 'node:util';
import { type CliCommand, everyFlag, parsedFlags } from './cli-command.ts';
import { type ConfigFile, configText } from './config-file.ts';
import { ConfigFolder } from './config-folder.ts';
import { type ConfigFields, ConfigShape, configsOf, provenBy } from './config-shape.ts';
import { note, say } from './terminal.ts';

/** `signalbox export`: writes the configurations into files. */
export const exportConfigs: CliCommand = {
  summary: 'write the webhook configurations into files',
  help: `signalbox export   writes each webhook configuration into a YAML file of its own, for version control

  --dir <folder>   configs
  --prune          deletes the files of configurations that the server does not have
  --url <address>  the server, instead of SIGNALBOX_URL

Files that already say what the server has stay as they are, comments and all. Secrets are never written: a file names
the variables of the environment from which signalbox apply takes them. It needs the permission webhooks:read.`,

  async run(args, connect) {
    const { values } = parsedFlags(args, {
      ...everyFlag,
      dir: { type: 'string' },
      prune: { type: 'boolean' },
    });
    if (values.help) return say(exportConfigs.help);
    const folder = new ConfigFolder(values.dir ?? 'configs');
    const server = connect(values.url);
    const shape = await ConfigShape.of(server);
    const files = folder.read(shape, true);
    const configs = await configsOf(server);
    const wanted = [...configs.values()].map((view) => shape.fieldsOf(view));
    const variables = secretVariablesOf(wanted, files);
    const counts = { written: 0, same: 0, pruned: 0 };
    for (const fields of wanted) {
      const file = files.get(fields.key);
      const names = variables.get(fields.key) ?? null;
      if (file && isDeepStrictEqual([file.fields, file.secretVariables], [fields, names])) {
        counts.same++;
        continue;
      }
      const path = file?.path ?? folder.freePath(fields.key);
      folder.write(path, configText(fields, names));
      counts.written++;
      say(`${file ? 'changed' : 'new'} ${path}`);
    }
    for (const [key, { path }] of files) {
      if (configs.has(key)) continue;
      if (values.prune) {
        folder.remove(path);
        counts.pruned++;
      }
      say(`${values.prune ? 'deleted' : 'not on the server:'} ${path}`);
    }
    note(
      `${counts.written} written, ${counts.same} as they were${values.prune ? `, ${counts.pruned} deleted` : ''}`,
    );
  },
};

/** What a file names already stays; others get a name made of their key, and of its hash where that would be a second one's. */
function secretVariablesOf(
  configs: readonly ConfigFields[],
  files: ReadonlyMap<string, ConfigFile>,
): Map<string, string[]> {
  const names = new Map<string, string[]>();
  const proven = configs.filter(provenBy);
  for (const { key } of proven) {
    const kept = files.get(key)?.secretVariables;
    if (kept) names.set(key, kept);
  }
  const taken = new Set([...names.values()].flat());
  for (const { key } of proven) {
    if (names.has(key)) continue;
    const plain = `SIGNALBOX_SECRET_${key.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
    let name = plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`;
    taken.add(name);
    names.set(key, [name]);
  }
  return names;
}
