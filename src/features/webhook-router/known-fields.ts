import { Injectable } from '@nestjs/common';
import { KnownCommands } from '../../bus/index.ts';
import { takenFields } from '../executions/index.ts';
import { AppError } from '../../platform/errors.ts';
import { parsedJson, type RequestBody } from './request-body.ts';
import type { WebHookRun } from './webhook-run.ts';

/** A command's input where no expression gives it: those fields of the JSON body that it knows. */
@Injectable()
export class KnownFields {
  constructor(private readonly commands: KnownCommands) {}

  /** @throws AppError 500 for a command that is there no more, 400 for a body that is not JSON. */
  of({ ref }: WebHookRun, type: string, body: RequestBody): Record<string, unknown> {
    const command = this.commands.find(type, ref.accountId);
    if (!command) {
      throw new AppError({
        code: 'webhook.command-gone',
        kind: 'surprise',
        details: [`There is no command "${type}" any more`],
      });
    }
    const value = body.kind === 'json' ? parsedJson(body) : null;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    return takenFields(value, command.fields);
  }
}
