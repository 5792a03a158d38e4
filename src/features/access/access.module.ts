import { Global, Module } from '@nestjs/common';
import { AccessStart } from './access-start.ts';
import { AccessTokens } from './access-tokens.ts';
import { Authenticator } from './authenticator.ts';
import { Callers } from './callers.ts';
import { CallerPages } from './caller-pages.ts';
import { ChangePassword } from './change-password.ts';
import { ClientCredentials } from './client-credentials.ts';
import { ClientTokens } from './client-tokens.ts';
import { FirstAccess } from './first-access.ts';
import { ManagedCallers } from './managed-callers.ts';
import { OwnedWork } from './owned-work.ts';
import { RotateSigningKeyHandler } from './rotate-signing-key.command.ts';
import { SignIn } from './sign-in.ts';

const shared = [
  AccessStart,
  AccessTokens,
  Authenticator,
  Callers,
  CallerPages,
  ChangePassword,
  ClientCredentials,
  ClientTokens,
  ManagedCallers,
  OwnedWork,
  SignIn,
];

/** Who may act, and how they prove it. */
@Global()
@Module({ providers: [...shared, FirstAccess, RotateSigningKeyHandler], exports: shared })
export class AccessModule {}
