import { Injectable } from '@nestjs/common';
import { DefinedCommands } from './defined-commands.ts';
import type { Permission } from './permissions.ts';
import { RequestRegistry } from './registry.ts';
import { validationSentences, withoutNulls } from './validation.rules.ts';

/** What whoever names a command has to know of it, wherever it comes from. */
export interface KnownCommand {
  /** All that its caller needs. */
  permissions: readonly Permission[];
  /** The fields that it knows. */
  fields: readonly string[];
  /** Why it does not take an input, a sentence for each fault. */
  faults(input: Readonly<Record<string, unknown>>): Promise<string[]>;
}

/** Every command that an account can name: built in, of a plugin, or defined. */
@Injectable()
export class KnownCommands {
  constructor(
    private readonly registry: RequestRegistry,
    private readonly defined: DefinedCommands,
  ) {}

  find(type: string, accountId: string): KnownCommand | undefined {
    const spec = this.registry.find(type)?.spec;
    if (!spec) {
      const command = this.defined.find(type, accountId);
      return (
        command && {
          ...knownOf(command.inputSchema),
          permissions: command.permissions,
          faults: (input) => command.faults(input),
        }
      );
    }
    return {
      permissions: [spec.permission],
      fields: Object.keys(spec.input.shape),
      faults: async (input) => {
        const parsed = spec.input.safeParse(withoutNulls(input), { reportInput: true });
        return parsed.success ? [] : validationSentences(parsed.error, spec.refusedFields);
      },
    };
  }

  /** True for a `$type` that the server or a plugin has. */
  isBuiltIn(type: string): boolean {
    return this.registry.find(type) !== undefined;
  }
}

function knownOf({ properties = {} }: Readonly<Record<string, unknown>>): Pick<KnownCommand, 'fields'> {
  return { fields: Object.keys(properties as object) };
}
