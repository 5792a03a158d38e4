import { Injectable } from '@nestjs/common';
import type { DefinedCommand, DefinedOrder } from '../../bus/index.ts';
import { ExpressionPool, ExpressionProgram } from '../../engines/expression/index.ts';
import { Database } from '../../platform/db/index.ts';
import { CommandDefinitionVersionEntity } from './command-definition-version.entity.ts';
import { inputUnchecked, versionGone } from './command-definition.errors.ts';
import { inputSentence, wholeSchema } from './command-definition.rules.ts';
import { neededFor } from './check-definition.ts';
import type { Definition } from './definition.ts';
import { RunHttpDefinition } from './run-http-definition.ts';
import { RunScriptDefinition } from './run-script-definition.ts';

/** Makes a command of a definition, once for all its calls. */
@Injectable()
export class RunDefinition {
  constructor(
    private readonly expressions: ExpressionPool,
    private readonly database: Database,
    private readonly http: RunHttpDefinition,
    private readonly script: RunScriptDefinition,
  ) {}

  commandOf(definition: Definition): DefinedCommand {
    const { id, name, content } = definition;
    const inputSchema = wholeSchema(content.inputSchema);
    const program = new ExpressionProgram(
      id,
      ['input'],
      [{ kind: 'schema', name: 'The input', of: 'input', schema: inputSchema }],
    );
    return {
      name,
      permissions: neededFor(content),
      inputSchema,
      secrets: this.http.secretsOf(content),
      faults: (input) => this.faults(program, input),
      run: (order) => this.run(definition, order),
    };
  }

  private async faults(program: ExpressionProgram, input: DefinedOrder['input']): Promise<string[]> {
    const outcome = await this.expressions.evaluate(program, [Buffer.from(JSON.stringify(input))]);
    if (outcome.kind !== 'done')
      throw inputUnchecked(
        'message' in outcome ? outcome.message : 'it is no JSON',
        outcome.kind === 'unavailable',
      );
    const [verdict] = outcome.verdicts;
    if (verdict?.kind === 'mismatch') return [...new Set(verdict.reasons.map(inputSentence))];
    if (verdict?.kind === 'value') return [];
    throw inputUnchecked(verdict?.message ?? 'it gave nothing', false);
  }

  private async run(current: Definition, order: DefinedOrder): Promise<unknown> {
    const begun = order.journal?.version ?? current.version;
    const definition = begun === current.version ? current : await this.versionOf(current, begun);
    return await (definition.content.http ? this.http : this.script).run(definition, order);
  }

  /** What began with one version ends with it: another would not make the calls that are on record. */
  private async versionOf(current: Definition, version: number): Promise<Definition> {
    const saved = await this.database.read.findOneBy(CommandDefinitionVersionEntity, {
      definitionId: current.id,
      version,
    });
    if (!saved) throw versionGone(version);
    return { ...current, version, ownerId: saved.savedBy, content: saved.content };
  }
}
