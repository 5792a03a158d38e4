import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull, LessThan } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { Database, type Tx } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { FailureLimit } from '../../platform/failure-limit.ts';
import { newId } from '../../platform/ids.ts';
import { ACCESS_TOKEN_SECONDS, AccessTokens } from './access-tokens.ts';
import { isPassword } from './passwords.ts';
import { RefreshTokenEntity } from './refresh-token.entity.ts';
import { UserEntity } from './user.entity.ts';

/** What a person gets for the right password; `expiresIn` in seconds. */
export interface SignedIn {
  token: string;
  refreshToken: string;
  expiresIn: number;
}

const REFRESH_TOKEN_MS = 30 * 24 * 3_600_000;

/** Failed logins that one name and address have in a minute (contract §10). */
const FAILED_LOGINS_MAX = 10;

/** Signs people in and out. */
@Injectable()
export class SignIn {
  private readonly failed = new FailureLimit(FAILED_LOGINS_MAX);

  constructor(
    private readonly database: Database,
    private readonly tokens: AccessTokens,
    private readonly clock: Clock,
  ) {}

  /** @throws AppError 401 for a wrong name or password (which of them is not told), 429 after ten in a minute. */
  async login(username: string, password: string, address: string): Promise<SignedIn> {
    return await this.issue(await this.prove(username, password, address));
  }

  /** The user whose name and password these are. @throws AppError as `login`. */
  async prove(username: string, password: string, address: string): Promise<UserEntity> {
    const now = this.clock.now();
    const wait = this.failed.secondsToWait(username, address, now);
    if (wait > 0) throw tooManyLogins(wait);
    // Counted before it is looked at, or many at once would all get through while the first is verified.
    this.failed.note(username, address, now);
    const user = await this.database.read.findOneBy(UserEntity, { username, deletedAt: IsNull() });
    const isRight = await isPassword(user?.passwordHash ?? null, password);
    if (!user?.isEnabled || !isRight) throw loginFailed();
    this.failed.takeBack(username, address, now);
    return user;
  }

  /** Part of a change to a user: what he was given so far works no more. */
  async endTokens(tx: Tx, user: UserEntity): Promise<void> {
    user.generation += 1;
    await tx.manager.delete(RefreshTokenEntity, { userId: user.id });
  }

  /** Trades a refresh token for new tokens; each works once. */
  async refresh(refreshToken: string): Promise<SignedIn> {
    const user = await this.takeBack(refreshToken);
    if (!user) throw loginFailed('The refresh token is not valid', 'Refresh failed');
    return await this.issue(user);
  }

  /** Ends a refresh token; unknown ones are no error. */
  async logout(refreshToken: string): Promise<void> {
    await this.takeBack(refreshToken);
  }

  private async issue({ id: userId, generation }: UserEntity): Promise<SignedIn> {
    const refreshToken = randomBytes(32).toString('base64url');
    const now = this.clock.now();
    const entity = {
      id: newId('rft'),
      userId,
      tokenHash: hashOf(refreshToken),
      expiresAt: now + REFRESH_TOKEN_MS,
    };
    const token = await this.tokens.issue(userId, { generation });
    await this.database.door.transaction(async (tx) => {
      // What he proved may be worth nothing by now: a new password, or none of his.
      if (!(await tx.manager.existsBy(UserEntity, { id: userId, isEnabled: true, generation })))
        throw loginFailed();
      await tx.manager.delete(RefreshTokenEntity, { userId, expiresAt: LessThan(now) });
      await tx.manager.insert(RefreshTokenEntity, entity);
    });
    return { token, refreshToken, expiresIn: ACCESS_TOKEN_SECONDS };
  }

  /** Uses a refresh token up. @returns whose it was, as he was at that moment. */
  private takeBack(refreshToken: string): Promise<UserEntity | null> {
    return this.database.door.transaction(async (tx) => {
      const known = await tx.manager.findOneBy(RefreshTokenEntity, { tokenHash: hashOf(refreshToken) });
      if (!known) return null;
      await tx.manager.delete(RefreshTokenEntity, { id: known.id });
      if (known.expiresAt <= this.clock.now()) return null;
      return await tx.manager.findOneBy(UserEntity, { id: known.userId, isEnabled: true });
    });
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Which of the two is wrong is not told. */
export function loginFailed(
  detail = 'User name or password is wrong',
  publicMessage = 'Login failed',
): AppError {
  return new AppError({
    code: 'access.login-failed',
    kind: 'unauthenticated',
    publicMessage,
    details: [detail],
  });
}

function tooManyLogins(retryAfterSeconds: number): AppError {
  return new AppError({
    code: 'access.too-many-logins',
    kind: 'too-many',
    publicMessage: 'Login failed',
    details: [`Too many failed logins; try again in ${retryAfterSeconds} s`],
    retryAfterSeconds,
  });
}
