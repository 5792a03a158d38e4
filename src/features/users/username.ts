import { z } from 'zod';
import type { Tx } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { UserEntity } from '../access/index.ts';

/** A name to sign in with: as people write names and addresses of mail, without blanks around it and without control characters. */
export const usernameField = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}]*$/u, 'must have no control characters');

/** Names are unique in the installation: at the login nobody says which account is meant. @throws AppError 409. */
export async function refuseTakenName({ manager }: Pick<Tx, 'manager'>, username: string): Promise<void> {
  if (!(await manager.existsBy(UserEntity, { username }))) return;
  throw new AppError({
    code: 'access.username-taken',
    kind: 'conflict',
    details: ['A user with this name already exists'],
  });
}
