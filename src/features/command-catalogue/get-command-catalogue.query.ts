import { z } from 'zod';
import { bpmRequest, Handles, RequestRegistry } from '../../bus/index.ts';

/** Every `$type` with its kind, its one permission and the JSON Schema of its fields. */
export class GetCommandCatalogueQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({}),
  success: 'Command catalogue retrieved successfully',
  example: {},
}) {}

@Handles(GetCommandCatalogueQuery)
export class GetCommandCatalogueHandler {
  constructor(private readonly registry: RequestRegistry) {}

  async execute() {
    return {
      items: this.registry.all().map(({ name, spec }) => ({
        $type: name,
        kind: spec.kind,
        permission: spec.permission,
        inputSchema: z.toJSONSchema(spec.input, { io: 'input', unrepresentable: 'any' }),
      })),
    };
  }
}
