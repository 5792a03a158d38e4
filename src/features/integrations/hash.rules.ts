import { createHash } from 'node:crypto';

/** What names a receipt, an effect or what was sent: of one length, and without what it was made from. */
export function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url');
}
