import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { callerId } from '../access/index.ts';
import { overlapSeconds } from './client-fields.ts';
import { RotateCredential } from './rotate-credential.ts';

/**
 * Gives a client another API key, shown in this answer and never again. The one before works for `overlapSeconds`
 * more, 0 by default; `null` in `expiresAt` of a client's credentials says that one is in use.
 */
export class RotateApiKeyCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({ id: callerId, overlapSeconds }),
  secretResults: ['apiKey'],
  success: 'API key rotated successfully',
  example: { id: 'cli_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b', overlapSeconds: 3600 },
  failure: 'Rotation failed',
}) {}

@Handles(RotateApiKeyCommand)
export class RotateApiKeyHandler {
  constructor(private readonly credential: RotateCredential) {}

  execute({ input, caller }: RotateApiKeyCommand) {
    return this.credential.rotate('api-key', input, caller);
  }
}
