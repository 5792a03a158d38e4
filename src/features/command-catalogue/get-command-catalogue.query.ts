import { z } from 'zod';
import { bpmRequest, DefinedCommands, Handles, RequestRegistry } from '../../bus/index.ts';

/** Every `$type` that the caller's account can name, defined ones included, with its kind, its one permission and the JSON Schema of its fields. */
export class GetCommandCatalogueQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({}),
  success: 'Command catalogue retrieved successfully',
  example: {},
}) {}

@Handles(GetCommandCatalogueQuery)
export class GetCommandCatalogueHandler {
  constructor(
    private readonly registry: RequestRegistry,
    private readonly defined: DefinedCommands,
  ) {}

  async execute({ caller }: GetCommandCatalogueQuery) {
    const own = this.registry.all().map(({ name, spec }) => ({
      $type: name,
      kind: spec.kind,
      permission: spec.permission,
      inputSchema: z.toJSONSchema(spec.input, { io: 'input', unrepresentable: 'any' }),
    }));
    // One whose name a plugin has taken since is not known any more.
    const defined = this.defined.all(caller.accountId).filter(({ name }) => !this.registry.find(name));
    const others = defined.map(({ name, permissions, inputSchema }) => ({
      $type: name,
      kind: 'command' as const,
      permission: permissions[0],
      inputSchema,
    }));
    return { items: [...own, ...others] };
  }
}
