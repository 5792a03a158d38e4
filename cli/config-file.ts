import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { type ConfigFields, type ConfigShape, provenBy } from './config-shape.ts';
import { nearestOf } from './failures.ts';
import { fieldOf, isRecord, type JsonSchema, variantFor } from './json-schema.ts';
import { yamlText } from './yaml-text.ts';

/** More than any configuration may have. */
const TEXT_LENGTH_MAX = 2_097_152;
/** An alias may stand for much; what all of them make of a file is limited. */
const ALIASES_MAX = 100;
const SECRETS_MAX = 2;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A configuration as its file says it. */
export interface ConfigFile {
  /** The path, as sentences name it. */
  path: string;
  fields: ConfigFields;
  /** The environment's variables that hold the secrets of its verification, the newest first; null: it names none. */
  secretVariables: string[] | null;
}

/** Reads the text of a file. @returns the sentences that say what is wrong with it, where something is. */
export function readConfigFile(path: string, text: string, shape: ConfigShape): ConfigFile | string[] {
  if (text.length > TEXT_LENGTH_MAX) return [`${path}: has more than ${TEXT_LENGTH_MAX} characters`];
  try {
    return new Reader(path, text, shape.schema).read(shape);
  } catch (error) {
    // Too many aliases, or nesting that the parser does not survive.
    return [`${path}: ${error instanceof RangeError ? 'is nested too deeply' : (error as Error).message}`];
  }
}

/** What a file says: the fields, and in place of the secrets where they come from. */
export function configText(fields: ConfigFields, secretVariables: readonly string[] | null): string {
  const verification = provenBy(fields);
  if (!verification || !secretVariables) return yamlText(fields);
  const secrets = secretVariables.map((env) => ({ env }));
  return yamlText({ ...fields, verification: { ...verification, secrets } });
}

class Reader {
  private readonly lines = new LineCounter();
  private readonly faults: string[] = [];
  private readonly documents: readonly Document[];

  constructor(
    private readonly path: string,
    text: string,
    private readonly schema: JsonSchema,
  ) {
    this.documents = parseAllDocuments(text, { lineCounter: this.lines, prettyErrors: false }) as Document[];
  }

  read(shape: ConfigShape): ConfigFile | string[] {
    const [document] = this.documents;
    if (!document) return [`${this.path}: is empty`];
    if (this.documents.length > 1)
      return [`${this.path}: holds more than one document; each configuration has its own file`];
    const broken = [...document.errors, ...document.warnings];
    if (broken.length > 0) return broken.map(({ message, pos }) => `${this.at(pos[0])}: ${message}`);
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    if (!isRecord(value)) return [`${this.path}: must be a configuration: fields with values`];
    this.checkNames(document.contents as Node, value, this.schema, document);
    const secretVariables = this.secretVariables(document, value);
    if (typeof value['key'] !== 'string')
      this.fault(document.contents as Node, 'key is required and must be a text');
    this.checkNumbers(value);
    if (this.faults.length > 0) return this.faults;
    return { path: this.path, fields: shape.canonical(value), secretVariables };
  }

  /** Unknown fields, wherever the schema says which there are. */
  private checkNames(node: Node, value: unknown, schema: JsonSchema, document: Document): void {
    const variant = variantFor(schema, value);
    if (isSeq(node))
      for (const item of node.items as Node[])
        this.checkNames(item, jsOf(item, document), variant.items ?? {}, document);
    if (!isMap(node) || !variant.properties) return;
    const names = Object.keys(variant.properties);
    for (const { key, value: held } of node.items) {
      const name = isScalar(key) ? String(key.value) : '?';
      const field = fieldOf(variant, name);
      if (field) this.checkNames(held as Node, jsOf(held as Node, document), field, document);
      else if (variant.additionalProperties === false) this.fault(key as Node, unknownField(name, names));
    }
  }

  /** `secrets: [{env: NAME}]`: where the secrets come from when they are set; never the secrets themselves. */
  private secretVariables(document: Document, value: Record<string, unknown>): string[] | null {
    const verification = value['verification'];
    if (!isRecord(verification) || verification['secrets'] === undefined) return null;
    const node = document.getIn(['verification', 'secrets'], true) as Node;
    const given: unknown[] = Array.isArray(verification['secrets']) ? verification['secrets'] : [];
    const names = given.flatMap((item) =>
      isRecord(item) && Object.keys(item).length === 1 && variableName.test(String(item['env']))
        ? [String(item['env'])]
        : [],
    );
    if (names.length !== given.length || names.length === 0 || names.length > SECRETS_MAX)
      this.fault(
        node,
        'verification.secrets names one or two variables of the environment, as [{env: NAME}]: secrets do not stand in files',
      );
    return names;
  }

  /** YAML has numbers that JSON has not. */
  private checkNumbers(value: unknown): void {
    if (typeof value === 'number' && !Number.isFinite(value))
      this.faults.push(`${this.path}: ${value} is no number that a configuration may have`);
    if (typeof value === 'object' && value !== null)
      for (const held of Object.values(value)) this.checkNumbers(held);
  }

  private fault(node: Node | undefined, sentence: string): void {
    this.faults.push(`${this.at(node?.range?.[0] ?? 0)}: ${sentence}`);
  }

  private at(position: number): string {
    return `${this.path}:${this.lines.linePos(position).line}`;
  }
}

function jsOf(node: Node | null, document: Document): unknown {
  return node ? node.toJS(document, { maxAliasCount: ALIASES_MAX }) : null;
}

function unknownField(name: string, known: readonly string[]): string {
  const meant = nearestOf(name, known);
  return `unknown field "${name}"${meant ? `; did you mean "${meant}"?` : `; known are ${known.join(', ')}`}`;
}
