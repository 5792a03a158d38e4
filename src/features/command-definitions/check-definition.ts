import { Injectable } from '@nestjs/common';
import {
  type Caller,
  KnownCommands,
  permissionMissing,
  type Permission,
  validationFailed,
} from '../../bus/index.ts';
import { ExpressionPool, ExpressionProgram } from '../../engines/expression/index.ts';
import { ScriptPool } from '../../engines/script/index.ts';
import { OutboundHttp } from '../../platform/outbound-http.ts';
import { objectionTo } from '../../platform/outbound-http-request.ts';
import { nameTaken } from './command-definition.errors.ts';
import { type DefinitionFields, definitionFaults, wholeSchema } from './command-definition.rules.ts';

/** Checks what is saved as it will be run, so that a caller never meets a command that cannot work. */
@Injectable()
export class CheckDefinition {
  constructor(
    private readonly expressions: ExpressionPool,
    private readonly scripts: ScriptPool,
    private readonly outbound: OutboundHttp,
    private readonly commands: KnownCommands,
  ) {}

  /** @throws AppError 409 where the server or a plugin has a command of that name. */
  checkName(name: string): void {
    if (this.commands.isBuiltIn(name)) throw nameTaken();
  }

  /** @throws AppError 400 with a sentence for each fault, 403 where the saver lacks what it needs. */
  async check(fields: DefinitionFields, saver: Caller): Promise<void> {
    const faults = [...definitionFaults(fields), ...this.endpointFaults(fields)];
    if (faults.length > 0) throw validationFailed(faults);
    const missing = neededFor(fields).find((permission) => !saver.permissions.has(permission));
    if (missing) throw permissionMissing(missing);
    const schemaFault = await this.expressions.checkSchema(wholeSchema(fields.inputSchema));
    if (schemaFault !== null) throw validationFailed([`InputSchema does not compile: ${schemaFault}`]);
    await this.tryOut(fields.inputSchema);
    const { executionCode } = fields;
    const codeFault = executionCode === undefined ? null : await this.scripts.check(executionCode);
    if (codeFault !== null) throw validationFailed([`ExecutionCode does not compile: ${codeFault}`]);
  }

  /** A schema may compile and still end in nothing: one that refers to itself, say. */
  private async tryOut(inputSchema: DefinitionFields['inputSchema']): Promise<void> {
    const schema = wholeSchema(inputSchema);
    const program = new ExpressionProgram(
      'try-out',
      ['input'],
      [{ kind: 'schema', name: 'The input', of: 'input', schema }],
    );
    const outcome = await this.expressions.evaluate(program, [Buffer.from('{}')]);
    if (outcome.kind !== 'done') return;
    const [verdict] = outcome.verdicts;
    if (verdict && verdict.kind !== 'value' && verdict.kind !== 'mismatch')
      throw validationFailed([`InputSchema cannot be applied: ${verdict.message}`]);
  }

  private endpointFaults({ http, secretHeaders }: DefinitionFields): string[] {
    if (!http) return [];
    const { url, headers = {} } = http;
    const objection = this.outbound.judgeUrl(url);
    if (objection !== null) return [`Http.url cannot be called: ${objection}`];
    // Given twice is a fault whichever of the two it stands in.
    const twice = Object.keys(secretHeaders ?? {}).find((name) => Object.hasOwn(headers, name));
    if (twice !== undefined) return [`SecretHeaders.${twice} stands in http.headers too`];
    const all = { ...headers, ...secretHeaders };
    const headerObjection = objectionTo({ ...http, headers: all });
    return headerObjection === null ? [] : [`Http cannot be sent: ${headerObjection}`];
  }
}

/** What a caller needs, its own permission first: nobody calls out through a command who may not call out. */
export function neededFor({ permission, http }: Pick<DefinitionFields, 'permission' | 'http'>): Permission[] {
  return http && permission !== 'http:send' ? [permission, 'http:send'] : [permission];
}
