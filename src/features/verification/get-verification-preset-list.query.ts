import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { presets } from './verification-presets.ts';

/** The senders whose way of signing is known by name, with the settings behind each. */
export class GetVerificationPresetListQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({}),
  success: 'Verification presets retrieved successfully',
  example: {},
}) {}

@Handles(GetVerificationPresetListQuery)
export class GetVerificationPresetListHandler {
  async execute() {
    return Object.entries(presets).map(([name, { description, source, verifiedBy }]) => {
      const { kind: scheme, ...settings } = verifiedBy;
      return { name, description, source, scheme, settings };
    });
  }
}
