import { Injectable } from '@nestjs/common';
import { type Caller, type KnownCommand, KnownCommands } from '../../bus/index.ts';
import { ExpressionPool } from '../../engines/expression/index.ts';
import { ScriptPool } from '../../engines/script/index.ts';
import { AppError } from '../../platform/errors.ts';
import { PublicUrl, signsUrl } from '../verification/index.ts';
import { configInvalid } from './webhook-config.errors.ts';
import { commandsOfChain, expressionsOfChain } from './command-chain.rules.ts';
import { expressionsOf } from './run-settings.rules.ts';
import { type ConfigFields, configFaults } from './webhook-config.rules.ts';

/** Checks what is saved as it will be run, so that a call never meets a configuration that cannot work. */
@Injectable()
export class CheckRunnable {
  constructor(
    private readonly commands: KnownCommands,
    private readonly scripts: ScriptPool,
    private readonly expressions: ExpressionPool,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** @throws AppError 400 with a sentence for each fault, 403 when the saver may not run the command himself. */
  async check(fields: ConfigFields, key: string, saver: Caller): Promise<void> {
    const faults = configFaults(fields, key).map(sentenceOf);
    if (signsUrl(fields.verification) && this.publicUrl.publicUrl === null)
      faults.push('Verification needs PUBLIC_URL, which is not set: the sender signs the URL that he calls');
    if (faults.length > 0) throw configInvalid(faults);
    const unreadable = await this.expressionFaults(fields);
    if (unreadable.length > 0) throw configInvalid(unreadable);
    if (fields.executionType === 0) this.checkedCommand('commandName', fields.commandName ?? '', saver);
    for (const { place, commandName, literal } of commandsOfChain(fields.commandChain ?? [])) {
      const command = this.checkedCommand(`${place}.commandName`, commandName, saver);
      if (literal) await this.checkLiteral(`${place}.input`, command, literal);
    }
    if (fields.executionType === 2) await this.checkScript(fields.executionCode ?? '');
  }

  private checkedCommand(field: string, commandName: string, saver: Caller): KnownCommand {
    const command = this.commands.find(commandName, saver.accountId);
    if (!command)
      throw configInvalid([
        sentenceOf({ field, fault: `names no command: there is no "${commandName.slice(0, 100)}"` }),
      ]);
    const missing = command.permissions.find((permission) => !saver.permissions.has(permission));
    if (missing === undefined) return command;
    throw new AppError({
      code: 'access.permission-missing',
      kind: 'forbidden',
      publicMessage: 'Permission denied',
      details: [`The permission ${missing} is missing: a webhook runs only what its saver may run`],
    });
  }

  /** Fields that are the same in each call are refused in each call, or in none. */
  private async checkLiteral(
    field: string,
    command: KnownCommand,
    literal: Record<string, unknown>,
  ): Promise<void> {
    const sentences = await command.faults(literal);
    if (sentences.length === 0) return;
    throw configInvalid(sentences.map((sentence) => sentenceOf({ field: `${field}:`, fault: sentence })));
  }

  private async expressionFaults(fields: ConfigFields): Promise<string[]> {
    const sentences: string[] = [];
    for (const { field, text, variables } of [
      ...expressionsOf(fields),
      ...expressionsOfChain(fields.commandChain ?? []),
    ]) {
      const fault = await this.expressions.checkExpression(text, variables);
      if (fault !== null) sentences.push(sentenceOf({ field, fault: `does not parse: ${fault}` }));
    }
    const fault = fields.bodySchema ? await this.expressions.checkSchema(fields.bodySchema) : null;
    if (fault !== null) sentences.push(`BodySchema does not compile: ${fault}`);
    return sentences;
  }

  private async checkScript(source: string): Promise<void> {
    const fault = await this.scripts.check(source);
    if (fault !== null) throw configInvalid([`ExecutionCode does not compile: ${fault}`]);
  }
}

function sentenceOf({ field, fault }: { field: string; fault: string }): string {
  return `${field.charAt(0).toUpperCase()}${field.slice(1)} ${fault}`;
}
