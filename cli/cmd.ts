import type { CliCommand, Connect } from './cli-command.ts';
import { type CatalogueItem, catalogueOf, exampleOf, itemOf } from './catalogue.ts';
import { type CliFailure, nearestOf, usage } from './failures.ts';
import { itemHelp } from './field-help.ts';
import { dataFields, fieldValue } from './field-values.ts';
import { fieldOf, type JsonSchema, typesOf } from './json-schema.ts';
import { formatOf, shownData } from './output.ts';
import { note, say, tableText } from './terminal.ts';

const own = { list: 'none', help: 'none', output: 'value', data: 'value', url: 'value' } as const;
type OwnFlag = keyof typeof own;

/** What was typed behind `cmd`. */
interface Typed {
  $type?: string;
  own: Partial<Record<OwnFlag, string>>;
  /** Behind the `$type`; what they mean depends on its fields. */
  rest: string[];
}

/** `signalbox cmd`: gives one command or asks one query. */
export const cmd: CliCommand = {
  summary: 'give a command or ask a query',
  help: `signalbox cmd <Type> [--field value …]   gives a command or asks a query and prints its data
signalbox cmd --list                    shows which there are
signalbox cmd <Type> --help             shows the fields of one

  --data <json|@file|->     all fields as one JSON object; single flags win over it
  --output json|yaml|table  how the data is printed (json)
  --url <address>           the server, instead of SIGNALBOX_URL

A field's value is @file for what is in a file, - for standard input, @@text for a text that begins with @.
Secrets belong into a file or standard input: what stands in a command line can be read by others on the machine.
A flag that is both a field of the command and one of the client's own is the field; say the client's before <Type>.

Examples:
  signalbox cmd GetWebHookConfigListQuery --search order --output table
  signalbox cmd ActivateWebHookConfigCommand --id 7
  signalbox cmd SetSecretCommand --name SHOP_KEY --value @shop.key --configKeys order-paid`,

  async run(args, connect) {
    const typed = typedOf(args);
    if (typed.own.list !== undefined) return list(connect, typed);
    if (typed.$type === undefined) {
      if (typed.own.help !== undefined) return say(cmd.help);
      throw usage(
        'Which command? signalbox cmd --list shows them, signalbox cmd --help tells how to give one',
      );
    }
    await give(connect, typed, typed.$type);
  },
};

function typedOf(args: readonly string[]): Typed {
  const typed: Typed = { own: {}, rest: [] };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith('-')) return { ...typed, $type: arg, rest: args.slice(at + 1) };
    const flag = flagOf(arg);
    if (!isOwn(flag.name))
      throw usage(`signalbox cmd has no flag ${arg}`, ['The fields of a command stand behind its <Type>']);
    const taken = valueOf(flag, args[at + 1], own[flag.name] === 'none');
    typed.own[flag.name] = taken.value;
    at += taken.used;
  }
  return typed;
}

interface Flag {
  name: string;
  value: string | undefined;
}

/** `--name=value` or `--name`; `-h` is `--help`. */
function flagOf(arg: string): Flag {
  const match = /^--([^=]+)(?:=(.*))?$/s.exec(arg === '-h' ? '--help' : arg);
  if (!match) throw usage(`"${arg}" is no flag: a field is given as --name value`);
  return { name: match[1]!, value: match[2] };
}

function valueOf(flag: Flag, next: string | undefined, isBare: boolean): { value: string; used: number } {
  if (flag.value !== undefined) return { value: flag.value, used: 0 };
  if (isBare) return { value: '', used: 0 };
  if (next === undefined || next.startsWith('--'))
    throw usage(`--${flag.name} needs a value`, ['A value that begins with -- is given as --name=value']);
  return { value: next, used: 1 };
}

function isOwn(name: string): name is OwnFlag {
  return Object.hasOwn(own, name);
}

async function list(connect: Connect, typed: Typed): Promise<void> {
  const items = (await catalogueOf(connect(typed.own.url))).map(({ $type, kind, permission }) => ({
    $type,
    kind,
    permission,
  }));
  const format = formatOf(typed.own.output ?? 'table');
  if (format !== 'table') return say(shownData(items, format));
  say(
    tableText(
      ['type', 'kind', 'permission'],
      items.map((item) => Object.values(item)),
    ),
  );
}

async function give(connect: Connect, typed: Typed, $type: string): Promise<void> {
  const server = connect(typed.own.url);
  const item = itemOf(await catalogueOf(server), $type);
  const { flags, fields } = sortedFlags(typed, item);
  if (flags.help !== undefined) return say(itemHelp(item, await exampleOf(server, $type)));
  const format = formatOf(flags.output);
  const all = { ...(flags.data === undefined ? {} : dataFields(flags.data)) };
  for (const [name, values] of fields) all[name] = fieldValue(name, values, fieldOf(item.inputSchema, name)!);
  const { data, message } = await server.command($type, all);
  if (process.stderr.isTTY) note(message);
  say(shownData(data, format));
}

/** Sorts what stands behind the `$type` into the command's fields and the client's own flags. */
function sortedFlags({ own: before, rest }: Typed, item: CatalogueItem) {
  const flags = { ...before };
  const fields = new Map<string, string[]>();
  for (let at = 0; at < rest.length; at++) {
    const flag = flagOf(rest[at]!);
    const schema = fieldOf(item.inputSchema, flag.name);
    if (schema) {
      const isBare = isSwitch(schema, rest[at + 1]);
      const taken = valueOf(isBare ? { ...flag, value: flag.value ?? 'true' } : flag, rest[at + 1], isBare);
      fields.set(flag.name, [...(fields.get(flag.name) ?? []), taken.value]);
      at += taken.used;
      continue;
    }
    if (!isOwn(flag.name)) throw unknownField(flag.name, item);
    if (flag.name === 'url' || flag.name === 'list')
      throw usage(`--${flag.name} stands before ${item.$type}`);
    const taken = valueOf(flag, rest[at + 1], own[flag.name] === 'none');
    flags[flag.name] = taken.value;
    at += taken.used;
  }
  return { flags, fields };
}

/** A field that is true or false needs no value to be true. */
function isSwitch(schema: JsonSchema, next: string | undefined): boolean {
  const types = typesOf(schema);
  return types.size === 1 && types.has('boolean') && (next === undefined || next.startsWith('--'));
}

function unknownField(name: string, { $type, inputSchema }: CatalogueItem): CliFailure {
  const names = Object.keys(inputSchema.properties ?? {});
  const meant = nearestOf(name, names);
  const known = names.length === 0 ? 'It has no fields' : `Its fields: ${names.join(', ')}`;
  return usage(`${$type} has no field "${name}"`, [meant ? `Did you mean --${meant}?` : known]);
}
