import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { callerId } from '../access/index.ts';
import { overlapSeconds } from './client-fields.ts';
import { RotateCredential } from './rotate-credential.ts';

/**
 * Gives a client another secret for `/oauth/token`, shown in this answer and never again. The one before works for
 * `overlapSeconds` more; with 0, the default, the tokens that it was traded for are refused at once as well.
 */
export class RotateClientSecretCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({ id: callerId, overlapSeconds }),
  secretResults: ['clientSecret'],
  success: 'Client secret rotated successfully',
  example: { id: 'cli_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b', overlapSeconds: 3600 },
  failure: 'Rotation failed',
}) {}

@Handles(RotateClientSecretCommand)
export class RotateClientSecretHandler {
  constructor(private readonly credential: RotateCredential) {}

  execute({ input, caller }: RotateClientSecretCommand) {
    return this.credential.rotate('client-secret', input, caller);
  }
}
