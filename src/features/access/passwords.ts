import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';

/** A password as it may be chosen. */
export const passwordField = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(256, 'must have at most 256 characters');

/** Verified where there is no such user, so that the answer takes as long. */
const nobodys = hash(randomBytes(16).toString('hex'));

/** Argon2id with the library's parameters: 19 MiB, two passes. Takes 20 ms of a thread: never within a transaction. */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

/** @param known null: there is no such user; it takes as long. */
export async function isPassword(known: string | null, password: string): Promise<boolean> {
  return (await verify(known ?? (await nobodys), password)) && known !== null;
}
